import Formats
import Foundation
import Tensors

/// Corrupted copies of pictures: `<corruption>/<severity>/<the picture's path>` below a folder.
extension PictureFolder {
  /// SHA-256 of the paths that the corrupted copies have below the folder of a cell, but for the
  /// extension.
  ///
  /// - Throws: `PictureError` if two pictures would have the same.
  package func copyFingerprint() throws -> String {
    var known: [String: Int] = [:]
    return try Digest { hasher in
      for index in labels.indices {
        let path = imagePath(at: index)
        if let other = known.updateValue(index, forKey: path) {
          throw PictureError(
            file: root.path,
            problem: CopyProblem.sameName(first: files[other], second: files[index]))
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
        file: cell.path, problem: CopyProblem.noCopyOfAnyClass(folders, of: root.path))
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
      throw PictureError(file: folder.path, problem: CopyProblem.noCopies)
    }
    if let data = BenchmarkRecord.dataOfPictures(in: folder) {
      let workers = Workers(count: ProcessInfo.processInfo.activeProcessorCount)
      let expected = try pixelFingerprint(workers: workers)
      guard data == expected else {
        throw PictureError(file: folder.path, problem: CopyProblem.copiesOfOthers)
      }
    }
    return try FolderBenchmark(
      of: self, matching: .paths(ofImagesIn: root), name: name, in: [folder], names: names,
      isPartial: isPartial)
  }
}
