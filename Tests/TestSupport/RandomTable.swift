import Foundation

/// A text table of random numbers in a random dialect, as some program could write it.
package struct RandomTable {
  /// What a table has besides its classes.
  package enum Extra: CaseIterable {
    case nothing
    /// Row numbers below a telling name, below none, in a table without names, or where names are one
    /// less.
    case namedIndex, unnamedIndex, bareIndex, indexWithoutName
    /// Names of the rows.
    case rowNames
    /// Labels below a telling name, or behind the classes without one.
    case namedLabels, bareLabels
    case decimalCommas
  }

  package let extra: Extra
  package let rowCount: Int
  package let classCount: Int
  /// The numbers of the classes.
  package let values: [Double]  // [rows, classes]
  package let bytes: [UInt8]
  /// The number of the column that is no class.
  package let extraColumn: Int?

  package init(_ extra: Extra, using generator: inout SeededGenerator) {
    self.extra = extra
    rowCount = Int.random(in: 4...9, using: &generator)
    classCount = Int.random(in: 2...5, using: &generator)
    let dialect = Dialect(extra, using: &generator)
    let texts = (0..<rowCount * classCount).map { _ in dialect.number(using: &generator) }
    values = texts.map { Double($0) ?? .nan }
    extraColumn =
      switch extra {
      case .nothing, .decimalCommas: nil
      case .namedLabels: Bool.random(using: &generator) ? 0 : classCount
      case .bareLabels: classCount
      default: 0
      }
    let (count, column) = (classCount, extraColumn)
    var lines: [[String]] = (0..<rowCount).map { row in
      var fields = Array(texts[row * count..<(row + 1) * count])
      if extra == .decimalCommas { fields = fields.map { $0.replacing(".", with: ",") } }
      if let column { fields.insert(dialect.extra(row, count), at: column) }
      return fields
    }
    if let names = dialect.names(classCount, extraColumn, using: &generator) {
      lines.insert(names, at: 0)
    }
    bytes = dialect.bytes(lines, using: &generator)
  }
}

/// How a table is written.
private struct Dialect {
  private let extra: RandomTable.Extra
  private let separator: String
  private let lineEnd: String
  private let padding: String
  private let quotes: Bool
  private let hasMark: Bool
  private let hasComments: Bool
  private let endsWithSeparator: Bool
  private let form: Int
  private let hasNames: Bool
  private var firstLabel = 0

  init(_ extra: RandomTable.Extra, using generator: inout SeededGenerator) {
    self.extra = extra
    func pick<Element>(_ elements: [Element], _ generator: inout SeededGenerator) -> Element {
      elements[Int.random(in: elements.indices, using: &generator)]
    }
    let separators = [",", ";", "\t", " "]
    separator =
      extra == .decimalCommas
      ? pick([";", "\t", " "], &generator) : pick(separators, &generator)
    lineEnd = pick(["\n", "\r\n", "\r"], &generator)
    padding = separator == "\t" ? "" : pick(["", "", " ", "  "], &generator)
    quotes = pick([false, false, true], &generator)
    hasMark = pick([false, false, true], &generator)
    hasComments = pick([false, false, true], &generator)
    endsWithSeparator = separator != " " && pick([false, false, false, true], &generator)
    form = pick([0, 1, 2], &generator)
    hasNames =
      switch extra {
      case .namedIndex, .unnamedIndex, .indexWithoutName, .namedLabels: true
      case .bareIndex, .bareLabels: false
      default: Bool.random(using: &generator)
      }
    firstLabel = Int.random(in: 0...1, using: &generator)
  }

  /// A number that is hardly ever whole.
  func number(using generator: inout SeededGenerator) -> String {
    let number = Double.random(in: -20...20, using: &generator)
    return switch form {
    case 0: "\(number)"
    case 1: String(format: "%.18e", number)
    default: String(format: "%.5f", number)
    }
  }

  /// The field that is no class.
  func extra(_ row: Int, _ classCount: Int) -> String {
    switch extra {
    case .rowNames: "row\(row).png"
    case .namedLabels, .bareLabels: "\((row + firstLabel) % classCount)"
    default: form == 1 ? "\(row + firstLabel).000e+00" : "\(row + firstLabel)"
    }
  }

  /// The names of all columns, or none.
  func names(
    _ classCount: Int, _ extraColumn: Int?, using generator: inout SeededGenerator
  ) -> [String]? {
    guard hasNames else { return nil }
    let kinds: [(Int) -> String] = [{ "cat\($0)" }, { "\"a, \"\"b\"\" \($0)\"" }]
    let kind = kinds[separator == " " ? 0 : Int.random(in: kinds.indices, using: &generator)]
    var names = (0..<classCount).map(kind)
    guard let extraColumn, extra != .indexWithoutName else { return names }
    let telling: [String] =
      switch extra {
      case .unnamedIndex: ["\"\""]
      case .namedLabels: ["label", "Target", "\"y\"", "CLASS"]
      default: ["id", "Index", "\"idx\"", "filename", "sample_id"]
      }
    names.insert(
      telling[Int.random(in: telling.indices, using: &generator)], at: extraColumn)
    return names
  }

  func bytes(_ lines: [[String]], using generator: inout SeededGenerator) -> [UInt8] {
    var text = hasComments ? "# written by a program\(lineEnd)" : ""
    for (index, line) in lines.enumerated() {
      let fields = line.map { field in
        let quoted = quotes && !field.hasPrefix("\"") ? "\"\(field)\"" : field
        return padding + quoted + padding
      }
      text += fields.joined(separator: separator) + (endsWithSeparator ? separator : "") + lineEnd
      if hasComments, index == 1 { text += "  # and more\(lineEnd)\(lineEnd)" }
    }
    return (hasMark ? [0xEF, 0xBB, 0xBF] : []) + Array(text.utf8)
  }
}
