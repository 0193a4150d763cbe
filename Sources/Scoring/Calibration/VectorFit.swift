extension Scorer {
  /// The scales and biases of `predictor` that minimize its penalized loss on `logits`.
  ///
  /// The loss is the mean negative log-likelihood plus 1e-4 · (Σ (scale − 1)² + Σ bias²), summed
  /// over classes: without the penalty separable rows would have no minimum. It is searched from
  /// scale 1 and bias 0, and never above the loss there; the negative log-likelihood then isn't
  /// either. The search ends where the gradient is no longer than 1e-8, or where rounding hides any
  /// descent. Of more than 65,536 rows an eighth is searched first, and the gradient may be 1e-6.
  ///
  /// How the loss is curved at the start, which saves steps, is learned in at most 256 MB: 32·K²
  /// bytes for each 1024 rows that it is learned from, and twice as much to use it. Above 1672
  /// classes the search does without.
  ///
  /// They act on what `Calibration.temperature` divides: the mean logits, a member's, or, the same
  /// for all, each member's before their probabilities are averaged.
  ///
  /// - Throws: `ScoringError` when there is no such predictor.
  public func fitVectorScaling(
    of predictor: Predictor, on logits: LabeledLogits
  ) throws -> VectorScaling {
    let objective = VectorObjective(
      source: try PredictorLogits(predictor, of: logits), scorer: self)
    return objective.scaling(of: try objective.minimum(from: objective.identity).parameters)
  }
}
