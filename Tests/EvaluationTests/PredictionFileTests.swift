import Evaluation
import Formats
import Foundation
import Runs
import Scoring
import TestSupport
import Testing

struct PredictionFileTests {
  /// The message that `body` fails with, without the folder's path.
  private func message(_ folder: borrowing TemporaryFolder, _ body: () throws -> Void) -> String {
    do {
      try body()
      return "done"
    } catch {
      return "\(error)".replacing(folder.url.path + "/", with: "")
    }
  }

  private static let rows: [Float] = [1, 2.5, -3, 0, 0.25, 4]

  @Test func `one array of two or three dimensions, in any floating-point type`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("a.npy")
    try NumPyArray.write(Self.rows, shape: [2, 3], to: url)
    let two = try PredictionArray.read(url)
    #expect(two.shape == [2, 1, 3])
    #expect(try two.labeled([0, 2], from: url).values == Self.rows)
    try NumPyArray.write(Self.rows.map(Double.init), shape: [1, 2, 3], to: url)
    let three = try PredictionArray.read(url)
    #expect(three.shape == [1, 2, 3])
    #expect(try three.labeled([1], from: url).values == Self.rows)
  }

  @Test(arguments: ["1,2.5,-3\n0,0.25,4\n", "a,b,c\r\n1, 2.5, -3\r\n\r\n0;0.25\t4\r\n"])
  func `text of a row on each line, after names or none`(text: String) throws {
    let folder = try TemporaryFolder()
    let url = try folder.file("a.csv", holding: Array(text.utf8))
    let array = try PredictionArray.read(url)
    #expect(array.shape == [2, 1, 3])
    #expect(try array.labeled([0, 0], from: url).values == Self.rows)
  }

  @Test func `files of one member each are the members of an ensemble`() throws {
    let folder = try TemporaryFolder()
    let urls = ["a", "b", "c"].map { folder.file("\($0).npy") }
    for (index, url) in urls.enumerated() {
      try NumPyArray.write(
        Self.rows.map { $0 + 10 * Float(index) }, shape: [2, 3], to: url)
    }
    let array = try PredictionArray.read(members: urls)
    #expect(array.shape == [2, 3, 3])
    var expected: [Float] = []
    for row in 0..<2 {
      for member in 0..<3 {
        expected += Self.rows[3 * row..<3 * row + 3].map { $0 + 10 * Float(member) }
      }
    }
    #expect(try array.labeled([0, 1], from: urls[0]).values == expected)
    try NumPyArray.write(Self.rows, shape: [3, 2], to: urls[1])
    #expect(
      message(folder) { _ = try PredictionArray.read(members: urls) }
        == "b.npy: expected shape [2, 3] of one member, as the first file has, found [3, 1, 2]")
  }

  @Test func `probabilities are scored as they are`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("p.npy")
    let probabilities: [Float] = [0.5, 0.25, 0.25, 1, 0, 0]
    try NumPyArray.write(probabilities, shape: [2, 3], to: url)
    let rows = try Scorer(threadCount: 1).rows(
      of: .ensemble,
      in: PredictionArray.read(url).taken(as: .probabilities).labeled([0, 0], from: url)
    ).rows
    #expect(rows.map(\.confidence) == [0.5, 1])
    // The logarithm is within 0.9 units in the last place.
    expectClose(rows.map(\.negativeLogLikelihood), [log(2), 0], absolute: 2e-16)
  }

  @Test func `what are no probabilities is named by file and row`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("p.npy")
    func problem(_ values: [Float]) throws -> String {
      try NumPyArray.write(values, shape: [3, 2], to: url)
      return message(folder) {
        _ = try PredictionArray.read(url).taken(as: .probabilities).labeled([0, 0, 0], from: url)
      }
    }
    #expect(
      try problem([0.5, 0.5, 1.5, -0.5, 0.5, 0.5])
        == "p.npy: 2 values are no probabilities; the first is 1.5 in row 1, member 0, class 0; "
        + "are they logits?")
    #expect(
      try problem([0.5, 0.5, .nan, 0.5, 0.5, 0.5]).contains("1 values are no probabilities"))
    #expect(
      try problem([0.5, 0.5, 0.25, 0.5, 0.5, 0.25])
        == "p.npy: the probabilities of 2 rows do not sum to 1; the first is row 1, member 0, with 0.75"
    )
  }

  @Test func `wrong numbers and labels are named by file and row`() throws {
    let folder = try TemporaryFolder()
    let (logits, labels) = (folder.file("z.npy"), folder.file("y.npy"))
    func problem(_ values: [Float], _ shape: [Int], _ classes: [Int]) throws -> String {
      try NumPyArray.write(values, shape: shape, to: logits)
      try NumPyArray.write(classes.map(Int64.init), shape: [classes.count], to: labels)
      return message(folder) {
        _ = try PredictionArray.read(logits).labeled(LabelFile.read(labels), from: labels)
      }
    }
    #expect(
      try problem([1, 2, .nan, 4, .infinity, 6], [3, 2], [0, 1, 1])
        == "z.npy: 2 logits are NaN or infinite; the first is row 1, member 0, class 0")
    #expect(
      try problem([1, 2, 3, 4], [2, 2], [0, 2])
        == "y.npy: 1 labels are not in 0..<2; the first is 2 in row 1")
    #expect(
      try problem([1, 2, 3, 4], [2, 2], [0])
        == "y.npy: expected 2 labels, one for each row of predictions, found 1")
    #expect(
      try problem([], [0, 2], [])
        == "z.npy: expected shape [rows, classes] or [rows, members, classes], found [0, 2]")
    #expect(try problem([1, 2], [2], [0, 0]).contains("found [2]"))
  }

  @Test(arguments: [
    ("", "a.txt: expected at least one line, found none"),
    ("1 2\n3\n", "a.txt: line 2: expected 2 numbers, found 1"),
    ("1 2\n3 x\n", "a.txt: line 2: expected a number in column 2, found \"x\""),
  ])
  func `wrong text is named by line`(text: String, expected: String) throws {
    let folder = try TemporaryFolder()
    let url = try folder.file("a.txt", holding: Array(text.utf8))
    #expect(message(folder) { _ = try PredictionArray.read(url) } == expected)
  }

  @Test func `labels in text are one on each line`() throws {
    let folder = try TemporaryFolder()
    let url = try folder.file("y.txt", holding: Array("label\n3\n0\n".utf8))
    #expect(try LabelFile.read(url) == [3, 0])
    let half = try folder.file("h.txt", holding: Array("1\n1.5\n".utf8))
    #expect(
      message(folder) { _ = try LabelFile.read(half) }
        == "h.txt: row 1: expected a class index, found 1.5")
    #expect(message(folder) { _ = try LabelFile.read(folder.file("y.pkl")) }.contains("named .npy"))
  }

  @Test func `chosen halves are read where both files are`() throws {
    let folder = try TemporaryFolder()
    #expect(try CleanHalves(in: [folder.url]) == nil)
    try NumPyArray.write([2, 0] as [Int64], shape: [2], to: folder.file("val_idx.npy"))
    #expect(throws: FileError.self) { try CleanHalves(in: [folder.url]) }
    try NumPyArray.write([1, 3] as [Int64], shape: [2], to: folder.file("test_idx.npy"))
    #expect(try CleanHalves(in: [folder.url])?.rows == [[2, 0], [1, 3]])
    try NumPyArray.write([1, 2] as [Int64], shape: [2], to: folder.file("test_idx.npy"))
    #expect(throws: ScoringError.self) { try CleanHalves(in: [folder.url]) }
  }
}
