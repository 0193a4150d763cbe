import Formats
import Foundation
import PredictionFiles
import TestSupport
import Testing

/// Columns that are no classes, in text tables and arrays: each is refused, unless an option says that
/// it is a class.
struct ExtraColumnTests {
  /// What a column holds.
  enum Kind: CaseIterable {
    case index, indexFromOne, indexFromAny, countdown, shuffledIndex, ids, largeIDs, times
    case labels, labelsFromOne, signedLabels, predictedClasses, confidence, severity

    /// Whether its numbers tell it among whole numbers.
    var isToldAmongWholeNumbers: Bool { self != .ids }

    func values(
      beside logits: [[Double]], _ labels: [Int], using source: inout SeededGenerator
    ) -> [Double] {
      let rows = 0..<logits.count
      let start = Double.random(in: 5...90, using: &source).rounded()
      switch self {
      case .index: return rows.map { Double($0) }
      case .indexFromOne: return rows.map { Double($0 + 1) }
      case .indexFromAny: return rows.map { start + Double($0) }
      case .countdown: return rows.reversed().map { start + Double($0) }
      case .shuffledIndex: return rows.shuffled(using: &source).map { Double($0) }
      case .ids: return rows.map { _ in Double(Int.random(in: 0...999, using: &source)) }
      case .largeIDs:
        return rows.map { _ in Double(Int.random(in: 10_000...99_999, using: &source)) }
      case .times: return rows.map { 1_700_000_000.25 + 3.5 * Double($0) }
      case .labels: return labels.map(Double.init)
      case .labelsFromOne: return labels.map { Double($0 + 1) }
      case .signedLabels: return labels.map { Double($0 > 0 ? 1 : -1) }
      case .predictedClasses:
        return logits.map { row in Double(row.firstIndex(of: row.max() ?? 0) ?? 0) }
      case .confidence: return logits.map { $0.max() ?? 0 }
      case .severity: return rows.map { _ in 3 }
      }
    }
  }

  /// Logits, labels of several classes, and a column among them.
  private struct Table {
    let logits: [[Double]]
    let labels: [Int]
    let column: Int
    let rows: [[Double]]

    init(_ kind: Kind, isWhole: Bool, using source: inout SeededGenerator) {
      let count = Int.random(in: isWhole ? 12...20 : 4...12, using: &source)
      let classes = Int.random(in: 2...6, using: &source)
      var logits: [[Double]] = (0..<count).map { _ in
        (0..<classes).map { _ in
          let number = Double.random(in: -4...9, using: &source)
          return isWhole ? number.rounded() : number
        }
      }
      // Two classes at least are predicted.
      let most = isWhole ? 10 : 10.25
      (logits[0][0], logits[1][1]) = (most, most)
      var labels = (0..<count).map { _ in Int.random(in: 0..<classes, using: &source) }
      (labels[0], labels[1]) = (0, 1)
      (self.logits, self.labels) = (logits, labels)
      let values = kind.values(beside: logits, labels, using: &source)
      column = Bool.random(using: &source) ? 0 : Int.random(in: 0...classes, using: &source)
      rows = zip(logits, values).map { [column] row, value in
        Array(row[..<column]) + [value] + row[column...]
      }
    }
  }

  private func text(
    _ rows: [[Double]], column: Int?, named: Bool, using source: inout SeededGenerator
  ) -> String {
    let (separator, isInteger) = (
      [",", ";", "\t", " ", "|"].randomElement(using: &source) ?? ",", Bool.random(using: &source)
    )
    let form = ["%.5f", "%.9g", "%.18e"].randomElement(using: &source) ?? ""
    let areWhole = rows.joined().allSatisfy { $0 == $0.rounded() }
    var lines = rows.map { row in
      row.enumerated().map { index, number in
        let isWhole = number == number.rounded()
        return areWhole || index == column && isInteger && isWhole
          ? "\(Int(number))" : String(format: form, number)
      }.joined(separator: separator)
    }
    if named {
      lines.insert(rows[0].indices.map { "n\($0)x" }.joined(separator: separator), at: 0)
    }
    return lines.joined(separator: "\n")
  }

  @Test(arguments: Kind.allCases, [false, true])
  func `are refused, or classes by an option`(kind: Kind, isWhole: Bool) throws {
    guard !isWhole || kind.isToldAmongWholeNumbers else { return }
    let folder = try PredictionFolder()
    var source = SeededGenerator(seed: 1)
    for _ in 0..<30 {
      let table = Table(kind, isWhole: isWhole, using: &source)
      let (count, width) = (table.rows.count, table.rows[0].count)
      let flat = table.rows.flatMap { $0 }
      let url: URL
      switch Int.random(in: 0...4, using: &source) {
      case 0: url = try folder.array("z.npy", flat, [count, width])
      case 1: url = try folder.array("z.npy", flat, [count, 1, width])
      default:
        url = try folder.text(
          "z.csv",
          text(
            table.rows, column: table.column, named: Bool.random(using: &source), using: &source))
      }
      func read(_ configure: (inout PredictionReader) -> Void) throws -> PredictionReader.Rows {
        try folder.read([url], labels: table.labels, rowCount: count, configure)
      }
      do {
        _ = try read { _ in }
        Issue.record("\(kind): \(table.rows) \(table.labels)")
      } catch {
        #expect("\(error)".contains("column \(table.column) "), "\(error) \(table.rows)")
        #expect("\(error)".contains("--all-columns"))
      }
      let all = try read { $0.tables.takesAllColumns = true }
      #expect(all.predictions.classCount == width && all.predictions.rowCount == count)
      guard url.pathExtension == "csv" else { continue }
      let left = try read { $0.tables.droppedColumns = ["\(table.column)"] }
      #expect(left.predictions.classCount == width - 1)
    }
  }

