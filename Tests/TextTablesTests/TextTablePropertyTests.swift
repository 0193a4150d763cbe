import Foundation
import TestSupport
import Testing
import TextTables

/// What holds of every text table: the numbers that were written come back, or a refusal of the right
/// kind; never other numbers.
struct TextTablePropertyTests {
  @Test(arguments: RandomTable.Extra.allCases)
  func `numbers come back as they were written, or not at all`(extra: RandomTable.Extra) throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 21)
    for index in 0..<60 {
      let table = RandomTable(extra, using: &generator)
      let url = try folder.file("z.csv", holding: table.bytes)
      let text = String(decoding: table.bytes, as: UTF8.self).debugDescription
      func read(drop: [String] = []) throws -> NumberTable {
        var options = TableOptions()
        options.droppedColumns = drop
        return try NumberTable(contentsOf: url, of: .classes, options)
      }
      if extra == .nothing {
        let found = try read()
        #expect(found.values == table.values && found.firstLine == nil, "\(index): \(text)")
        continue
      }
      let error = #expect(throws: TextTableError.self, "\(index): \(text)") { try read() }
      guard let error else { continue }
      #expect(isExpected(error.problem, of: table), "\(error) \(text)")
      guard let column = table.extraColumn else { continue }
      let found = try read(drop: ["\(column)"])
      #expect(found.values == table.values && found.firstLine == nil, "\(index): \(text)")
    }
  }

  /// Whether a table is refused for what it has besides its classes.
  private func isExpected(_ problem: TextTableError.Problem, of table: RandomTable) -> Bool {
    switch (table.extra, problem) {
    case (.decimalCommas, .decimalComma): true
    case (.indexWithoutName, .headerWidth(_, let names, let columns)):
      names == table.classCount && columns == names + 1
    case (.rowNames, .text(let column, _, _)): column.index == table.extraColumn
    case (.rowNames, .notAClass(let column, _, true)): column.index == table.extraColumn
    case (.namedIndex, .notAClass(let column, _, true)),
      (.unnamedIndex, .notAClass(let column, _, true)),
      (.bareIndex, .notAClass(let column, _, true)),
      (.namedLabels, .notAClass(let column, _, true)),
      (.bareLabels, .notAClass(let column, _, true)):
      column.index == table.extraColumn
    default: false
    }
  }

  @Test func `whole numbers come back as well, but for a first line that counts`() throws {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<300 {
      let (rows, classes) = (
        Int.random(in: 1...6, using: &generator), Int.random(in: 2...4, using: &generator)
      )
      let numbers = (0..<rows * classes).map { _ in Int.random(in: -3...6, using: &generator) }
      let text = (0..<rows).map { row in
        numbers[row * classes..<(row + 1) * classes].map(String.init).joined(separator: " ")
      }.joined(separator: "\n")
      var options = TableOptions()
      options.takesAllColumns = true
      let table = try NumberTable(Array(text.utf8), file: "z.txt", of: .classes, options)
      #expect((table.firstLine ?? []) + table.values == numbers.map(Double.init), "\(text)")
    }
  }

  @Test func `numbers are the nearest Float64 of their digits`() throws {
    var generator = SeededGenerator(seed: 9)
    func digits(_ counts: ClosedRange<Int>) -> String {
      String(
        (0..<Int.random(in: counts, using: &generator)).map { _ in
          Character("\(Int.random(in: 0...9, using: &generator))")
        })
    }
    var texts = [
      "0", "-0.0", "+1", ".5", "5.", "1e22", "1e23", "9007199254740993", "1e-400", "4.9e-324",
    ]
    texts += (0..<3000).map { _ in
      let point = Bool.random(using: &generator) ? "." + digits(0...25) : ""
      let exponent =
        Bool.random(using: &generator) ? "e\(Int.random(in: -330...280, using: &generator))" : ""
      let sign = ["", "-", "+"][Int.random(in: 0...2, using: &generator)]
      return sign + digits(1...22) + point + exponent
    }
    // Swift's own reading is the oracle; it knows no number that ends with a point.
    let expected = texts.map { Double($0.replacing(/\.(?=e|$)/, with: "")) }
    let (finite, values) = (
      zip(texts, expected).filter { $0.1?.isFinite ?? false }.map(\.0),
      expected.compactMap(\.self).filter(\.isFinite)
    )
    let table = try NumberTable(
      Array(("y\n" + finite.joined(separator: "\n")).utf8), file: "y.txt", of: .labels)
    #expect(table.values.map(\.bitPattern) == values.map(\.bitPattern))
  }

  @Test func `damaged tables are read or refused, and never trap`() {
    var generator = SeededGenerator(seed: 3)
    for index in 0..<600 {
      let kinds = RandomTable.Extra.allCases
      let table = RandomTable(kinds[index % kinds.count], using: &generator)
      let bytes = table.bytes.mutated(using: &generator)
      for content in [NumberTable.Content.classes, .labels] {
        do {
          let table = try NumberTable(bytes, file: "z.csv", of: content)
          #expect(!table.values.contains { !$0.isFinite })
          #expect(table.values.count == table.rowCount * table.columnCount)
        } catch {
          #expect(error is TextTableError)
        }
      }
    }
  }
}
