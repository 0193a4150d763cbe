import Scoring

/// How stored predictions become numbers.
package struct ScoringSettings: Sendable {
  /// What calibrations are fitted on.
  package enum Fitting: Sendable {
    /// Each half of the clean images, to score the other; nil for MixMo's halves.
    case cleanHalves(CleanHalves?)
    /// Other images.
    case validationSet(LabeledLogits)
    /// Five times each half of the scored cell itself, to score the other.
    case crossValidation

    /// The name on the command line and in records.
    package var name: String {
      switch self {
      case .cleanHalves: "clean-halves"
      case .validationSet: "validation"
      case .crossValidation: "cv"
      }
    }
  }

  package var calibrations: [Calibration]
  package var fitting: Fitting
  /// Draws of the bootstrap that intervals are taken from; 0 for no intervals but Wilson's.
  package var drawCount: Int
  package var seed: UInt64
  /// The corruptions that aggregates know.
  package var kinds: [CorruptionKind]
  /// A run whose errors others are measured by.
  package var baseline: Baseline?

  package init(
    calibrations: [Calibration], fitting: Fitting = .cleanHalves(nil), drawCount: Int = 1000,
    seed: UInt64 = 0, kinds: [CorruptionKind] = [], baseline: Baseline? = nil
  ) {
    self.calibrations = calibrations
    self.fitting = fitting
    self.drawCount = drawCount
    self.seed = seed
    self.kinds = kinds
    self.baseline = baseline
  }
}
