/// Metrics that are computed where they are asked for, together: columns after those of every run.
public struct MetricGroup: Sendable {
  /// The name in records.
  public let name: String
  /// The metrics, in the order of columns.
  public let metrics: [Metric]

  /// All groups, in the order of columns.
  public static let all = [selective, decompositions]

  /// Risk at chosen coverages, and coverage at chosen risks.
  public static let selective = MetricGroup(
    name: "selective",
    metrics: [80, 90].map { percent in
      Metric("risk_at_\(percent)", of: .ranking { $0.risk(atCoveragePercent: percent) })
    }
      + [1, 5].map { percent in
        Metric(
          "coverage_at_risk_\(percent)", of: .ranking { $0.coverage(atRiskPercent: percent) },
          better: .higher)
      })

  /// Miscalibration, discrimination and uncertainty of the top label's Brier and log score:
  /// `ScoreDecomposition`.
  public static let decompositions = MetricGroup(
    name: "decompositions",
    metrics: ScoreDecomposition.Score.allCases.flatMap { score in
      let parts: [(String, KeyPath<ScoreDecomposition, Double> & Sendable, Metric.Direction)] = [
        ("mcb", \.miscalibration, .lower), ("dsc", \.discrimination, .higher),
        ("unc", \.uncertainty, .none),
      ]
      return parts.map { name, part, better in
        Metric(
          "\(score.rawValue)_\(name)",
          of: .rows(needsDistribution: false) { rows in
            ScoreDecomposition(score, rows.map { ($0.confidence, $0.isRight) })?[keyPath: part]
          }, better: better)
      }
    })
}
