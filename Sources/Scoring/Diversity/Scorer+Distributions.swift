extension Scorer {
  /// How far apart the members' calibrated probabilities are, over all rows.
  func distributions(
    of logits: LabelledLogits, calibration: (Int) -> CalibrationMap
  ) throws -> DistributionDiversity {
    let sources = try (0..<logits.memberCount).map {
      try PredictorLogits(.member($0), of: logits, calibration: calibration($0))
    }
    let blocks = try mapBlocks(logits.rowCount) { block in
      let scorers = sources.map(RowScorer.init)
      let members = scorers.map(\.distribution)
      var distributions = DistributionDiversity(memberCount: scorers.count)
      for row in block {
        for scorer in scorers { _ = scorer.score(row) }
        distributions.add(members)
      }
      return distributions
    }
    return blocks.dropFirst().reduce(into: blocks[0]) { $0.merge($1) }
  }
}

extension RowScorer {
  /// The probabilities of the row scored last, until the next is scored.
  fileprivate var distribution: Distribution {
    Distribution(
      probabilities: probabilities, logProbabilities: logProbabilities, classCount: classCount)
  }
}
