import Foundation
import PredictionFiles
import TestSupport
import Testing

/// First lines of whole numbers: names of columns, or rows.
struct FirstLineTests {
  /// What is read of two texts: the number of rows, the labels and the number of notes, or the message.
  private func settle(
    _ predictions: String, _ labels: String, hasHeader: Bool? = nil
  ) throws -> String {
    let folder = try PredictionFolder()
    let files = (try folder.text("z.csv", predictions), try folder.text("y.csv", labels))
    do {
      let rows = try folder.read([files.0], files.1) { $0.tables.hasHeader = hasHeader }
      return "\(rows.predictions.rowCount) \(rows.labels) \(rows.notes.count)"
    } catch {
      return "\(error)".replacing(folder.folder.url.path + "/", with: "")
    }
  }

  @Test(arguments: [
    // Both are headers, as one is certainly.
    ("0,1,2\n2.5,0.5,0.1\n0.3,1.5,0.2\n", "0\n0\n1\n", "2 [0, 1] 2"),
    ("0,1,2\n2.5,0.5,0.1\n0.3,1.5,0.2\n", "0\n1\n", "2 [0, 1] 1"),
    ("0,1\n3,0\n", "y\n0\n1\n", "2 [0, 1] 0"),
    ("a,b\n3,0\n", "0\n1\n", "1 [1] 1"),
    ("3,5\n0.5,0.75\n", "y\n1\n0\n", "2 [1, 0] 0"),
    ("0.0,1.0\n2.53,0.51\n0.32,1.54\n", "0\n0\n1\n", "2 [0, 1] 2"),
    ("0.0,1.0\n2.53,0.51\n0.32,1.54\n", "y\n0\n1\n", "2 [0, 1] 1"),
    ("-1,1\n2.53,0.51\n0.32,1.54\n", "y\n0\n1\n", "2 [0, 1] 1"),
    ("100,7,42\n2.53,0.51,0.1\n0.32,1.54,1.5\n", "y\n0\n1\n", "2 [0, 1] 1"),
    ("1e3,1e4\n2.53,0.51\n0.32,1.54\n", "y\n0\n1\n", "2 [0, 1] 1"),
    ("0,1\n2.5,0.5\n0.3,1.5\n", "0.0\n0\n1\n", "2 [0, 1] 2"),
    ("0,1,2\n2.5,0.5,0.1\n0.3,1.5,0.2\n", "3\n0\n1\n", "2 [0, 1] 2"),
    ("0,1,0,1\n2.5,0.5,0.1,1.5\n0.3,1.5,0.2,0.5\n", "y\n0\n1\n", "2 [0, 1] 1"),
    // Rows that are like others.
    ("3,1\n2,5\n4,0\n", "0\n1\n0\n", "3 [0, 1, 0] 1"), ("3,3\n2,5\n", "0\n1\n", "2 [0, 1] 0"),
    ("3,1\n2,5\n4,0\n", "y\n0\n1\n0\n", "3 [0, 1, 0] 0"),
    ("0.5,1.5\n2.5,0.5\n", "0\n1\n", "2 [0, 1] 0"),
  ])
  func `are told by the number of labels and their form`(
    predictions: String, labels: String, expected: String
  ) throws {
    #expect(try settle(predictions, labels) == expected)
  }

  @Test(arguments: [
    ("0,1\n1,0\n", "0\n1\n"), ("-1,1\n2.53,0.51\n0.32,1.54\n", "0\n0\n1\n"),
    ("100,7,42\n2.53,0.51,0.1\n0.32,1.54,1.5\n", "1\n0\n1\n"), ("0,1\n0.25,0.75\n", "0\n1\n"),
    ("1,0\n0.25,0.75\n0.5,0.5\n", "0\n1\n1\n"), ("2,1,0\n4,3,3\n3,1,0\n", "0\n1\n2\n"),
    ("600,831\n6,-2\n3,1\n2,4\n0,1\n", "1\n0\n1\n1\n0\n"),
  ])
  func `that can be both ask for an option, which tells`(
    predictions: String, labels: String
  ) throws {
    let refusal = try settle(predictions, labels)
    #expect(refusal.hasPrefix("z.csv: the first line, "), "\(refusal)")
    #expect(refusal.hasSuffix("say --header or --no-header"))
    let count = labels.split(separator: "\n").count
    #expect(try settle(predictions, labels, hasHeader: false).hasPrefix("\(count) ["))
    let named = try settle(predictions, labels, hasHeader: true)
    #expect(named.hasPrefix("\(count - 1) [") || named.contains("order of their numbers"))
  }

