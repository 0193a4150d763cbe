import Formats
import Foundation

/// Tiny-ImageNet's `val_annotations.txt`: on each line the name of an image, its class and a box,
/// separated by tabs.
struct ValidationAnnotations {
  private let url: URL
  private let classNames: [String]
  /// The class of each image, by its name without the extension, because copies of the data set
  /// with images of another format keep the names in this file.
  private let classes: [Substring: Int]

  private static let maximumSize = 1 << 24

  /// Reads the file at `url`; every class must be one of `classNames`.
  ///
  /// - Throws: `DatasetError.malformed` naming the line, `FileError` or `FileFormError`.
  init(contentsOf url: URL, classes classNames: [String]) throws {
    let text = try FileText.read(
      url, limit: Self.maximumSize, expecting: "a list of images and classes")
    let indices = Dictionary(uniqueKeysWithValues: classNames.enumerated().map { ($1, $0) })
    var classes: [Substring: Int] = [:]
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (number, line) in lines.enumerated() where !line.isEmpty {
      func fail(_ expected: String, _ found: some StringProtocol) -> DatasetError {
        .malformed(url, at: "line \(number + 1)", expected: expected, found: "\"\(found)\"")
      }
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count >= 2 else { throw fail("a name, a tab and a class", line.prefix(80)) }
      guard let index = indices[String(fields[1])] else {
        throw fail("one of the \(classNames.count) classes", fields[1].prefix(80))
      }
      guard classes.updateValue(index, forKey: Self.stem(fields[0])) == nil else {
        throw fail("each image once", fields[0].prefix(80))
      }
    }
    self.url = url
    self.classNames = classNames
    self.classes = classes
  }

  /// The images in `folder` by class.
  ///
  /// Each image must have an annotation, and each annotation an image.
  ///
  /// - Throws: `DatasetError` naming the image or the class, or `FileError`.
  func imagesByClass(in folder: URL) throws -> [ClassFolders.Class] {
    let names = try FolderListing.names(in: folder).filter(ClassFolders.isImage)
    var files = Array(repeating: [String](), count: classNames.count)
    var unseen = classes
    for name in names {
      guard let index = unseen.removeValue(forKey: Self.stem(Substring(name))) else {
        throw DatasetError.malformed(
          url, at: nil, expected: "a line for \(name) alone", found: "none")
      }
      files[index].append(name)
    }
    guard unseen.isEmpty else {
      throw DatasetError.missingImages(folder, missing: unseen.keys.sorted().map(String.init))
    }
    let empty = classNames.indices.filter { files[$0].isEmpty }
    guard empty.isEmpty else {
      throw DatasetError.missingClasses(
        folder, expected: classNames.count, found: classNames.count - empty.count,
        missing: empty.map { classNames[$0] })
    }
    return zip(classNames, files).map { ClassFolders.Class(name: $0, files: $1) }
  }

  private static func stem(_ name: Substring) -> Substring {
    name.lastIndex(of: ".").map { name[..<$0] } ?? name
  }
}
