import Formats
import Foundation
import TestSupport
import Testing

/// What `mixmo score` says of temperatures, whatever the unit of the logits.
struct TemperatureBoundTests {
  /// Scores logits times `factor` with the given labels.
  private func score(
    _ logits: RandomLogits, times factor: Float, labels: [Int64]? = nil
  ) throws -> (errors: String, cells: CSVTable) {
    let folder = try TemporaryFolder()
    let (file, labelFile) = (folder.file("z.npy"), folder.file("y.npy"))
    let labels = labels ?? logits.labels
    try NumPyArray.write(
      logits.values.map { $0 * factor }, shape: [labels.count, 3], to: file)
    try NumPyArray.write(labels, shape: [labels.count], to: labelFile)
    let process = try MixmoProcess([
      "score", "--logits", file.path, "--labels", labelFile.path, "--temperature-scaling",
      "--validation-logits", file.path, "--validation-labels", labelFile.path,
      "--bootstrap", "0", "--output", folder.file("o").path,
    ])
    #expect(process.status == 0, "\(process.errors)")
    return (process.errors, try CSVTable(contentsOf: folder.file("o/cells.csv")))
  }

  /// The field of the row under `temperature`, which follows the one under `none`.
  private func field(_ column: String, of table: CSVTable) throws -> String {
    try #require(table.column(column))[1]
  }

  @Test func `logits in any unit have a temperature in that unit, and no warning`() throws {
    let logits = RandomLogits(rowCount: 60, seed: 9, strength: 0.5)
    let usual = try score(logits, times: 1)
    for factor in [1e5, 1e-5] as [Float] {
      let (errors, cells) = try score(logits, times: factor)
      #expect(!errors.contains("bound"), "\(errors)")
      #expect(try field("temperature_at_bound", of: cells) == "0")
      #expect(try #require(cells.column("temperature_at_bound"))[0] == "")
      for (column, scale) in [("temperature", Double(factor)), ("nll", 1)] {
        let found = try #require(Double(field(column, of: cells)))
        let expected = try #require(Double(field(column, of: usual.cells))) * scale
        // Float32 rounds each scaled logit by a relative 6e-8.
        expectClose(found, expected, absolute: 1e-6 * expected, column)
      }
    }
  }

  @Test func `a warning names the reason that is true`() throws {
    let logits = RandomLogits(rowCount: 30, seed: 9)
    let choices = (0..<30).map { row -> [Int64] in
      (0..<3).sorted { logits.values[row * 3 + $0] > logits.values[row * 3 + $1] }
        .map { Int64($0) }
    }
    for factor in [1, 1e4] as [Float] {
      let right = try score(logits, times: factor, labels: choices.map { $0[0] })
      #expect(right.errors.contains("were all right") && !right.errors.contains("chance"))
      #expect(try field("temperature_at_bound", of: right.cells) == "1")
      let wrong = try score(logits, times: factor, labels: choices.map { $0[2] })
      #expect(wrong.errors.contains("were no better than chance"), "\(wrong.errors)")
      #expect(!wrong.errors.contains("all right"))
    }
  }
}
