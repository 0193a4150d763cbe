import Formats
import Foundation
import Runs
import Scoring

extension Comparison {
  /// The limit of every conclusion.
  package static let caveat =
    "This is about these checkpoints on images like these, not about the methods that trained them: "
    + "that needs several seeds of each. Paired tests over images; any wrong claim at all has a "
    + "probability of at most 5 %. Better in overconfidence means closer to 0."

  /// For each run a sentence on clean images and one on corrupted ones, which claim no more than the
  /// tests support.
  package var conclusions: [String] { pairs.flatMap(conclusions) }

  /// The sentences about one run.
  func conclusions(_ pair: Pair) -> [String] {
    let mean = pair.mean.map {
      conclusion(
        pair, $0,
        scope: "On average over \(Self.count(cells.count - 1, "corrupted cell"))")
    }
    return [conclusion(pair, pair.cells[0], scope: "On clean images"), mean]
      .compactMap { $0?.withoutControlCharacters }
  }

  private func conclusion(_ pair: Pair, _ contrast: Contrast, scope: String) -> String {
    func metrics(_ verdict: Contrast.Verdict) -> [Metric] {
      self.metrics.filter { contrast.values[$0] != nil && contrast.verdict($0) == verdict }
    }
    func claim(_ verdict: Contrast.Verdict) -> String? {
      let claimed = metrics(verdict).map { Self.described($0, contrast.values[$0]) }
      return claimed.isEmpty ? nil : FindingText.list(claimed, "and")
    }
    let (better, worse) = (claim(.win), claim(.loss))
    let rest = metrics(.undecided).map(Self.title)
    let names = rest.isEmpty ? nil : FindingText.list(rest, "and")
    let end = names.map { "; not significant: \($0)." } ?? "."
    switch (better, worse) {
    case (let better?, let worse?):
      return
        "\(scope) \(pair.run) is better than \(reference) in \(better), and worse in \(worse)\(end)"
    case (let better?, nil):
      return "\(scope) \(pair.run) is better than \(reference) in \(better)\(end)"
    case (nil, let worse?):
      return "\(scope) \(pair.run) is worse than \(reference) in \(worse)\(end)"
    case (nil, nil):
      return "\(scope) no difference between \(pair.run) and \(reference) is significant: "
        + "\(names ?? "nothing is defined")."
    }
  }

  /// The title of a metric of a comparison.
  static func title(_ metric: Metric) -> String {
    switch metric {
    case .brierScore: "Brier"
    case _ where SetFigure.parsing(metric.name) != nil: setTitle(metric)
    case _ where DetectionMean(parsing: metric.name) != nil: detectionTitle(metric)
    case .negativeLogLikelihood, .calibrationError: metric.name.uppercased()
    default: metric.name
    }
  }

  /// The title of a figure of prediction sets, such as `coverage lac`.
  private static func setTitle(_ metric: Metric) -> String {
    guard let (figure, kind) = SetFigure.parsing(metric.name) else { return metric.name }
    return "\(figure.rawValue) \(kind.method.rawValue)"
  }

  /// The title of a figure of images of no class, such as `auroc msp svhn`.
  private static func detectionTitle(_ metric: Metric) -> String {
    guard let mean = DetectionMean(parsing: metric.name) else { return metric.name }
    return "\(mean.figure.name) \(mean.score.name) \(mean.set)"
  }

  /// A metric with its difference.
  private static func described(_ metric: Metric, _ values: Contrast.Values?) -> String {
    guard let values else { return title(metric) }
    let unit = isInPoints(metric) ? " points" : ""
    return "\(title(metric)) (\(signed(values.difference, metric))\(unit))"
  }

  /// Whether differences of a metric are shown in percentage points.
  static func isInPoints(_ metric: Metric) -> Bool {
    metric == .accuracy || metric == .overconfidence || SubjectClasses.isFigure(metric)
      || SetFigure.parsing(metric.name)?.figure == .coverage
  }

  /// A difference with its sign.
  static func signed(_ difference: Double, _ metric: Metric) -> String {
    let text =
      isInPoints(metric)
      ? String(format: "%+.2f", 100 * difference) : String(format: "%+.4f", difference)
    return text.replacing("-", with: "\u{2212}")
  }

  static func count(_ number: Int, _ name: String) -> String {
    "\(number) \(name)\(number == 1 ? "" : "s")"
  }
}
