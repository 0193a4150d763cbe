import Datasets
import Foundation
import Loading

/// Writes the corrupted images of a test set, with a progress bar, and reports the speed.
struct CorruptionJob {
  let clean: any Dataset
  /// SHA-256 of the paths of the copies of somebody's pictures.
  let names: String?
  let suite: SelectedSuite
  let severities: [Int]
  let files: BenchmarkFiles
  let output: URL
  let common: CommonOptions

  /// The time that a corruption took, including the writing of its files.
  private struct Speed: Encodable {
    let corruption: String
    /// The images that were made by this run.
    let images: Int
    let seconds: Double

    var imagesPerSecond: Double { Double(images) / max(seconds, 1e-9) }

    enum CodingKeys: String, CodingKey {
      case corruption, images, seconds, imagesPerSecond
    }

    func encode(to encoder: any Encoder) throws {
      var keys = encoder.container(keyedBy: CodingKeys.self)
      try keys.encode(corruption, forKey: .corruption)
      try keys.encode(images, forKey: .images)
      try keys.encode(seconds, forKey: .seconds)
      try keys.encode(imagesPerSecond, forKey: .imagesPerSecond)
    }
  }

  func run() throws {
    let workers = common.workers
    let benchmark = try GeneratedBenchmark(suite.corruptions, of: clean, seed: common.seed)
    let writer = try files.writer(
      of: benchmark, clean: clean, severities: severities, to: output, workers: workers)
    // Copies of pictures do not depend on which classes these are of.
    let steps = StepProgress(
      common.terminal, whenInterrupted: "nothing was written; run the same command to start again")
    let read = { (done: Int, total: Int) in try steps.show("read", done, of: total) }
    let data =
      try names == nil
      ? clean.fingerprint(workers: workers, advanced: read)
      : clean.pixelFingerprint(workers: workers, advanced: read)
    let lock = try BenchmarkRecord(
      dataset: clean.name, images: clean.count, data: data,
      names: names, suite: suite.fingerprint, seed: common.seed, format: files,
      version: Mixmo.version
    ).claim(output)
    defer { lock.release() }
    try show(try write(writer))
  }

  private func write(_ writer: any BenchmarkWriter) throws -> [Speed] {
    let counts = writer.corruptions.map(writer.missingImageCount)
    let bar = ProgressBar("corrupt", total: counts.reduce(0, +), terminal: common.terminal)
    defer { bar.finish() }
    var (done, speeds): (Int, [Speed]) = (0, [])
    for (corruption, count) in zip(writer.corruptions, counts) where count > 0 {
      let clock = ContinuousClock()
      let time = try clock.measure {
        try writer.write(corruption) { cell, written in
          bar.update(done + written, cell.name)
          try Interruption.check(
            common.terminal, bar, saying: "run the same command to continue from \(corruption)")
        }
      }
      done += count
      speeds.append(
        Speed(corruption: corruption, images: count, seconds: time / .seconds(1)))
    }
    return speeds
  }

  private func show(_ speeds: [Speed]) throws {
    let terminal = common.terminal
    guard !common.json else { return try terminal.show(json: speeds) }
    for speed in speeds {
      try terminal.show(
        speed.corruption.leftAligned(20)
          + String(
            format: "%8d images %8.1f s %8.0f images/s\n", speed.images, speed.seconds,
            speed.imagesPerSecond))
    }
    terminal.say("All images are in \(output.path).")
  }
}
