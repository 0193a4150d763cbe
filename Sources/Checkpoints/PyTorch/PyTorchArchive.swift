import Formats
import Foundation

/// The format of `torch.save` since PyTorch 1.6: a zip archive with one folder that holds the pickle
/// `data.pkl`, one member `data/<key>` for each storage, and the name of their byte order.
enum PyTorchArchive {
  /// The pickle has some hundred bytes for each tensor; this is room for a hundred thousand.
  private static let maximumPickleByteCount = 1 << 26

  static func read(_ url: URL) throws -> CheckpointValue {
    let archive = try ZipArchive(contentsOf: url)
    let folder = try folder(of: archive, file: url.path)
    let isBigEndian = try isBigEndian(archive, folder, file: url.path)
    let pickle = "\(folder)/data.pkl"
    let value = try PickleReader.value(
      of: archive.bytes(of: pickle, atMost: maximumPickleByteCount), file: "\(url.path): \(pickle)")
    var storages: [String: ByteStorage] = [:]
    for reference in try StorageReference.all(in: value, file: url.path, place: pickle) {
      storages[reference.key] = try storage(
        reference, in: archive, folder, isBigEndian: isBigEndian, file: url.path)
    }
    return try PyTorchDecoder(file: url.path, storages: storages).value(value)
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

  /// Reads a storage once its size is known to be that of its member, which the archive has found to
  /// be no larger than the file.
  private static func storage(
    _ reference: StorageReference, in archive: ZipArchive, _ folder: String, isBigEndian: Bool,
    file: String
  ) throws -> ByteStorage {
    let name = "\(folder)/data/\(reference.key)"
    let member = try archive.member(name)
    func fail(_ problem: CheckpointError.Problem) -> CheckpointError {
      CheckpointError(file: file, place: name, problem: problem)
    }
    guard member.isStored else { throw fail(.compressedStorage) }
    guard member.byteCount == UInt64(reference.byteCount) else {
      throw fail(.wrongStorageSize(expected: reference.byteCount, found: member.byteCount))
    }
    return try ByteStorage(byteCount: reference.byteCount) { bytes in
      try archive.read(name, into: bytes)
      if isBigEndian != isHostBigEndian {
        bytes.reverseBytes(ofEach: reference.scalarType.byteCount)
      }
    }
  }
}
