import Runs
import Scoring

/// What is found of images of no class.
extension FindingTables {
  /// At most so many sets of images of no class have a sentence.
  private static let shownSets = 2

  /// How often a test image is more confident than an image of no class, a sentence for each of the first
  /// sets.
  var outOfDistributionFindings: [Finding] {
    outOfDistribution.prefix(Self.shownSets).compactMap(outOfDistributionFinding)
  }

  private func outOfDistributionFinding(_ set: String) -> Finding? {
    let auroc = DetectionMean(.auroc, .maximumProbability, set: set).name
    let passed = DetectionMean(.falsePositiveRateAt95, .maximumProbability, set: set).name
    guard let clean = estimate(named: auroc, .clean), let rate = estimate(named: passed, .clean)
    else { return nil }
    func found(_ estimate: Estimate, _ name: String, _ scope: Scope) -> FoundNumber {
      FoundNumber(
        estimate, name, over: over(scope), predictor: predictor,
        calibration: Calibration.none.name)
    }
    var sentence =
      "A clean image is more confident than one of \(set) in \(FindingText.share(clean)) of "
      + "pairs (AUROC of msp)"
    var numbers = [found(clean, auroc, .clean)]
    if let corrupted = estimate(named: auroc, .corrupted) {
      sentence += ", a corrupted one in \(FindingText.share(corrupted))"
      numbers.append(found(corrupted, auroc, .corrupted))
    }
    sentence +=
      "; where 95 % of clean images are kept, \(FindingText.share(rate)) of \(set) are too."
    return Finding(
      topic: .outOfDistribution, rule: "out-of-distribution", sentence: sentence,
      figure: "out-of-distribution", numbers: numbers + [found(rate, passed, .clean)])
  }
}
