import Formats
import Foundation

/// The classes of pictures that have no folders of classes, from a file in one of three forms.
///
/// - text with a picture's name and its class on each line, with a comma, a semicolon, a tab or spaces
///   between them; names need no extension, a first line that is no such pair is a header;
/// - text with a class on each line, in the order of the pictures' names by their bytes;
/// - a NumPy array of class indices in that order.
///
/// A class is an index from 0, or one of the names that an order of classes lists; one index may say that a
/// picture has none. The lists of ImageNet's validation pictures are read as they are published; see
/// `ImageNetGroundTruth`.
struct PictureLabels {
  private let url: URL
  private let listing: PictureListing
  /// The listed names of classes; empty without a list.
  private let classNames: [String]
  private let ignoredLabel: Int?
  private let indices: [String: Int]

  private static let maximumSize = 1 << 28

  /// Labels in the file `url` of the pictures of `listing`.
  init(
    _ url: URL, of listing: PictureListing, classNames: [String], ignoredLabel: Int? = nil
  ) {
    self.url = url
    self.ignoredLabel = ignoredLabel
    self.listing = listing
    self.classNames = classNames
    indices = Dictionary(uniqueKeysWithValues: classNames.enumerated().map { ($1, $0) })
  }

  /// What the file says.
  struct Classes {
    /// The class of each picture, from 0; 0 for pictures without one.
    let labels: [Int]
    /// The pictures that have one; nil for all.
    var labeled: [Int]?
    /// How many pictures have none.
    var note: String?
  }

  /// The class of each picture, at most the last of the listed classes.
  ///
  /// - Throws: `PictureError` naming the line or row, and where no picture has a class; `FileError`,
  ///   `FileFormError`, or what is wrong with the array.
  func read() throws -> Classes {
    let labels = try all()
    guard let ignoredLabel, labels.contains(ignoredLabel) else { return Classes(labels: labels) }
    let labeled = labels.indices.filter { labels[$0] != ignoredLabel }
    guard !labeled.isEmpty else {
      throw error(.allIgnored(label: ignoredLabel, count: labels.count))
    }
    return Classes(
      labels: labels.map { $0 == ignoredLabel ? 0 : $0 }, labeled: labeled,
      note: "\(url.path): \(labels.count - labeled.count) of \(labels.count) labels are "
        + "\(ignoredLabel); their pictures are left out")
  }

  /// The label of each picture: a class, or the one that says that there is none.
  private func all() throws -> [Int] {
    if FileForm(contentsOf: url)?.kind == .numPyArray { return try array() }
    let text = try FileText.read(
      url, limit: Self.maximumSize, expecting: "the classes of pictures, as text or a NumPy array")
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated().map { Line(number: $0.offset + 1, text: $0.element) }
      .filter { !$0.fields.isEmpty }
    // A class alone may be a name with spaces or commas in it.
    let areNamed = lines.contains { $0.fields.count > 1 && indices[$0.whole] == nil }
    let labels = areNamed ? try pairs(lines) : try classes(lines)
    try groundTruth.check(labels, of: listing.files)
    return labels
  }

  private var groundTruth: ImageNetGroundTruth { ImageNetGroundTruth(url, indices: indices) }

  /// A line of text.
  private struct Line {
    let number: Int
    /// What is before and after the separator, or all where there is none; without spaces around it
    /// and without quotes.
    let fields: [String]
    /// All of it.
    let whole: String

    private static let separators: [Character] = [",", ";", "\t"]

    init(number: Int, text line: Substring) {
      self.number = number
      let text = line.trimmingCharacters(in: .whitespaces)
      fields = Self.parts(of: text).map(Self.unquoted)
      whole = fields.count == 1 ? fields[0] : text
    }

    /// The parts on both sides of the first comma, semicolon or tab that is not in a quoted name, else
    /// of the last space: names may have spaces, and names of classes commas.
    private static func parts(of text: String) -> [Substring] {
      let quote = text.hasPrefix("\"") ? text.dropFirst().firstIndex(of: "\"") : nil
      let rest = text[(quote ?? text.startIndex)...]
      let found =
        separators.lazy.compactMap { rest.firstIndex(of: $0) }.first
        ?? rest.lastIndex(where: \.isWhitespace)
      guard let found else { return text.isEmpty ? [] : [text[...]] }
      return [text[..<found], text[text.index(after: found)...]]
    }

