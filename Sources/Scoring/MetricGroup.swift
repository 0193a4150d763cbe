/// Metrics that are computed where they are asked for, together: columns after those of every run.
public struct MetricGroup: Sendable {
  /// The name in records.
  public let name: String
  /// The metrics, in the order of columns.
  public let metrics: [Metric]

  /// All groups, in the order of columns.
  public static let all = [selective, decompositions, softLabels]

  /// Risk at chosen coverages, and coverage at chosen risks.
  public static let selective = MetricGroup(
    name: "selective",
    metrics: [80, 90].map { percent in
      let risk: @Sendable (ConfidenceRanking) -> Double? = { $0.risk(atCoveragePercent: percent) }
      return Metric("risk_at_\(percent)", of: .ranking(risk), resampling: .ranking(risk))
    }
      + [1, 5].map { percent in
        Metric(
          "coverage_at_risk_\(percent)", of: .ranking { $0.coverage(atRiskPercent: percent) },
          better: .higher, resampling: .coverage(riskPercent: percent))
      })

  /// Miscalibration, discrimination and uncertainty of the top label's Brier and log score:
  /// `ScoreDecomposition`.
  public static let decompositions = MetricGroup(
    name: "decompositions",
    metrics: ScoreDecomposition.Score.allCases.flatMap { score in
      let name = score.rawValue
      return [
        // Fitting makes it positive where it is 0 in truth, beyond what draws could tell.
        Metric("\(name)_mcb", of: .decomposition(score) { $0.miscalibration }),
        Metric(
          "\(name)_dsc", of: .decomposition(score) { $0.discrimination }, better: .higher,
          resampling: .decomposition(score, isEnlarged: true) { $0.discrimination }),
        Metric(
          "\(name)_unc", of: .decomposition(score) { $0.uncertainty }, better: .none,
          resampling: .decomposition(score, isEnlarged: false) { $0.uncertainty }),
      ]
    })

  /// How far predictions are from what people say of the images, for a scorer with `SoftLabels`.
  public static let softLabels = MetricGroup(
    name: "soft_labels",
    metrics: [
      Metric("cross_entropy_soft", of: .softMean(\.crossEntropy)),
      Metric("kl_soft", of: .softMean(\.divergence)),
      Metric("brier_soft", of: .softMean(\.brierScore)),
      Metric("tv_soft", of: .softMean(\.totalVariation)), .entropyCorrelation,
    ])
}

extension Metric {
  /// Spearman's correlation of the entropies of predictions and of people: whether it is unsure where they
  /// disagree.
  public static let entropyCorrelation = Metric(
    "entropy_correlation", of: .entropyCorrelation, better: .higher)
}
