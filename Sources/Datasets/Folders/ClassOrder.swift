import Formats
import Foundation

/// The names of a model's classes in the order of its outputs.
package enum ClassOrder: Sendable, Equatable {
  /// ImageNet's 1000 classes in the order of their sorted WordNet identifiers.
  case imagenet
  /// A file with a name on each line.
  case file(URL)

  private static let nameOfImageNet = "imagenet"
  private static let maximumSize = 1 << 24

  /// The order that a user means: `imagenet`, or the file at this path.
  package init(_ text: String) {
    self = text == Self.nameOfImageNet ? .imagenet : .file(URL(fileURLWithPath: text))
  }

  /// Where the names are from, for messages.
  private var place: String {
    switch self {
    case .imagenet: "--class-order \(Self.nameOfImageNet)"
    case .file(let url): url.path
    }
  }

  /// The names; empty lines of a file and spaces around names are left out.
  ///
  /// - Throws: `PictureError`, `FileError` or `FileFormError` naming the file and the line.
  package func names() throws -> [String] {
    guard case .file(let url) = self else { return ImageNetClasses.published }
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
    guard !names.isEmpty else {
      throw PictureError(file: place, problem: ClassOrderProblem.noNames)
    }
    return names
  }

  /// The names, which have those of the folders among them: a model may have more classes.
  ///
  /// - Throws: As `names()`; `PictureError` naming folders that are not listed.
  func names(having folders: [String]) throws -> [String] {
    let names = try names()
    let listed = Set(names)
    let missing = folders.filter { !listed.contains($0) }
    guard missing.isEmpty else {
      throw PictureError(file: place, problem: ClassOrderProblem.foldersNotListed(missing))
    }
    return names
  }
}

/// An order of classes that cannot be used.
enum ClassOrderProblem: PictureProblem {
  /// A list without a name.
  case noNames
  /// A class that is listed twice.
  case classTwice(line: Int, String)
  /// Folders that are not listed.
  case foldersNotListed([String])

  var message: String {
    switch self {
    case .noNames: "expected the name of a class on each line, found none"
    case .classTwice(let line, let name):
      "line \(line): expected each class once, found \(name.oneLine) again"
    case .foldersNotListed(let names):
      "expected every folder of a class, found no line for \(names.listed())"
    }
  }
}
