import Datasets
import Scoring
import Tensors

/// One cell of an evaluation: the clean test set, or a corruption at a severity.
package struct Cell: Hashable, Sendable {
  /// The corruption's name in results, such as `fog` or `frost(substitute)`, or `clean`.
  package let corruption: String
  /// 1 to 5, or 0 for the clean test set.
  package let severity: Int

  package static let clean = Cell(corruption: "clean", severity: 0)

  /// The name in file names, such as `gaussian_noise-3`.
  package var name: String { "\(corruption)-\(severity)" }
}

/// What an evaluation scores.
package struct EvaluationPlan: Sendable {
  /// The name in the `run` column.
  package let runName: String
  /// The clean test images.
  package let images: any Dataset
  package let normalization: Normalization
  package let benchmark: (any CorruptionBenchmark)?
  /// The corruptions' severities, those that the benchmark has as well.
  package let severities: [Int]
  package let calibrations: [Calibration]
  private let imageLimit: Int

  /// A plan for the test set `dataset`, or for `imageLimit` of its images, evenly spaced.
  package init(
    runName: String, dataset: any Dataset, normalization: Normalization,
    benchmark: (any CorruptionBenchmark)? = nil, severities: [Int] = Array(1...5),
    calibrations: [Calibration], imageLimit: Int? = nil
  ) {
    self.runName = runName
    self.normalization = normalization
    self.benchmark = benchmark
    self.severities = severities
    self.calibrations = calibrations
    self.imageLimit = min(imageLimit ?? dataset.count, dataset.count)
    images = Subset(self.imageLimit, of: dataset)
  }

  /// The clean test set, then every corruption from its lowest severity on.
  package var cells: [Cell] {
    [.clean]
      + (benchmark?.corruptions ?? []).flatMap { series in
        series.severities.filter(severities.contains).map {
          Cell(corruption: series.name, severity: $0)
        }
      }
  }

  /// How many images each cell has.
  package var imageCount: Int { images.count }

  /// The classes of the images that are scored.
  package var labels: [Int] { images.labels }

  /// The images of a cell, and what a user should know about their files.
  ///
  /// - Throws: what opening the files throws; `EvaluationError.otherCell` where their place in the
  ///   data is that of another cell.
  package func open(_ cell: Cell) throws -> (images: any Dataset, notes: [String]) {
    guard cell != .clean, let benchmark else { return (images, []) }
    let corrupted = try benchmark.images(under: cell.corruption, severity: cell.severity)
    let found = Cell(corruption: corrupted.corruption, severity: corrupted.severity)
    guard found == cell else { throw EvaluationError.otherCell(expected: cell, found: found) }
    return (Subset(imageLimit, of: corrupted), corrupted.notes)
  }

  /// SHA-256 of the stored images of each cell that is read from files, by the cell's name, and what
  /// a user should know about them.
  ///
  /// - Throws: what opening and reading the files throws.
  package func fingerprints(
    workers: Workers
  ) throws -> (digests: [String: String], notes: [String]) {
    var digests: [String: String] = [:]
    var notes: [String] = []
    for cell in cells where cell != .clean && benchmark?.isGenerated == false {
      let opened = try open(cell)
      digests[cell.name] = try opened.images.storedFingerprint(workers: workers)
      notes += opened.notes
    }
    return (digests, notes)
  }
}
