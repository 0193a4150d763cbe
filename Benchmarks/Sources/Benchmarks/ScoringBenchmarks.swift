import Formats
import Foundation

/// Times `mixmo score` on the predictions of a whole CIFAR-100-C, beside NumPy where there is a Python.
struct ScoringBenchmarks {
  let mixmo: Program
  /// Runs `scoring.py`; nil to time ours alone.
  let peer: Program?
  let threads: Int
  /// Where files are made, some 800 MB; removed by the caller.
  let folder: URL

  private static let (rowCount, memberCount, classCount) = (950_000, 2, 100)
  private static let calibrations = "none,temperature,temperature-members,vector,isotonic"
  /// Predictor and calibration pairs that these make: `temperature-members` has no single members.
  private static let passCount = 18.0

  /// A line for the whole, and for one pass over one predictor beside NumPy's.
  func run() async throws -> [String] {
    let (logits, labels) = (folder.appending(path: "z.npy"), folder.appending(path: "y.npy"))
    try write(logits, labels)
    let start = ContinuousClock.now
    _ = try await mixmo.output([
      "score", "--logits", logits.path, "--labels", labels.path, "--calibration",
      Self.calibrations, "--bootstrap", "0", "--threads", String(threads), "--quiet", "--json",
    ])
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    var lines = [
      String(
        format: "scoring %d × %d × %d logits, five calibrations, diversity: %.1f s", Self.rowCount,
        Self.memberCount, Self.classCount, seconds)
    ]
    if let peer {
      let words = try await peer.output([logits.path, labels.path]).split(separator: " ")
      guard let theirs = words.first.flatMap({ Double($0) }) else {
        throw ProgramFailure(program: "scoring.py", status: "no figure", message: "")
      }
      lines.append(
        String(
          format: "one predictor under one calibration: %.2f s, NumPy %.1f s, ratio %.1f",
          seconds / Self.passCount, theirs, theirs * Self.passCount / seconds))
    }
    return lines
  }

  /// Logits of which three in four rows favour their label.
  private func write(_ logits: URL, _ labels: URL) throws {
    let (members, classes) = (Self.memberCount, Self.classCount)
    var state: UInt64 = 1
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    var classesOfRows: [UInt8] = []
    try NumPyArray.write(
      Float.self, shape: [Self.rowCount, members, classes], to: logits
    ) { rows in
      var row = [Float](repeating: 0, count: members * classes)
      for _ in 0..<Self.rowCount {
        let label = Int(next() % UInt64(classes))
        let gain: Float = next() % 4 > 0 ? 3 : 0
        for place in row.indices {
          let noise = Float(next() % 65536) / 16384 - 2
          row[place] = noise + (place % classes == label ? gain : 0)
        }
        classesOfRows.append(UInt8(label))
        try rows.append(row)
      }
    }
    try NumPyArray.write(classesOfRows, shape: [Self.rowCount], to: labels)
  }
}