  @Test(arguments: [
    ("2.5,0.5\n0.3,1.5\n1.5,2.5\n", "y\n0\n1\n", "z.csv: expected 3 labels"),
    ("3,5\n2,1\n4,0\n", "y\n0\n1\n", "z.csv: expected 3 labels"),
    ("a,b\n2.5,0.5\n0.3,1.5\n", "1\n0\n1\n", "y.csv: expected 2 labels"),
    ("a,b\n2.5,0.5\n0.3,1.5\n", "0.5\n0\n1\n", "y.csv: expected 2 labels"),
  ])
  func `that look like rows are not taken for names by the number of labels alone`(
    predictions: String, labels: String, message: String
  ) throws {
    let refusal = try settle(predictions, labels)
    #expect(refusal.hasPrefix(message), "\(refusal)")
    #expect(
      refusal.hasSuffix(
        message.hasPrefix("z")
          ? "if the first line names the columns, say --header"
          : "if the first line names the column, remove it"))
    if message.hasPrefix("z") {
      #expect(try settle(predictions, labels, hasHeader: true) == "2 [0, 1] 0")
    }
  }

  @Test(arguments: [
    "2,1,0\n2.5,0.5,0.1\n0.3,1.5,0.2\n", "3.0,1.0,2.0\n2.51,0.5,0.1\n0.3,1.5,0.2\n",
  ])
  func `that name classes in another order are refused`(text: String) throws {
    #expect(try settle(text, "y\n0\n1\n").contains("order of their numbers"))
  }

  /// Tables below random first lines: the true rows are read, or something is said.
  @Test(arguments: 1...400 as ClosedRange<UInt64>)
  func `are never taken wrongly in silence`(seed: UInt64) throws {
    var source = SeededGenerator(seed: seed)
    let table = NumberedTable(using: &source)
    let folder = try PredictionFolder()
    let predictions = try folder.text("z.csv", table.text)
    let labels =
      try table.labelText.map { try folder.text("y.csv", $0) }
      ?? folder.array("y.npy", table.labels.map(Int64.init), [table.labels.count])
    let rows: PredictionReader.Rows
    do {
      rows = try folder.read([predictions], labels)
    } catch {
      let message = "\(error)"
      let isExpected = ["--header", "remove it", "order of their numbers"].contains {
        message.contains($0)
      }
      #expect(isExpected && !table.isPlain, "\(message) \(table)")
      return
    }
    let isRight = rows.labels == table.labels && rows.values == table.values
    #expect(isRight || rows.notes.contains { $0.contains("--header") }, "\(table)")
    #expect(isRight || !table.isPlain, "\(table)")
  }
}

/// A table of predictions and its labels, each below names that are numbers or none.
private struct NumberedTable: CustomStringConvertible {
  let values: [Double]
  let labels: [Int]
  let text: String
  /// nil for an array.
  let labelText: String?
  /// Whether the right reading is beyond doubt.
  let isPlain: Bool

  init(using source: inout SeededGenerator) {
    let (rows, classes) = (
      Int.random(in: 4...9, using: &source), Int.random(in: 2...5, using: &source)
    )
    let form = ["%.5f", "%.1f", "%g", "%d"].randomElement(using: &source) ?? ""
    let isWhole = form == "%d"
    let fields = (0..<rows * classes).map { _ in
      let number = Double.random(in: -9...9, using: &source)
      return isWhole ? "\(Int(number))" : String(format: form, number)
    }
    let counting = Array(0..<classes)
    let random = counting.map { 7 * $0 + Int.random(in: -3...3, using: &source) }
    let headers: [[String]?] = [
      nil, nil, counting.map(String.init), counting.map { "\($0 + 1)" }, counting.map { "\($0).0" },
      counting.map { "\($0)e0" }, counting.reversed().map(String.init), random.map(String.init),
      random.shuffled(using: &source).map { "\($0)" }, counting.map { "\($0 % 2)" },
    ]
    let index = Int.random(in: headers.indices, using: &source)
    let header = headers[index]
    let lines = stride(from: 0, to: fields.count, by: classes).map {
      fields[$0..<$0 + classes].joined(separator: ",")
    }
    text = ((header.map { [$0.joined(separator: ",")] } ?? []) + lines).joined(separator: "\n")
    values = fields.map { Double($0) ?? .nan }
    var labels = (0..<rows).map { _ in Int.random(in: 0..<classes, using: &source) }
    labels[0] = Int.random(in: 0...1, using: &source)
    self.labels = labels
    let names: [String?] = [nil, "label", "0", "0.0", "1", "\(classes)", ""]
    let name = names[Int.random(in: names.indices, using: &source)]
    labelText = name.map { name in
      (name.isEmpty ? "" : name + "\n") + labels.map(String.init).joined(separator: "\n")
    }
    // Counting names above decimals, or decimals alone, and labels that are certain or named 0.
    isPlain = !isWhole && 0...2 ~= index && name != "1" && !(header == nil && name == "0.0")
  }

  var description: String { "\(text.debugDescription) \(labelText?.debugDescription ?? "array")" }
}
