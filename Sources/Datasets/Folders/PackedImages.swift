import Formats
import Foundation
import Images
import Tensors

/// Decoded images in one mapped file, so that a second run need not decode them.
struct PackedImages: Dataset {
  private let folder: ImageFolder
  private let array: NumPyArray  // [N, H, W, 3] bytes

  /// Images that are decoded together, before they are written.
  private static let chunkSize = 1024

  /// The packed images of `folder` in the folder `cache`, packed first where that was not done or
  /// the folder's files changed since.
  ///
  /// The file's name begins with `prefix` and ends in the folder's fingerprint; others that begin so
  /// are removed. Processes that use the same file wait for the one that packs it.
  ///
  /// - Throws: what reading an image throws; `FileError` where the cache cannot be written.
  init(_ folder: ImageFolder, in cache: URL, prefix: String, workers: Workers) throws {
    let url = cache.appendingPathComponent(
      "\(prefix)-\(try folder.listingFingerprint().prefix(16)).npy")
    let shape = [folder.count, folder.imageSide, folder.imageSide, 3]
    try FolderCreation.create(cache)
    let lock = try FileLock(waitingFor: cache.appendingPathComponent(".\(prefix).lock"))
    defer { lock.release() }
    if let array = try? NumPyArray(contentsOf: url), array.shape == shape,
      array.elementType == .uint8
    {
      self.array = array
    } else {
      try Self.removeOthers(in: cache, prefix: prefix)
      try Self.pack(folder, shape: shape, to: url, workers: workers)
      array = try NumPyArray(contentsOf: url)
    }
    self.folder = folder
  }

  var name: String { folder.name }
  var classCount: Int { folder.classCount }
  var classNames: [String] { folder.classNames }
  var imageSide: Int { folder.imageSide }
  var labels: [Int] { folder.labels }
  func imageName(at index: Int) -> String { folder.imageName(at: index) }

  func image(at index: Int) throws -> Image {
    Image(
      height: imageSide, width: imageSide, pixels: try array.values(rows: index..<index + 1))
  }

  private static func pack(
    _ folder: ImageFolder, shape: [Int], to url: URL, workers: Workers
  ) throws {
    try NumPyArray.write(UInt8.self, shape: shape, to: url) { rows in
      for start in stride(from: 0, to: folder.count, by: chunkSize) {
        let count = min(chunkSize, folder.count - start)
        for image in try workers.map(count, { try folder.image(at: start + $0) }) {
          try rows.append(image.pixels)
        }
      }
    }
  }

  /// Removes files of other fingerprints, and what a killed process left of one.
  private static func removeOthers(in cache: URL, prefix: String) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: cache.path)
    where name.hasPrefix("\(prefix)-") || name.hasPrefix(".\(prefix)-") {
      unlink(cache.appendingPathComponent(name).path)
    }
  }
}
