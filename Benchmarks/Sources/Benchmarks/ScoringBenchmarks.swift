import Formats
import Foundation

/// Times `mixmo score` on the predictions of a whole CIFAR-100-C, and where there is a Python, NumPy
/// and a repetition of MixMo's published evaluation on the same predictions.
struct ScoringBenchmarks {
  let mixmo: Program
  /// Runs the peers; nil to time `mixmo` alone.
  let python: Program?
  /// Runs the one that needs PyTorch.
  let pyTorch: Program?
  let threads: Int
  /// Where files are made, some 800 MB; removed by the caller.
  let folder: URL

  private static let (rowCount, memberCount, classCount) = (950_000, 2, 100)
  private static let calibrations = "none,temperature,vector,isotonic,histogram"
  /// Pairs of four predictors and five calibrations.
  private static let passCount = 20.0

  /// A line for the whole, for one predictor under one calibration beside each peer, and for an
  /// evaluation with temperature scaling beside the published one.
  ///
  /// Ours of one predictor is the whole divided by their number: it includes a share of the fits and
  /// of diversity, which the peers do not compute.
  func run() async throws -> [String] {
    let (logits, labels) = (folder.appending(path: "z.npy"), folder.appending(path: "y.npy"))
    try write(logits, labels)
    let files = [logits.path, labels.path]
    let whole = try await seconds(files, calibrations: Self.calibrations)
    var lines = [
      String(
        format: "scoring %d × %d × %d logits, five calibrations, diversity: %.1f s", Self.rowCount,
        Self.memberCount, Self.classCount, whole),
      String(
        format: "all calibrations, classes, prediction sets, selection and decompositions: %.0f s",
        try await seconds(files, calibrations: "all", Self.additions)),
    ]
    guard let python else { return lines }
    func compare(_ work: String, _ ours: Double, _ name: String, _ theirs: Double) {
      lines.append(
        String(
          format: "\(work): %.2f s, \(name) %.1f s, ratio %.1f", ours, theirs, theirs / ours))
    }
    let (pass, published) = ("one predictor under one calibration", "published evaluation")
    let each = whole / Self.passCount
    compare(pass, each, "NumPy", try await seconds(of: "scoring.py", files, python))
    compare(pass, each, published, try await seconds(of: "published_scoring.py", files, python))
    guard let pyTorch else { return lines }
    compare(
      "all predictors, with temperature scaling",
      try await seconds(files, calibrations: "none,temperature"), published,
      try await seconds(of: "published_scoring.py", files + ["--tempscale"], pyTorch))
    return lines
  }

  private static let additions = [
    "--conformal", "--per-class", "--selective", "--decompositions",
  ]

  /// How long `mixmo score` takes.
  private func seconds(
    _ files: [String], calibrations: String, _ additions: [String] = []
  ) async throws -> Double {
    let start = ContinuousClock.now
    _ = try await mixmo.output(
      [
        "score", "--logits", files[0], "--labels", files[1], "--calibration", calibrations,
        "--bootstrap", "0", "--threads", String(threads), "--quiet", "--json",
      ] + additions)
    return (ContinuousClock.now - start) / .seconds(1)
  }

  /// The seconds that a peer takes.
  private func seconds(of script: String, _ arguments: [String], _ python: Program) async throws
    -> Double
  {
    try python.firstValue(in: await python.output(["peers/\(script)"] + arguments))
  }

  /// Logits of which three in four rows favor their label.
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
        for index in row.indices {
          let noise = Float(next() % 65536) / 16384 - 2
          row[index] = noise + (index % classes == label ? gain : 0)
        }
        classesOfRows.append(UInt8(label))
        try rows.append(row)
      }
    }
    try NumPyArray.write(classesOfRows, shape: [Self.rowCount], to: labels)
  }
}
