import Formats
import Foundation
import PredictionFiles
import TestSupport
import Testing

/// Arrays that hold predictions in another order or unit than is expected.
struct PredictionAxesTests {
  /// Reads predictions with so many labels, which are all 0.
  private func read(
    _ urls: [URL], labelCount: Int, areProbabilities: Bool? = nil
  ) throws -> PredictionReader.Rows {
    let labels = urls[0].deletingLastPathComponent().appending(path: "y.npy")
    try NumPyArray.write([Int64](repeating: 0, count: labelCount), shape: [labelCount], to: labels)
    var reader = PredictionReader()
    reader.areProbabilities = areProbabilities
    return try reader.read(urls, labels: labels)
  }

  @Test(
    arguments: [
      (
        [3, 7], 7,
        "found shape [3, 7] for 7 labels; expected [rows, classes]: transpose it (array.T in NumPy)"
      ),
      (
        [2, 9, 4], 9,
        "found shape [2, 9, 4] for 9 labels; expected [rows, members, classes]: move axis 1 to the front "
          + "(np.moveaxis(array, 1, 0) in NumPy)"
      ),
      (
        [4, 2, 9], 9,
        "found shape [4, 2, 9] for 9 labels; expected [rows, members, classes]: move axis 2 to the front "
          + "(np.moveaxis(array, 2, 0) in NumPy)"
      ),
      ([4, 5], 5, nil), ([3, 7], 9, nil), ([2, 9, 4], 5, nil),
    ] as [([Int], Int, String?)])
  func `axes in another order are recognized by the labels`(
    shape: [Int], labelCount: Int, expected: String?
  ) throws {
    let folder = try TemporaryFolder()
    let url = folder.file("a.npy")
    try NumPyArray.write(
      [Float](repeating: 1, count: shape.reduce(1, *)), shape: shape, to: url)
    let found = message(folder) {
      let rows = try read([url], labelCount: labelCount)
      _ = try rows.predictions.labeled(rows.labels, from: folder.file("y.npy"))
    }
    let ofLabels =
      "y.npy: expected \(shape[0]) labels, one for each row of predictions, found \(labelCount)"
    #expect(found == expected.map { "a.npy: \($0)" } ?? ofLabels)
  }

  @Test func `a transposed member or table is named`() throws {
    let folder = try TemporaryFolder()
    let urls = [folder.file("a.npy"), folder.file("b.npy")]
    for url in urls {
      try NumPyArray.write([Float](repeating: 1, count: 12), shape: [2, 6], to: url)
    }
    #expect(
      message(folder) { _ = try read(urls, labelCount: 6) }.hasPrefix("a.npy: found shape [2, 6]"))
    let table = try folder.file("a.csv", holding: Array("1.5,2,3,4\n5,6,7,8\n".utf8))
    #expect(
      message(folder) { _ = try read([table], labelCount: 4) }.hasPrefix(
        "a.csv: found shape [2, 4]"))
  }

  @Test(arguments: UInt64(0)..<20)
  func `percentages given as probabilities are named, other numbers are not taken for them`(
    seed: UInt64
  ) throws {
    var random = SeededGenerator(seed: seed)
    let folder = try TemporaryFolder()
    let url = folder.file("a.npy")
    let classCount = Int.random(in: 2...9, using: &random)
    let decimals = pow(10, Double([0, 1, 2, 9].randomElement(using: &random) ?? 0))
    var rows: [Double] = []
    for _ in 0..<30 {
      let weights = (0..<classCount).map { _ in Double.random(in: 0...1, using: &random) }
      let unit: Double = weights.reduce(0, +) / (100 * decimals)
      rows += weights.map { ($0 / unit).rounded() / decimals }
    }
    func labeled(_ values: [Double]) -> String {
      message(folder) {
        try NumPyArray.write(values, shape: [30, classCount], to: url)
        let found = try read([url], labelCount: 30, areProbabilities: true)
        _ = try found.predictions.labeled(found.labels, from: url)
      }
    }
    #expect(
      labeled(rows) == "a.npy: the rows sum to 100, so the numbers are percentages; expected "
        + "probabilities: divide them by 100")
    // Of the members, each in a file of its own.
    let fractions = rows.map { $0 / 100 }
    for member in 0..<2 {
      let urls = [folder.file("0.npy"), folder.file("1.npy")]
      for (index, url) in urls.enumerated() {
        try NumPyArray.write(index == member ? rows : fractions, shape: [30, classCount], to: url)
      }
      let found = try read(urls, labelCount: 30, areProbabilities: true)
      #expect(
        message(folder) {
          _ = try found.predictions.labeled(found.labels, from: folder.file("y.npy"))
        }.contains("the rows of member \(member) sum to 100"))
    }
    #expect(labeled(rows.map { $0 - 50 }).hasSuffix("are they logits?"))
    #expect(labeled(rows.map { $0 / 2 }).hasSuffix("are they logits?"))
  }
}
