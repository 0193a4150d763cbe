import Formats
import Foundation

/// The names of a model's classes in the order of its outputs.
package enum ClassOrder: Sendable, Equatable {
  /// ImageNet's 1000 classes in the order of their sorted WordNet identifiers.
  case imagenet
  /// A file with a name on each line.
  case file(URL)
  /// A folder whose folders have the names, in the order of their bytes.
  case folders(of: URL)

  private static let nameOfImageNet = "imagenet"
  private static let maximumSize = 1 << 24

  /// The order that a user means: `imagenet`, or the folder or file at this path.
  package init(_ text: String) {
    guard text != Self.nameOfImageNet else {
      self = .imagenet
      return
    }
    let url = URL(fileURLWithPath: text)
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
    self = exists && isFolder.boolValue ? .folders(of: url) : .file(url)
  }

  /// Where the names are from, for messages.
  private var place: String {
    switch self {
    case .imagenet: "--class-order \(Self.nameOfImageNet)"
    case .file(let url), .folders(let url): url.path
    }
  }

  /// The names, at least one; empty lines of a file and spaces around names are left out.
  ///
  /// - Throws: `PictureError`, `FileError` or `FileFormError` naming the file and the line.
  package func names() throws -> [String] {
    let names =
      switch self {
      case .imagenet: ImageNetClasses.published
      case .folders(let url): try FolderListing.entries(of: url).filter(\.isFolder).map(\.name)
      case .file(let url): try lines(of: url)
      }
    guard !names.isEmpty else {
      let isFolder = if case .folders = self { true } else { false }
      throw PictureError(
        file: place, problem: isFolder ? ClassOrderProblem.noFolders : ClassOrderProblem.noNames)
    }
    return names
  }

  private func lines(of url: URL) throws -> [String] {
    let text = try FileText.read(url, limit: Self.maximumSize, expecting: "the names of classes")
    var (names, known) = ([String](), Set<String>())
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let name = line.trimmingCharacters(in: .whitespaces)
      guard !name.isEmpty else { continue }
      guard known.insert(name).inserted else {
        throw PictureError(
          file: place, problem: ClassOrderProblem.classTwice(line: index + 1, name))
      }
      names.append(name)
    }
    return names
  }

  /// The names, which have those of folders or labels among them: a model may have more classes.
  ///
  /// - Throws: As `names()`; `PictureError` naming those that are not listed.
  package func names(having folders: [String]) throws -> [String] {
    let names = try names()
    let listed = Set(names)
    let missing = folders.filter { !listed.contains($0) }
    guard missing.isEmpty else {
      throw PictureError(file: place, problem: ClassOrderProblem.notListed(missing))
    }
    return names
  }
}

/// An order of classes that cannot be used.
enum ClassOrderProblem: PictureProblem {
  /// A list without a name.
  case noNames
  /// A folder without folders.
  case noFolders
  /// A class that is listed twice.
  case classTwice(line: Int, String)
  /// Classes that are not listed.
  case notListed([String])

  var message: String {
    switch self {
    case .noNames: "expected the name of a class on each line, found none"
    case .noFolders: "expected the folders of the classes, found none"
    case .classTwice(let line, let name):
      "line \(line): expected each class once, found \(name.oneLine) again"
    case .notListed(let names):
      "expected every class of the folders or labels, found no line for \(names.listed())"
    }
  }
}
