import Datasets
import Foundation

/// Corrupts a test set, speaks to the user meanwhile and says how fast it was.
struct CorruptionJob {
  let clean: any Dataset
  let suite: SelectedSuite
  let severities: [Int]
  let files: BenchmarkFiles
  let output: URL
  let common: CommonOptions

  /// How long a corruption took, files and all.
  private struct Speed: Encodable {
    let corruption: String
    /// Images that were made now.
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
    let lock = try BenchmarkRecord(
      dataset: clean.name, images: clean.count, data: clean.fingerprint(workers: workers),
      suite: suite.fingerprint, seed: common.seed, format: files, version: Mixmo.version
    ).claim(output)
    defer { lock.release() }
    try show(try write(writer))
  }

  private func write(_ writer: any BenchmarkWriter) throws -> [Speed] {
    let counts = writer.series.map(writer.missingImageCount)
    let bar = ProgressBar("corrupt", total: counts.reduce(0, +), terminal: common.terminal)
    defer { bar.finish() }
    var (done, speeds): (Int, [Speed]) = (0, [])
    for (series, count) in zip(writer.series, counts) where count > 0 {
      let clock = ContinuousClock()
      let time = try clock.measure {
        try writer.write(series) { severity, written in
          bar.update(done + written, "\(series.name)-\(severity)")
          try Interruption.check(
            common.terminal, bar, saying: "the same command goes on from \(series.name)")
        }
      }
      done += count
      speeds.append(
        Speed(corruption: series.name, images: count, seconds: time / .seconds(1)))
    }
    return speeds
  }

  private func show(_ speeds: [Speed]) throws {
    let terminal = common.terminal
    guard !common.json else { return try terminal.show(json: speeds) }
    for speed in speeds {
      try terminal.show(
        speed.corruption.padding(toLength: 20, withPad: " ", startingAt: 0)
          + String(
            format: "%8d images %8.1f s %8.0f images/s\n", speed.images, speed.seconds,
            speed.imagesPerSecond))
    }
    terminal.say("All images are in \(output.path).")
  }
}