    private static func unquoted(_ part: Substring) -> String {
      let field = part.trimmingCharacters(in: .whitespaces)
      let isQuoted = field.count > 1 && field.hasPrefix("\"") && field.hasSuffix("\"")
      return isQuoted ? String(field.dropFirst().dropLast()) : field
    }
  }

  // MARK: Names and classes

  private func pairs(_ lines: [Line]) throws -> [Int] {
    let files = PictureNames(listing.files)
    var labels = [Int?](repeating: nil, count: listing.files.count)
    var strangers: [String] = []
    for (index, line) in lines.enumerated() {
      guard line.fields.count == 2 else {
        throw error(.wrongFields(line: line.number, found: line.fields.count))
      }
      let (name, text) = (line.fields[0], line.fields[1])
      guard let found = files.index(of: name) else {
        let isHeader = index == 0 && lines.count > 1 && !isClass(text)
        if !isHeader { strangers.append(name) }
        continue
      }
      guard found >= 0 else { throw error(.ambiguousName(line: line.number, name)) }
      guard labels[found] == nil else { throw error(.pictureTwice(line: line.number, name)) }
      labels[found] = try label(text, "line \(line.number)")
    }
    guard strangers.isEmpty else {
      throw error(.labelsWithoutPicture(strangers, folder: listing.root.path))
    }
    let unlabeled = labels.indices.filter { labels[$0] == nil }.map { listing.files[$0] }
    guard unlabeled.isEmpty else { throw error(.picturesWithoutLabel(unlabeled)) }
    return labels.compactMap(\.self)
  }

  // MARK: Classes in the order of names

  private func classes(_ lines: [Line]) throws -> [Int] {
    if ImageNetGroundTruth.isNamed(url) {
      return try groundTruth.labels(lines.map { ($0.number, $0.whole) }, of: listing.files)
    }
    let hasHeader = lines.first.map { !isClass($0.whole) } ?? false
    let rows = hasHeader ? lines.dropFirst() : lines[...]
    guard rows.count == listing.files.count else {
      throw error(
        .wrongLabelCount(
          expected: listing.files.count, found: rows.count,
          header: hasHeader ? lines.first?.whole : nil))
    }
    return try rows.map { try label($0.whole, "line \($0.number)") }
  }

  private func array() throws -> [Int] {
    let array = try NumPyArray(contentsOf: url)
    let labels = try array.classIndices(rowCount: listing.files.count).values
    guard labels.count == listing.files.count else {
      throw error(
        .wrongLabelCount(expected: listing.files.count, found: labels.count, header: nil))
    }
    for (row, label) in labels.enumerated() { try check(label, "row \(row)") }
    return labels
  }

  // MARK: One class

  private func isClass(_ text: String) -> Bool { indices[text] != nil || Int(text) != nil }

  private func label(_ text: String, _ place: String) throws -> Int {
    if let index = indices[ImageNetGroundTruth.classOfBoxes(text) ?? text] { return index }
    guard let index = Int(text) else {
      throw error(.unknownClass(place: place, text, known: classNames))
    }
    try check(index, place)
    return index
  }

  /// Without a list of classes there can be as many as the largest index says, within reason.
  private func check(_ index: Int, _ place: String) throws {
    let count = classNames.isEmpty ? PictureFolder.maximumClassCount : classNames.count
    guard 0..<count ~= index || index == ignoredLabel else {
      throw error(.classOutOfRange(place: place, index, classCount: count))
    }
  }

  private func error(_ problem: LabelProblem) -> PictureError {
    PictureError(file: url.path, problem: problem)
  }
}

/// Finds pictures by their names, with or without the extension.
private struct PictureNames {
  private let indices: [String: Int]
  /// Those without the extension; −1 for several.
  private let stems: [String: Int]

  init(_ names: [String]) {
    let numbered = names.enumerated()
    // Names of other bytes can be equal as text.
    indices = Dictionary(numbered.map { ($1, $0) }, uniquingKeysWith: { _, _ in -1 })
    stems = Dictionary(
      numbered.map { (PictureListing.stem($1), $0) }, uniquingKeysWith: { _, _ in -1 })
  }

  /// The index of a picture, −1 for several, nil for none; folders before the name do not count.
  func index(of name: String) -> Int? {
    let last = PictureListing.name(name)
    return indices[last] ?? stems[last]
  }
}
