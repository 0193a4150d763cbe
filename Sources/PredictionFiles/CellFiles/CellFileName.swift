import Datasets
import Formats
import Foundation
import Runs
import Scoring

/// What the name of a file says of the predictions in it.
package struct CellFileName: Hashable, Sendable {
  /// Which rows a file holds.
  package enum Content: Hashable, Sendable {
    /// Those of one cell: N rows.
    case cell(Cell)
    /// Those of a corruption at severities 1 to 5, one after the other: 5 N rows, as the files of
    /// CIFAR-10-C have them.
    case severities(of: String)
  }

  let content: Content
  /// What the numbers are, where the file is one that a run folder has beside the logits, such as
  /// `clean-0.probabilities.npy`.
  let givenAs: PredictionNumbers?

  /// What a name means.
  enum Meaning: Equatable {
    case predictions(CellFileName)
    /// It ends in a number that is no severity.
    case noSeverity(String)
    case noPredictions
  }

  /// The severities of a file of 5 N rows, in their order.
  static let severities = Array(CorruptionProtocol.severities)

  /// The corruption, or `clean`.
  var corruption: String {
    switch content {
    case .cell(let cell): cell.corruption
    case .severities(let name): name
    }
  }

  /// The cells whose predictions the file holds, in the order of its rows.
  var cells: [Cell] {
    switch content {
    case .cell(let cell): [cell]
    case .severities(let name): Self.severities.map { Cell(corruption: name, severity: $0) }
    }
  }

  /// What the file name `name` means.
  ///
  /// A text whose name is that of no published corruption is no predictions where it ends in another
  /// number than a severity, as `notes-2026.txt` does.
  static func meaning(of name: String) -> Meaning {
    let form = (name as NSString).pathExtension
    let isArray = GivenFile.arrayExtensions.contains(form.lowercased())
    guard isArray || GivenFile.textExtensions.contains(form.lowercased()) else {
      return .noPredictions
    }
    var stem = String(name.dropLast(form.count + 1))
    let givenAs = strip(&stem)
    guard isUsable(stem) else { return .noPredictions }
    guard let (corruption, number) = numbered(stem) else {
      let isClean = stem == Cell.clean.corruption
      guard isClean || CorruptionNames.isPublished(stem) || !isOfLabels(stem) else {
        return .noPredictions
      }
      let content: Content = isClean ? .cell(.clean) : .severities(of: stem)
      return .predictions(CellFileName(content: content, givenAs: givenAs))
    }
    if let cell = Cell(name: stem), isCell(cell) {
      return .predictions(CellFileName(content: .cell(cell), givenAs: givenAs))
    }
    let isKnown =
      corruption == Cell.clean.corruption || CorruptionNames.isPublished(corruption)
    return isArray || isKnown ? .noSeverity(number) : .noPredictions
  }

  /// Takes what a run folder has behind the name of a cell off `stem`; what the numbers are.
  private static func strip(_ stem: inout String) -> PredictionNumbers? {
    let given = PredictionNumbers.allCases.first {
      stem.hasSuffix("." + PredictionStore.form($0))
    }
    if let given { stem = String(stem.dropLast(PredictionStore.form(given).count + 1)) }
    return given
  }

  /// Whether a corruption can have this name, which becomes that of files.
  private static func isUsable(_ stem: String) -> Bool {
    !stem.isEmpty && !stem.contains("\\") && stem == stem.withoutControlCharacters
  }

  /// The parts of a name that ends in a number, such as `fog-3`.
  private static func numbered(_ stem: String) -> (corruption: String, number: String)? {
    guard let dash = stem.lastIndex(of: "-"), dash != stem.startIndex else { return nil }
    let number = stem[stem.index(after: dash)...]
    guard !number.isEmpty, number.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return (String(stem[..<dash]), String(number))
  }

  private static func isCell(_ cell: Cell) -> Bool {
    cell.isClean
      || cell.corruption != Cell.clean.corruption && severities.contains(cell.severity)
  }

  /// Whether the name says that the file holds labels.
  private static func isOfLabels(_ stem: String) -> Bool {
    let words = stem.lowercased().split { !$0.isLetter }.map(String.init)
    return words == ["y"] || !Set(words).isDisjoint(with: ["label", "labels", "target", "targets"])
  }
}

extension CellFileName {
  /// The cells of published corruptions that files are named by.
  ///
  /// A file with five severities gives the name of the corruption. Files of other names are passed over.
  package static func publishedCells(of files: [URL]) -> [String] {
    var names: [String] = []
    for file in files {
      guard case .predictions(let name) = meaning(of: file.lastPathComponent) else { continue }
      let isPublished = CorruptionNames.isPublished(name.corruption)
      let text =
        switch name.content {
        case .cell(let cell): cell.isClean || isPublished ? cell.name : nil as String?
        case .severities(let corruption): isPublished ? corruption : nil
        }
      if let text, !names.contains(text) { names.append(text) }
    }
    return names
  }

  /// Makes sure that no file is named as five severities are, where the labels are five equal blocks.
  ///
  /// - Throws: `PredictionChoiceError`.
  package static func checkIsOneCell(_ files: [URL], labels: [Int]) throws {
    guard labels.count > severities.count, LabelBlocks(labels)?.difference == nil else { return }
    for file in files {
      guard case .predictions(let name) = meaning(of: file.lastPathComponent),
        case .severities(let corruption) = name.content, CorruptionNames.isPublished(corruption)
      else { continue }
      throw PredictionChoiceError(
        file: file.path, problem: .severities(of: corruption, rows: labels.count))
    }
  }
}
