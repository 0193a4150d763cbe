import Runs
import Scoring

/// A sentence about a run that its numbers carry.
package struct Finding: Encodable, Sendable, Equatable {
  /// What a sentence is about.
  package enum Topic: String, Encodable, Sendable, CaseIterable {
    /// What is implausible, and may mean that the numbers are not those of the model.
    case doubt
    case accuracy
    /// Where accuracy is lowest.
    case weakness
    /// Whether confidence is above or below accuracy.
    case confidence
    /// What calibration changes.
    case calibration
    /// What is gained where only confident answers are given.
    case selection
    /// How much of the score of top labels is miscalibration.
    case miscalibration
    /// What prediction sets are worth.
    case sets
    /// Which class is the weakest.
    case classes
    /// How far predictions are from what people say.
    case people
    /// Whether images of no class are told from others.
    case outOfDistribution = "out-of-distribution"
    /// What an ensemble adds to its members.
    case ensemble
    /// Whether confidence tells right answers from wrong ones.
    case ranking

    /// The word in front of the sentence.
    package var title: String {
      switch self {
      case .doubt: "Implausible"
      case .accuracy: "Accuracy"
      case .weakness: "Weakest"
      case .confidence: "Confidence"
      case .calibration: "Calibration"
      case .selection: "Selection"
      case .miscalibration: "Miscalibration"
      case .sets: "Sets"
      case .classes: "Classes"
      case .people: "People"
      case .outOfDistribution: "No class"
      case .ensemble: "Ensemble"
      case .ranking: "Errors"
      }
    }
  }

  package let topic: Topic
  /// The rule that found it, as the article on findings names it.
  package let rule: String
  package let sentence: String
  /// The name of the figure that shows it.
  package let figure: String
  /// The numbers of the sentence, and what is claimed of each.
  package let numbers: [FoundNumber]
}

/// A number of a sentence.
package struct FoundNumber: Encodable, Sendable, Equatable {
  /// What it is of: `clean`, or a protocol and its aggregate such as `c15/macro`.
  package let over: String
  package let predictor: String
  package let calibration: String
  /// A column of `cells.csv`, or a difference such as `nll_minus(none)`.
  package let metric: String
  package let value: Double
  /// The ends of the 95 % interval.
  package let low: Double?
  package let high: Double?
  /// On which side of 0 the sentence puts it; nil where it only names the number.
  package let claim: Estimate.Side?

  /// A number, of which the sentence claims its side of 0 where `isClaimed`.
  init(
    _ estimate: Estimate, _ metric: String, over: String, predictor: String, calibration: String,
    isClaimed: Bool = false
  ) {
    self.over = over
    self.predictor = predictor
    self.calibration = calibration
    self.metric = metric
    value = estimate.value
    low = estimate.interval?.low
    high = estimate.interval?.high
    claim = isClaimed ? estimate.side : nil
  }
}

extension FindingTables {
  /// A number of the run's predictor, as a sentence has it.
  func found(
    _ estimate: Estimate, _ metric: Metric, _ scope: Scope, calibration: String? = nil,
    minus reference: String? = nil, isClaimed: Bool = false
  ) -> FoundNumber {
    FoundNumber(
      estimate, reference.map { PairedMetric(metric, minus: $0).name } ?? metric.name,
      over: over(scope), predictor: predictor, calibration: calibration ?? plain,
      isClaimed: isClaimed)
  }
}
