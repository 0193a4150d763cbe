import Evaluation
import Formats
import Foundation
import Reports
import Runs
import Scoring
import TestSupport
import Testing

/// A run folder as an evaluation writes it, of random predictions.
enum ReportedRun {
  static let imageCount = 60
  static let (memberCount, classCount) = (2, 4)
  static let corruptions = ["gaussian_noise", "fog", "frost(substitute)"]
  /// The corruptions of the published suite; a run has some of them, so its protocols are incomplete.
  static let kinds = [
    "noise": ["gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise"],
    "blur": ["defocus_blur", "glass_blur", "motion_blur", "zoom_blur", "gaussian_blur"],
    "weather": ["snow", "frost", "fog", "brightness", "spatter"],
    "digital": ["contrast", "elastic_transform", "pixelate", "jpeg_compression", "saturate"],
  ].sorted { $0.key < $1.key }.flatMap { family, names in
    names.enumerated().map { index, name in
      CorruptionKind(name: name, family: family, isBenchmark: index < names.count - 1)
    }
  }

  /// Writes a run; `skill` is added to the label's logit on clean images, and less on corrupted ones.
  static func write(
    to folder: URL, name: String = "run", skill: Float = 2.5, seed: UInt64 = 1,
    corruptions: [String] = corruptions, severities: [Int] = [1, 2, 3, 4, 5],
    calibrations: [Calibration] = [.none, .temperature, .oracle],
    memberCount: Int = memberCount, version: String = "0.1.0"
  ) throws {
    var generator = SeededGenerator(seed: seed)
    let labels = (0..<imageCount).map { ($0 * 7) % classCount }
    let cells =
      [Cell.clean]
      + corruptions.flatMap { name in severities.map { Cell(corruption: name, severity: $0) } }
    let store = RunFolder(folder).predictions
    try store.create(labels: labels)
    for cell in cells {
      let strength = skill * (1 - 0.18 * Float(cell.severity))
      let values = labels.flatMap { label in
        (0..<memberCount * classCount).map { index in
          Float.random(in: -1.5...1.5, using: &generator)
            + (index % classCount == label ? strength : 0)
        }
      }
      try NumPyArray.write(
        values, shape: [imageCount, memberCount, classCount], to: store.url(of: cell))
    }
    let settings = ScoringSettings(calibrations: calibrations, drawCount: 100, kinds: kinds)
    let cube = try CubeScorer(settings, threadCount: 2).score(cells) {
      try store.logits(
        of: $0, labels: labels, memberCount: memberCount, classCount: classCount)
    } report: { _ in
    }
    try ResultTables(runName: name, datasetName: "made-up", fitting: "clean-halves", cube: cube)
      .write(to: RunFolder(folder))
    var record = RunRecord(
      origin: RunRecord.Origin(
        run: name, dataset: "made-up", images: imageCount, checkpoint: "c\(seed)", data: "d",
        suite: "s", seed: 0, version: version),
      configuration: "training:\n  nb_epochs: 3\n", threads: 2)
    record.scoring = settings.record(memberCount: memberCount)
    record.durationSeconds = 12.5
    try record.write(to: RunFolder(folder))
    record.predictions = try PredictionProof(of: RunFolder(folder), threadCount: 1).digests
    try record.write(to: RunFolder(folder))
    try AtomicFile.write(
      "epoch,train/accuracy,test/accuracy,train/loss,test/nll\r\n1,0.3,0.4,1.5,1.25\r\n"
        + "2,0.5,0.625,1.0,0.75\r\n", to: folder.appending(path: "logs.csv"))
  }

  /// Changes the record of the run in `folder`.
  static func change(_ folder: URL, _ change: (inout RunRecord) -> Void) throws {
    let found = try RunRecord.find(in: RunFolder(folder))
    var record = try #require(found)
    change(&record)
    try record.write(to: RunFolder(folder))
  }
}

/// gnuplot, which `make setup` installs.
enum Gnuplot {
  static func program() async throws -> GnuplotProgram {
    let found = try await GnuplotProgram()
    return try #require(found)
  }
}
