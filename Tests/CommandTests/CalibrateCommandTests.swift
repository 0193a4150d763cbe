import Formats
import Foundation
import Scoring
import TestSupport
import Testing

/// A calibration is fitted, kept and applied.
struct CalibrateCommandTests {
  private static let fitted = Calibration.all.filter(\.needsFitting).map(\.name)

  private func run(_ folder: borrowing TemporaryFolder, _ arguments: [String]) throws -> String {
    let process = try MixmoProcess(arguments, folder: folder.url)
    try #require(process.status == 0, "\(arguments): \(process.errors)")
    return process.output
  }

  /// Writes rows of `members`; their labels.
  private func write(
    _ folder: borrowing TemporaryFolder, _ name: String, rows: Int, members: Int, seed: UInt64
  ) throws -> [Int64] {
    let predictions = RandomLogits(rowCount: rows, memberCount: members, seed: seed)
    try predictions.write(folder.file("\(name).npy"), folder.file("\(name)-labels.npy"))
    return predictions.labels
  }

  @Test(arguments: fitted, [1, 2])
  func `what is applied is what score has in its tables`(name: String, members: Int) throws {
    let predictor =
      name == "temperature-after" ? "ensemble-probs" : members == 1 ? "network" : "ensemble"
    guard members > 1 || !["temperature-after", "temperature-members"].contains(name) else {
      return
    }
    let folder = try TemporaryFolder()
    _ = try write(folder, "v", rows: 90, members: members, seed: 3)
    let labels = try write(folder, "x", rows: 70, members: members, seed: 4)
    _ = try run(
      folder,
      [
        "score", "--logits", "x.npy", "--labels", "x-labels.npy", "--validation-logits", "v.npy",
        "--validation-labels", "v-labels.npy", "--calibration", name, "--bootstrap", "0", "--quiet",
        "--output", "run",
      ])
    let said = try run(
      folder,
      [
        "calibrate", "--logits", "v.npy", "--labels", "v-labels.npy", "--calibration", name,
        "--predictor", predictor, "--output", "c.json",
      ])
    #expect(said.contains("\(name) of \(predictor), 90 rows, 5 parts") && said.contains("ECE"))
    _ = try run(folder, ["apply", "c.json", "--logits", "x.npy", "--output", "p.npy"])
    let applied = try NumPyArray(contentsOf: folder.file("p.npy"))
    let values: [Double] = try applied.values()
    let cells = try CSVTable(contentsOf: folder.file("run/cells.csv"))
    let predictors = try #require(cells.column("predictor"))
    let calibrations = try #require(cells.column("calibration"))
    let row = try #require(
      predictors.indices.first { predictors[$0] == predictor && calibrations[$0] == name })
    func cell(_ column: String) -> Double {
      cells.column(column).flatMap { Double($0[row]) } ?? .nan
    }
    if applied.shape == [70, 2] {
      let right = labels.indices.count { Int64(values[2 * $0]) == labels[$0] }
      expectClose(cell("accuracy"), Double(right) / 70, absolute: 1e-15)
      let confidence = labels.indices.reduce(0) { $0 + values[2 * $1 + 1] } / 70
      expectClose(
        cell("overconfidence"), confidence - Double(right) / 70, absolute: 1e-13)
    } else {
      #expect(applied.shape == [70, 3])
      let brier = labels.indices.reduce(0.0) { sum, row in
        (0..<3).reduce(sum) {
          let miss = values[3 * row + $1] - (labels[row] == $1 ? 1 : 0)
          return $0 + miss * miss
        }
      }
      // Sums of 70 terms; a matrix is multiplied in another order of classes.
      expectClose(cell("brier"), brier / 70, absolute: 1e-12)
    }
  }

  @Test func `a kept calibration is of the version, the data and the cross-validated figures`()
    throws
  {
    let folder = try TemporaryFolder()
    _ = try write(folder, "v", rows: 61, members: 1, seed: 5)
    _ = try run(
      folder,
      [
        "calibrate", "--logits", "v.npy", "--labels", "v-labels.npy", "--calibration", "ets",
        "--output", "c.json", "--threads", "1",
      ])
    let bytes = try FileContents.read(folder.file("c.json"), limit: 1 << 20)
    let file = try #require(
      try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    #expect(file["calibration"] as? String == "ets")
    #expect(file["predictor"] as? String == "network")
    #expect(file["rows"] as? Int == 61)
    #expect(file["classes"] as? Int == 3)
    #expect(file["members"] as? Int == 1)
    #expect(
      file["logits"] as? [String] == [try Digest(ofFiles: [folder.file("v.npy")]).description])
    let found = try #require(file["cross_validation"] as? [String: Any])
    #expect(found["parts"] as? Int == 5)
    for name in ["before", "after"] {
      let scores = try #require(found[name] as? [String: Double])
      #expect(Set(scores.keys) == ["nll", "ece", "brier"])
    }
    _ = try run(
      folder,
      [
        "calibrate", "--logits", "v.npy", "--labels", "v-labels.npy", "--calibration", "ets",
        "--output", "d.json", "--threads", "3",
      ])
    #expect(try FileContents.read(folder.file("d.json"), limit: 1 << 20) == bytes)
  }

  @Test func `what cannot be calibrated or applied is refused`() throws {
    let folder = try TemporaryFolder()
    _ = try write(folder, "v", rows: 30, members: 1, seed: 6)
    _ = try write(folder, "m", rows: 30, members: 2, seed: 6)
    func calibrate(_ name: String, _ more: String...) throws -> MixmoProcess {
      try MixmoProcess(
        [
          "calibrate", "--logits", "v.npy", "--labels", "v-labels.npy", "--calibration", name,
          "--output", "c.json",
        ] + more, folder: folder.url)
    }
    for (process, status, message) in [
      (try calibrate("oracle"), Int32(64), "unknown \"oracle\""),
      (try calibrate("temperatur"), 64, "did you mean \"temperature\"?"),
      (try calibrate("temperature", "--predictor", "ensemble"), 64, "unknown \"ensemble\""),
      (try calibrate("temperature-after"), 1, "temperature-after is not for network"),
    ] {
      #expect(process.status == status && process.errors.contains(message), "\(process.errors)")
    }
    try #require(try calibrate("platt").status == 0)
    let kept = String(
      decoding: try FileContents.read(folder.file("c.json"), limit: 1 << 20), as: UTF8.self)
    let files = [
      ("not JSON", "no file of mixmo calibrate"),
      (kept.replacing("\"platt\"", with: "\"plat\""), "expected one of temperature"),
      (kept.replacing("\"network\"", with: "\"ensemble\""), "expected one of network"),
      (kept.replacing("\"slope\"", with: "\"steepness\""), "expected the numbers of platt"),
      (
        kept.replacing("\"classes\": 3", with: "\"classes\": 4"),
        "fitted on 1 members and 4 classes"
      ),
      (kept.replacing("\"rows\": 30,", with: ""), "expected rows, found none"),
    ]
    for (text, message) in files {
      try AtomicFile.write(text, to: folder.file("bad.json"))
      let process = try MixmoProcess(
        ["apply", "bad.json", "--logits", "v.npy", "--output", "p.npy"], folder: folder.url)
      #expect(process.status == 1 && process.errors.contains(message), "\(process.errors)")
    }
    let others = try MixmoProcess(
      ["apply", "c.json", "--logits", "m.npy", "--output", "p.npy"], folder: folder.url)
    #expect(others.status == 1 && others.errors.contains("the predictions have 2 and 3"))
    #expect(!FileManager.default.fileExists(atPath: folder.file("p.npy").path))
  }
}
