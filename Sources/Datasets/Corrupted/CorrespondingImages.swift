import Formats
import Foundation
import Images
import Scoring
import Tensors

/// Corrupted copies of somebody's pictures below one folder `<corruption>/<severity>`.
///
/// The path of a copy is that of its picture but for the extension, so that the copies can be brought
/// into the order of the pictures and each is known to be there. Where only one of the two has folders of
/// classes, the names alone are the same. Copies of other pictures are left out: a tree may have more
/// pictures and classes.
struct CorrespondingImages: CorruptedDataset {
  let cell: Cell
  let notes: [String]
  private let images: ImageFolder

  /// Finds the copy of each image of `clean`, whose files are in the folder `originals`.
  ///
  /// - Throws: `PictureError` or `FileError` naming the folder and the files.
  init(_ root: URL, of clean: any Dataset, in originals: URL) throws {
    let found = try PictureListing.pictures(below: "", in: root)
    let paths = (0..<clean.count).map(clean.imagePath)
    let haveFolders = [found, paths].map { $0.contains { $0.contains("/") } }
    let key: (String) -> String = haveFolders[0] == haveFolders[1] ? { $0 } : Self.name
    var copies: [String: String] = [:]
    for path in found {
      if let other = copies.updateValue(path, forKey: key(PictureListing.stem(path))) {
        throw PictureError(file: root.path, problem: .sameName(first: other, second: path))
      }
    }
    let files = paths.map { copies.removeValue(forKey: key($0)) }
    let missing = files.indices.filter { files[$0] == nil }.map { paths[$0] }
    guard missing.isEmpty else {
      throw PictureError(file: root.path, problem: .missingCopies(missing, of: originals.path))
    }
    // The same words for every cell are said once.
    notes = [
      copies.values.min().map {
        "corrupted copies of pictures that are not in \(originals.path) are left out: \(copies.count), such "
          + "as \($0.oneLine)"
      }
    ].compactMap(\.self)
    cell = Cell(ofFolder: root)
    images = ImageFolder(
      name: clean.name, classNames: clean.classNames, imageSide: clean.imageSide,
      labels: clean.labels, root: root, files: files.compactMap(\.self))
  }

  /// What is behind the last folder of a path.
  private static func name(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
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

  /// The classes of these pictures that a tree of corrupted copies has no folder of, where it has folders of
  /// others.
  ///
  /// The folders of its first corruption and severity tell. A tree with a record was made of all pictures.
  ///
  /// - Throws: `PictureError` where it has folders of none; `FileError` or `DatasetError`.
  package func classes(withoutCopiesIn tree: URL) throws -> [String] {
    guard FileManager.default.fileExists(atPath: tree.path),
      BenchmarkRecord.dataOfPictures(in: tree) == nil,
      let cell = try CorruptionFolders(tree).firstCell()
    else { return [] }
    let folders = try FolderListing.entries(of: cell).filter(\.isFolder).map(\.name)
    let named = (0..<count).map { imagePath(at: $0) }
    guard !folders.isEmpty, named.allSatisfy({ $0.contains("/") }) else { return [] }
    let known = Set(folders)
    let own = Set(labels).sorted().map { classNames[$0] }
    let missing = own.filter { !known.contains($0) }
    guard missing.count < own.count else {
      throw PictureError(
        file: cell.path, problem: .noCopyOfAnyClass(folders, of: root.path))
    }
    return missing
  }

  /// That the copies in a folder are none of the published ones; nil where no record tells.
  package static func note(onCopiesIn folder: URL) -> String? {
    guard BenchmarkRecord.dataOfPictures(in: folder) != nil else { return nil }
    return
      "\(folder.path): the corrupted copies were made by mixmo corrupt; they are none of the published "
      + "files, with which results compare only roughly"
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
