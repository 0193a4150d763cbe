import Formats
import Foundation
import Images
import Loading
import Scoring

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
    func key(_ stem: String) -> String {
      haveFolders[0] == haveFolders[1] ? stem : PictureListing.name(stem)
    }
    var copies: [String: String] = [:]
    for path in found {
      if let other = copies.updateValue(path, forKey: key(PictureListing.stem(path))) {
        throw PictureError(
          file: root.path, problem: CopyProblem.sameName(first: other, second: path))
      }
    }
    let files = paths.map { copies.removeValue(forKey: key($0)) }
    let missing = files.indices.filter { files[$0] == nil }.map { paths[$0] }
    guard missing.isEmpty else {
      throw PictureError(
        file: root.path, problem: CopyProblem.missingCopies(missing, of: originals.path))
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

  var name: String { images.name }
  var classCount: Int { images.classCount }
  var classNames: [String] { images.classNames }
  var imageSide: Int { images.imageSide }
  var labels: [Int] { images.labels }
  func image(at index: Int) throws -> Image { try images.image(at: index) }
  func storedBytes(at index: Int) throws -> [UInt8] { try images.storedBytes(at: index) }
}
