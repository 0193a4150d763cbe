extension Scorer {
  /// The scales and biases of `predictor` that minimise its penalised loss on `logits`.
  ///
  /// The loss is the mean negative log-likelihood plus 1e-4 · (Σ (scale − 1)² + Σ bias²), summed
  /// over classes: without the penalty separable rows would have no minimum. It is searched from
  /// scale 1 and bias 0, and never above the loss there; the negative log-likelihood then isn't
  /// either. The search ends where the gradient is no longer than 1e-8, of more than 65,536 rows
  /// 1e-6, or where rounding hides any descent.
  ///
  /// They act on what `Calibration.temperature` divides: the mean logits, a member's, or, the same
  /// for all, each member's before their probabilities are averaged.
  ///
  /// - Throws: `ScoringError` when there is no such predictor.
  public func fitVectorScaling(
    of predictor: Predictor, on logits: LabelledLogits
  ) throws -> VectorScaling {
    let objective = VectorObjective(
      source: try PredictorLogits(predictor, of: logits), scorer: self)
    let identity = objective.identity
    let found = try QuasiNewton.minimum(
      from: identity, curvature: objective.curvature(at: identity),
      tolerance: logits.rowCount > 1 << 16 ? 1e-6 : 1e-8, of: objective.value(at:))
    return objective.scaling(of: found.parameters)
  }
}
