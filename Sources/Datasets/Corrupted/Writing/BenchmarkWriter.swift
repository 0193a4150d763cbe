import Images
import Tensors

/// Writes the images of a benchmark into files, which the readers of the published ones read.
///
/// What is there already is not made again, and nothing appears before it is whole.
package protocol BenchmarkWriter: Sendable {
  /// The corruptions, with the severities that are asked for, in the order of evaluation.
  var series: [CorruptionSeries] { get }

  /// How many images of a corruption are not in files yet.
  func missingImageCount(of series: CorruptionSeries) -> Int

  /// Writes what is missing of a corruption.
  ///
  /// - Parameters:
  ///   - series: One of `series`.
  ///   - report: Called after every few images with the severity they have and the number of images
  ///     written by this call.
  /// - Throws: `FileError`, what reading the clean images throws, or `report`.
  func write(
    _ series: CorruptionSeries, report: (_ severity: Int, _ imageCount: Int) throws -> Void
  ) throws
}

/// The images that are written.
struct BenchmarkSource: Sendable {
  let benchmark: any CorruptionBenchmark
  let clean: any Dataset
  let severities: [Int]
  let workers: Workers

  /// Images that are made together, before they are written.
  private static let chunkSize = 512

  var series: [CorruptionSeries] {
    benchmark.corruptions.map { series in
      CorruptionSeries(name: series.name, severities: series.severities.filter(severities.contains))
    }
  }

  /// Makes the images of a cell on all threads, a chunk at a time.
  ///
  /// - Parameters:
  ///   - corruption: The corruption's name in results.
  ///   - severity: The severity.
  ///   - transform: What to do with each image, on any thread.
  ///   - receive: Takes the results of a chunk in order, with the number of images done.
  /// - Throws: what opening the cell or one of the two throws.
  func forEachChunk<Result: Sendable>(
    of corruption: String, severity: Int,
    _ transform: @Sendable (_ index: Int, Image) throws -> Result,
    receive: ([Result], _ done: Int) throws -> Void
  ) throws {
    let images = try benchmark.images(under: corruption, severity: severity)
    for start in stride(from: 0, to: clean.count, by: Self.chunkSize) {
      let end = min(start + Self.chunkSize, clean.count)
      let results = try workers.map(end - start) { place in
        try transform(start + place, images.image(at: start + place))
      }
      try receive(results, end)
    }
  }
}
