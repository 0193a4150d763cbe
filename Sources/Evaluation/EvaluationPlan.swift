import Corruptions
import Datasets
import Scoring

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
  package let dataset: any Dataset
  package let normalization: Normalization
  /// The corruptions, each at the severities that are also in `severities`.
  package let corruptions: [Corruption]
  package let severities: [Int]
  package let calibrations: [Calibration]
  /// Decides the corruptions' random draws.
  package let seed: UInt64
  /// How many images of the data set, from the first on.
  package let imageCount: Int

  package init(
    runName: String, dataset: any Dataset, normalization: Normalization,
    corruptions: [Corruption], severities: [Int] = Array(1...5), calibrations: [Calibration],
    seed: UInt64, imageLimit: Int? = nil
  ) {
    self.runName = runName
    self.dataset = dataset
    self.normalization = normalization
    self.corruptions = corruptions
    self.severities = severities
    self.calibrations = calibrations
    self.seed = seed
    imageCount = min(imageLimit ?? dataset.count, dataset.count)
  }

  /// The clean test set, then every corruption from its lowest severity on.
  package var cells: [Cell] {
    [.clean]
      + corruptions.flatMap { corruption in
        corruption.severities.filter(severities.contains).map {
          Cell(corruption: corruption.label, severity: $0)
        }
      }
  }

  /// The classes of the images that are scored.
  package var labels: [Int] { Array(dataset.labels.prefix(imageCount)) }

  func corruption(of cell: Cell) -> Corruption? {
    corruptions.first { $0.label == cell.corruption }
  }
}
