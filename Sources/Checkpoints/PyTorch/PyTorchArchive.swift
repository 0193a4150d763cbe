import Formats
import Foundation

/// The format of `torch.save` since PyTorch 1.6: a zip archive with one folder that holds the pickle
/// `data.pkl`, one member `data/<key>` for each storage, and the name of their byte order.
enum PyTorchArchive {
  /// What a deflated pickle may have if that is more than the whole file.
  private static let smallPickleByteCount = 1 << 20

  static func read(_ url: URL) throws -> CheckpointValue {
    let archive = try ZipArchive(contentsOf: url)
    let folder = try folder(of: archive, file: url.path)
    let isBigEndian = try isBigEndian(archive, folder, file: url.path)
    let pickle = "\(folder)/data.pkl"
    let bytes = try archive.bytes(
      of: pickle, atMost: max(archive.byteCount, smallPickleByteCount))
    let value = try PickleReader.value(
      of: bytes, file: "\(url.path): \(pickle.oneLine)",
      limits: PickleLimits(fileByteCount: archive.byteCount))
    let references = try StorageReference.all(in: value, file: url.path, place: pickle)
    let names = try references.map { reference in
      try check(reference, in: archive, folder, file: url.path)
    }
    let storages = try archive.storages(ofStored: names) { place, bytes in
      guard isBigEndian != isHostBigEndian else { return }
      bytes.reverseBytes(ofEach: references[place].scalarType.byteCount)
    }
    let keyed = Dictionary(uniqueKeysWithValues: zip(references.map(\.key), storages))
    return try PyTorchDecoder.value(of: value, file: url.path, storages: keyed)
  }

  private static func folder(of archive: ZipArchive, file: String) throws -> String {
    let folders = archive.members.compactMap { member -> Substring? in
      let parts = member.name.split(separator: "/", omittingEmptySubsequences: false)
      return parts.count == 2 && parts[1] == "data.pkl" ? parts[0] : nil
    }
    guard folders.count == 1 else {
      throw CheckpointError(file: file, place: nil, problem: .noDataPickle)
    }
    return String(folders[0])
  }

  /// Files from before PyTorch 2.1 do not say, and are little-endian.
  private static func isBigEndian(
    _ archive: ZipArchive, _ folder: String, file: String
  ) throws -> Bool {
    let member = "\(folder)/byteorder"
    guard archive.members.contains(where: { $0.name == member }) else { return false }
    let name = String(decoding: try archive.bytes(of: member, atMost: 64), as: UTF8.self)
    guard ["little", "big"].contains(name) else {
      throw CheckpointError(file: file, place: member, problem: .unsupportedByteOrder(name))
    }
    return name == "big"
  }

  /// The name of a storage's member, once its size is known to be that of the storage.
  private static func check(
    _ reference: StorageReference, in archive: ZipArchive, _ folder: String, file: String
  ) throws -> String {
    let name = "\(folder)/data/\(reference.key)"
    let member = try archive.member(name)
    func fail(_ problem: CheckpointError.Problem) -> CheckpointError {
      CheckpointError(file: file, place: name, problem: problem)
    }
    guard member.isStored else { throw fail(.compressedStorage) }
    guard member.byteCount == UInt64(reference.byteCount) else {
      throw fail(.wrongStorageSize(expected: reference.byteCount, found: member.byteCount))
    }
    return name
  }
}
