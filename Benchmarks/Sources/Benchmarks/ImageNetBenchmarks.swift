import Corruptions
import Dispatch
import Foundation
import Images

/// Times the corruptions of ImageNet-C at 224×224 pixels on one core, without files.
struct ImageNetBenchmarks {
  /// The table of the corruptions.
  let suite: URL
  let rounds: Int

  private static let imageCount = 4
  /// Images a second on a core that no corruption should be slower than.
  private static let bar = 12.0
  /// That of the two that move pixels one by one, or filter with a thousand taps.
  private static let lowBar = 6.0
  private static let slow: [Corruption.Name] = [.glassBlur, .elasticTransform]
  /// The rate a core at which 64 cores make images as fast as a GPU takes 2,000 a second.
  private static let rateOfGPU = 2000.0 / 64

  /// The time of a corruption at each severity.
  private struct Times {
    let corruption: Corruption
    /// Seconds for an image, by severity.
    let seconds: [(severity: Int, seconds: Double)]

    var slowest: (severity: Int, seconds: Double) {
      seconds.max { $0.seconds < $1.seconds } ?? (0, 0)
    }
    var mean: Double { seconds.reduce(0) { $0 + $1.seconds } / Double(seconds.count) }

    var line: String {
      let rates = seconds.map { String(format: "%.1f", 1 / $0.seconds) }
      let bar = ImageNetBenchmarks.slow.contains(corruption.name) ? lowBar : bar
      return String(
        format:
          "%@ at 224: %@ images/s a core at severities %@; the slowest is %.1f times the bar of %.0f",
        corruption.name.rawValue, rates.joined(separator: ", "),
        seconds.map { "\($0.severity)" }.joined(separator: ", "), 1 / slowest.seconds / bar, bar)
    }
  }

  /// A line for each corruption, and two for the 15 of the benchmark.
  func run() throws -> [String] {
    let corruptions = try CorruptionSuite(contentsOf: suite).corruptions
    let images = (0..<Self.imageCount).map { Image.waves($0, side: 224) }
    let times = try corruptions.map { corruption in
      Times(
        corruption: corruption,
        seconds: try corruption.severities.map { severity in
          (severity, try seconds(corruption, severity, images))
        })
    }
    let benchmark = times.filter { $0.corruption.group == .benchmark }
    let (slowest, mean) = (
      benchmark.reduce(0) { $0 + $1.slowest.seconds }, benchmark.reduce(0) { $0 + $1.mean }
    )
    let rate = Double(benchmark.count) / mean
    return times.map(\.line) + [
      String(
        format:
          "the %d of the benchmark at 224: %.0f ms an image on a core, %.0f ms at the slowest severities",
        benchmark.count, 1e3 * mean, 1e3 * slowest),
      String(
        format:
          "all cells of the %d at 224: %.1f images/s a core, %.1f times the %.1f of a GPU of 2,000 "
          + "images/s for 64 cores", benchmark.count, rate, rate / Self.rateOfGPU, Self.rateOfGPU),
    ]
  }

  /// The median over rounds of the time of an image, after one round that is not counted.
  private func seconds(
    _ corruption: Corruption, _ severity: Int, _ images: [Image]
  ) throws -> Double {
    let times = try (0...rounds).map { _ in
      let start = DispatchTime.now().uptimeNanoseconds
      for (index, image) in images.enumerated() {
        _ = try corruption.apply(to: image, severity: severity, seed: 0, imageIndex: index)
      }
      return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9 / Double(images.count)
    }
    return median(Array(times.dropFirst()))
  }
}