  @Test(arguments: [false, true], 1...60 as ClosedRange<UInt64>)
  func `classes alone are read, whatever they hold`(isWhole: Bool, seed: UInt64) throws {
    let folder = try PredictionFolder()
    var source = SeededGenerator(seed: seed)
    let table = Table(.index, isWhole: isWhole, using: &source)
    let (count, classes) = (table.logits.count, table.logits[0].count)
    let flat = table.logits.flatMap { $0 }
    let array = try folder.array("z.npy", flat, [count, classes])
    #expect(try folder.read([array], labels: table.labels, rowCount: count).values == flat)
    let text = try folder.text(
      "z.csv", text(table.logits, column: nil, named: false, using: &source))
    let found = try folder.read([text], labels: table.labels, rowCount: count).values
    // Texts of five digits are off by half of their last.
    expectClose(found, flat, absolute: isWhole ? 0 : 5.1e-6)
  }

  /// Numbers that look special, and are classes.
  @Test(arguments: [
    // One-hot predictions that are all right, probabilities of a class that is never predicted, or
    // always, percentages, votes.
    [[1, 0], [0, 1], [1, 0], [0, 1], [1, 0]],
    [[0.25, 0.75, 0], [0.5, 0.5, 0], [0.75, 0.25, 0], [0.125, 0.875, 0], [0.25, 0.75, 0]],
    [[0, 0.25, 0.75], [1, 0, 0], [0, 0.5, 0.5], [0, 0.375, 0.625], [0, 0.125, 0.875]],
    [[50.5, 49.5, 0], [97.5, 0.5, 2], [12.5, 87.5, 0], [60.5, 38.5, 1], [33.5, 66.5, 0]],
    [[7, 3, 0], [2, 8, 0], [9, 1, 0], [4, 4, 2], [1, 9, 0]],
    // The logit of a binary classifier beside 0, a class that is masked, logits that are all alike.
    [[0, 2.5], [0, -1.5], [0, 0.75], [0, 3.25], [0, -2.5]],
    [
      [0.5, -1e9, 1.5], [1.5, -1e9, 0.5], [0.25, -1e9, 1.5], [0.5, -1e9, 2.5], [3.5, -1e9, 1.5],
    ],
    [[2, 2, 2], [2, 2, 2], [2, 2, 2], [2, 2, 2], [2, 2, 2]],
    [[0, 0, 5], [0, 3, 0], [4, 0, 0], [0, 0, 2], [0, 1, 0]],
  ])
  func `of numbers that classes can have are read`(rows: [[Double]]) throws {
    let folder = try PredictionFolder()
    let shape = [rows.count, rows[0].count]
    let array = try folder.array("z.npy", rows.flatMap { $0 }, shape)
    #expect(try folder.read([array], rowCount: rows.count).values == rows.flatMap { $0 })
    let lines = rows.map { $0.map { "\($0)" }.joined(separator: ",") }
    let text = try folder.text("z.csv", lines.joined(separator: "\n"))
    #expect(try folder.read([text], rowCount: rows.count).values == rows.flatMap { $0 })
    let plain = try folder.text(
      "i.csv", lines.joined(separator: "\n").replacing(/\.0\b/, with: ""))
    let found = try folder.read([plain], rowCount: rows.count) { $0.tables.hasHeader = false }
    #expect(found.values == rows.flatMap { $0 })
  }

  @Test func `in tables too small to tell are pointed out`() throws {
    let folder = try PredictionFolder()
    for rows in [
      [[7, 0.5, 1.5]], [[3.5, 1.5, 4], [2.5, 0.5, 9]], [[7, 2.5], [5, 0.5], [6, 1.5]],
    ] {
      let flat = rows.flatMap { $0 }
      let url = try folder.array("z.npy", flat, [rows.count, rows[0].count])
      let found = try folder.read([url], rowCount: rows.count)
      #expect(found.values == flat)
      #expect(found.notes.contains { $0.contains("if it is no class, save the array without it") })
    }
    let shuffled = try folder.array(
      "s.npy", [2, 1, 0, 0, 5, 2, 3, 4, -1, 1, 6, 3] as [Double], [4, 3])
    #expect(
      try folder.read([shuffled], rowCount: 4).notes.contains {
        $0.contains("column 0 holds each number of a range once")
      })
    let constant = [9.5, 1.5, 2, 8.5, 3, 1.5, 9.5, 2, 3.5, 9.25, 1, 1.5]
    let url = try folder.array("z.npy", constant, [4, 3])
    #expect(
      try folder.read([url], rowCount: 4).notes.contains {
        $0.contains("column 0 holds the largest number of every row")
      })
  }

  @Test func `of one member are named with it`() throws {
    let folder = try PredictionFolder()
    var source = SeededGenerator(seed: 4)
    let rows = (0..<6).map { _ in (0..<6).map { _ in Double.random(in: 0...9, using: &source) } }
    let stacked: [Double] = rows.enumerated().flatMap { index, row in
      Array(row[..<3]) + [Double(index)] + Array(row[4...])
    }
    let url = try folder.array("z.npy", stacked, [6, 2, 3])
    #expect {
      _ = try folder.read([url], rowCount: 6)
    } throws: {
      "\($0)".contains("z.npy: column 0 of member 1 counts row by row")
    }
  }
}
