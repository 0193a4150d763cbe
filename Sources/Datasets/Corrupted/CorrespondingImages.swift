import Formats
import Foundation
import Images
import Scoring
import Tensors

/// Corrupted copies of somebody's pictures below one folder `<corruption>/<severity>`.
///
/// The path of a copy is that of its picture but for the extension, so that the copies can be brought
/// into the order of the pictures and each is known to be there.
struct CorrespondingImages: CorruptedDataset {
  let cell: Cell
  private let images: ImageFolder

  /// Finds the copy of each image of `clean`, whose files are in the folder `originals`.
  ///
  /// - Throws: `PictureError` or `FileError` naming the folder and the files.
  init(_ root: URL, of clean: any Dataset, in originals: URL) throws {
    var copies: [String: String] = [:]
    for path in try PictureListing.pictures(below: "", in: root) {
      if let other = copies.updateValue(path, forKey: PictureListing.stem(path)) {
        throw PictureError(file: root.path, problem: .sameName(first: other, second: path))
      }
    }
    let files = (0..<clean.count).map { copies.removeValue(forKey: clean.imagePath(at: $0)) }
    let missing = files.indices.filter { files[$0] == nil }.map(clean.imagePath)
    guard missing.isEmpty else {
      throw PictureError(file: root.path, problem: .missingCopies(missing, of: originals.path))
    }
    guard copies.isEmpty else {
      throw PictureError(
        file: root.path, problem: .unknownCopies(copies.values.sorted(), of: originals.path))
    }
    cell = Cell(ofFolder: root)
    images = ImageFolder(
      name: clean.name, classNames: clean.classNames, imageSide: clean.imageSide,
      labels: clean.labels, root: root, files: files.compactMap(\.self))
  }

  var name: String { images.name }
  var classCount: Int { images.classCount }
  var classNames: [String] { images.classNames }
  var imageSide: Int { images.imageSide }
  var labels: [Int] { images.labels }
  func image(at index: Int) throws -> Image { try images.image(at: index) }
  func storedBytes(at index: Int) throws -> [UInt8] { try images.storedBytes(at: index) }
}

extension PictureFolder {
  /// SHA-256 of the paths that the corrupted copies have below the folder of a cell, but for the
  /// extension.
  ///
  /// - Throws: `PictureError.Problem.sameName` if two pictures would have the same.
  package func copyFingerprint() throws -> String {
    var known: [String: Int] = [:]
    return try Digest { hasher in
      for index in labels.indices {
        let path = imagePath(at: index)
        if let other = known.updateValue(index, forKey: path) {
          throw PictureError(
            file: root.path, problem: .sameName(first: files[other], second: files[index]))
        }
        hasher.update(Array("\(path)\n".utf8))
      }
    }.description
  }

  /// The names of the corruptions in a folder of corrupted copies that are in no published list.
  package static func otherCorruptions(in folder: URL) -> [String] {
    FolderBenchmark.otherNames(in: folder)
  }

  /// Opens the corrupted copies of the pictures: the files
  /// `<corruption>/<severity>/<the picture's path>` of a folder, in the order of the pictures.
  ///
  /// - Parameters:
  ///   - folder: The folder.
  ///   - names: The names of the corruptions to read, in order.
  ///   - isPartial: Whether corruptions and severities without a folder are left out; otherwise they
  ///     are errors.
  /// - Returns: The benchmark.
  /// - Throws: `PictureError`, `DatasetError` or `FileError` naming the folder.
  package func benchmark(
    in folder: URL, names: [String], isPartial: Bool
  ) throws -> any CorruptionBenchmark {
    guard FileManager.default.fileExists(atPath: folder.path) else {
      throw PictureError(file: folder.path, problem: .noCopies)
    }
    if let data = BenchmarkRecord.dataOfPictures(in: folder) {
      let workers = Workers(count: ProcessInfo.processInfo.activeProcessorCount)
      let expected = try pixelFingerprint(workers: workers)
      guard data == expected else {
        throw PictureError(file: folder.path, problem: .copiesOfOthers)
      }
    }
    return try FolderBenchmark(
      of: self, matching: .paths(ofImagesIn: root), name: name, in: [folder], names: names,
      isPartial: isPartial)
  }
}
