import Formats

/// A text file that is not the table of numbers that it should be.
package struct TextTableError: Error, CustomStringConvertible, Equatable {
  /// A column, counted from 0, and its name, where the file has names.
  package struct Column: Equatable, Sendable {
    package let index: Int
    package let name: String?
  }

  package enum Problem: Equatable, Sendable {
    /// No line, or none but names.
    case empty
    /// A line with another number of fields than the lines before it; lines count from 1.
    case wrongCount(line: Int, expected: Int, found: Int)
    /// A field that is no finite number.
    case notANumber(line: Int, Column, found: String)
    /// A line with decimal commas, as it seems.
    case decimalComma(line: Int, found: String)
    /// Whole numbers that seem to be the halves of numbers with decimal commas.
    case halves
    /// A blank line between the numbers of a table of one column.
    case blankLine(line: Int)
    /// A line that names a separator that tables are not separated by.
    case unknownSeparator(line: Int, found: String)
    /// More columns than are read.
    case tooManyColumns(line: Int, limit: Int)
    /// Another number of names than the lines have numbers.
    case headerWidth(line: Int, names: Int, columns: Int)
    /// A column that is no class, certainly or perhaps.
    case notAClass(Column, reason: String, isCertain: Bool)
    /// A column of text.
    case text(Column, line: Int, example: String)
    /// A column to leave out that is not there.
    case noSuchColumn(String, columns: [Column] = [])
    /// Columns that another table names in another order.
    case otherOrder([String], file: String, [String])
    /// Columns whose names count in another order than from the left.
    case outOfOrder([String])
    /// Nothing is left.
    case nothingLeft
    /// Labels that are names.
    case classNames(line: Int, found: String)
    /// A file of labels with several columns, none of which can only be the labels.
    case severalColumns([Column])
  }

  package let file: String
  package let problem: Problem

  package init(file: String, problem: Problem) {
    (self.file, self.problem) = (file, problem)
  }

  package var description: String { "\(file): \(message)".withoutControlCharacters }

  private var message: String {
    switch problem {
    case .empty: "expected at least one line of numbers, found none"
    case .wrongCount(let line, let expected, let found):
      "line \(line): expected \(expected) fields as other lines have, found \(found)"
    case .notANumber(let line, let column, let found):
      "line \(line), \(column): expected a finite number, found \(Self.described(found, column))"
    case .decimalComma(let line, let found):
      "line \(line): found \"\(found.oneLine)\", which seems to hold decimal commas; write numbers "
        + "with decimal points"
    case .halves:
      "the commas between whole numbers seem to be decimal commas; write decimal points, or say with "
        + "--all-columns that each whole number is a class's"
    case .blankLine(let line):
      "line \(line): found a blank line before it, among the numbers of a single column; remove it, "
        + "unless a number is missing"
    case .unknownSeparator(let line, let found):
      "line \(line): found \"sep=\(found.oneLine)\"; expected a comma, a semicolon, a tab, a bar or a space "
        + "as the separator"
    case .tooManyColumns(let line, let limit):
      "line \(line): expected at most \(limit) fields, found more"
    case .classNames(let line, let found):
      "line \(line): expected a class index, found \"\(found.oneLine)\"; write each class as its "
        + "column among the predictions, from 0"
    default: messageOnColumns
    }
  }

  /// The message of a problem with whole columns.
  private var messageOnColumns: String {
    switch problem {
    case .headerWidth(let line, let names, let columns):
      "line \(line): the header names \(names) columns, the lines below have \(columns)"
        + (columns == names + 1
          ? "; if the first has no name because it names the rows, leave it out with --drop-column 0"
          : "; give each column one name, or remove the header")
    case .notAClass(let column, let reason, true):
      "\(column) \(reason), which is no class; leave it out with --drop-column \(column.option), or "
        + "say with --all-columns that every column is a class"
    case .notAClass(let column, let reason, false):
      "\(column) \(reason); if it is a class, say with --all-columns that every column is one; if not, "
        + "leave it out with --drop-column \(column.option)"
    case .text(let column, let line, let example):
      "\(column) holds text, such as \"\(example.oneLine)\" on line \(line); "
        + (example.contains(/\p{L}\p{L}/) ? "" : "if it is no class, ")
        + "leave it out with --drop-column \(column.option)"
    case .noSuchColumn(let name, let columns): Self.missing(name, columns)
    case .otherOrder(let names, let file, let others):
      "the columns are \(names.listed(limit: 5)), those of \(file) are \(others.listed(limit: 5)); give all "
        + "files the same classes in the same order"
    case .outOfOrder(let names):
      "the columns are \(names.listed(limit: 12)), but the classes of labels are counted from the left; put "
        + "the columns in the order of their numbers, or say with --all-columns that they are in that of "
        + "the labels"
    case .nothingLeft: "--drop-column: expected to keep a column, found none left"
    case .severalColumns(let columns):
      "expected one label on each line, found \(columns.shown); leave columns out with --drop-column"
    default: ""
    }
  }

  /// What a field is that is no number, and what to do.
  private static func described(_ found: String, _ column: Column) -> String {
    if found.isEmpty { return "an empty field" }
    if let odd = OddNumber(found) { return "\"\(found.oneLine)\", \(odd.remark)" }
    return "\"\(found.oneLine)\""
  }

  private static func missing(_ name: String, _ columns: [Column]) -> String {
    let names = columns.compactMap(\.name).filter { !$0.isEmpty }
    // Names that differ in capitals or spaces alone are nearest, however long they are.
    let plain = { (name: String) in name.lowercased().filter { $0.isLetter || $0.isNumber } }
    let advice: String
    if Int(name) != nil {
      advice = "expected the number of one of \(columns.shown)"
    } else if let same = names.first(where: { plain($0) == plain(name) }) {
      advice = "expected a column that a file has; did you mean \"\(same.oneLine)\"?"
    } else if names.isEmpty {
      advice = "expected a column that a file has, found no names; give its number, from 0"
    } else {
      let near = Spelling.suggestion(for: name, from: Array(names.prefix(20)).map(\.oneLine))
      advice = "expected a column that a file has; \(near)"
    }
    return "--drop-column \(name.oneLine): \(advice)"
  }
}

extension TextTableError.Column: CustomStringConvertible {
  package var description: String {
    guard let name else { return "column \(index)" }
    return "column \(index) " + (name.isEmpty ? "(without a name)" : "(\"\(name.oneLine)\")")
  }

  /// The column as the option `--drop-column` names it.
  package var option: String {
    guard let name, Int(name) == nil, !name.isEmpty, name.utf8.count <= 40,
      name.utf8.allSatisfy({
        $0.isDigit || $0 == UInt8(ascii: "_") || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20
      })
    else { return "\(index)" }
    return name
  }
}

extension [TextTableError.Column] {
  fileprivate var shown: String { map(\.description).listed() }
}
