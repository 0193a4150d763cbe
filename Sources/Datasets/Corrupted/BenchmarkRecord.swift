import Formats
import Foundation

/// The record of how the corrupted images of a folder were made: `corrupt.json`.
package struct BenchmarkRecord: Codable, Sendable, Equatable {
  package var dataset: String
  package var images: Int
  /// SHA-256 of the clean images and labels; of somebody's pictures, of the prepared images alone.
  package var data: String
  /// SHA-256 of the paths of somebody's pictures, which the corrupted copies have too; nil where images
  /// are those of a data set that has a name.
  package var names: String?
  /// SHA-256 of the table of corruptions, and of the textures of frost if they were given.
  package var suite: String
  package var seed: UInt64
  /// The form of the files: npy, png or jpeg.
  package var format: String
  /// The version of this program.
  package var version: String

  package init(
    dataset: String, images: Int, data: String, names: String? = nil, suite: String,
    seed: UInt64, format: BenchmarkFiles, version: String
  ) {
    self.dataset = dataset
    self.images = images
    self.data = data
    self.names = names
    self.suite = suite
    self.seed = seed
    self.format = format.rawValue
    self.version = version
  }

  private var fields: [(name: String, value: String)] {
    [
      ("dataset", dataset), ("images", "\(images)"), ("data", data),
      ("names", names ?? "none"), ("suite", suite),
      ("seed", "\(seed)"), ("format", format), ("version", version),
    ]
  }

  /// Locks `folder` and writes the record, or checks that the record there is the same.
  ///
  /// - Returns: The lock, which keeps other processes from writing there.
  /// - Throws: `DatasetError.otherImages` with the field that differs, `DatasetError.malformed` for
  ///   a record that cannot be read, or `FileError`.
  package func claim(_ folder: URL) throws -> FileLock {
    try FolderCreation.create(folder)
    let lock = try FileLock(folder.appendingPathComponent(".corrupt.lock"))
    try check(folder)
    return lock
  }

  private func check(_ folder: URL) throws {
    let url = folder.appendingPathComponent(Self.fileName)
    if FileManager.default.fileExists(atPath: url.path) {
      let existing = try Self.read(url)
      for (mine, other) in zip(fields, existing.fields) where mine.value != other.value {
        throw DatasetError.otherImages(
          folder, field: mine.name, expected: mine.value, found: other.value)
      }
      return
    }
    if let stranger = try FolderListing.names(in: folder).first {
      throw DatasetError.otherImages(
        folder, field: Self.fileName, expected: "an empty folder or the record of one",
        found: stranger)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(encoder.encode(self) + Data("\n".utf8), to: url)
  }

  /// The record in `folder`, where the images there are those of `dataset` and it can be read.
  static func found(in folder: URL, of dataset: String) -> BenchmarkRecord? {
    let record = try? read(folder.appendingPathComponent(fileName))
    return record?.dataset == dataset && (record?.images ?? 0) > 0 ? record : nil
  }

  /// The number of pictures that the copies in `folder` were made of; nil where no record tells.
  static func imageCountOfPictures(in folder: URL) -> Int? {
    let record = try? read(folder.appendingPathComponent(fileName))
    return record.flatMap { $0.names == nil ? nil : $0.images }
  }

  /// SHA-256 of the prepared pictures that the copies in `folder` were made of; nil where no record tells.
  static func dataOfPictures(in folder: URL) -> String? {
    let record = try? read(folder.appendingPathComponent(fileName))
    return record.flatMap { $0.names == nil ? nil : $0.data }
  }

  private static let fileName = "corrupt.json"

  private static func read(_ url: URL) throws -> BenchmarkRecord {
    let bytes = try FileText.bytes(
      of: url, limit: 1 << 16, expecting: "the record of corrupted images (JSON)")
    do {
      return try JSONDecoder().decode(BenchmarkRecord.self, from: Data(bytes))
    } catch {
      throw DatasetError.malformed(
        url, at: nil, expected: "the record of corrupted images", found: "\(error)")
    }
  }
}
