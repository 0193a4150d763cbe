extension Bootstrap {
  /// What the intervals of metrics that have a `Metric.Resampling` are made from.
  ///
  /// Rows are sorted once; on each draw they are counted, and metrics computed from the counts.
  ///
  /// - Parameters:
  ///   - metrics: Any metrics; others have no spread.
  ///   - predictors: For each predictor its scores, as in `distributions(of:images:)`.
  ///   - images: The image that each row shows, by default image i in row i.
  ///   - areIndependent: Whether no image has two rows; exact bounds are left out where one may.
  /// - Returns: For each predictor the spread of each metric that is defined on every draw.
  /// - Throws: `ScoringError` when rows and images do not match.
  func spreads(
    of metrics: [Metric], _ predictors: [[RowScore]], images: [Int]?, areIndependent: Bool
  ) throws -> [MetricSpreads] {
    let wanted = metrics.filter { $0.resampling != nil }
    guard !wanted.isEmpty else { return predictors.map { _ in [:] } }
    return try predictors.map { rows in
      let counted = CountedMetrics(
        wanted, rows, images: try checked(images, rowCount: rows.count))
      var spreads = counted.spreads(try draws(of: counted))
      guard areIndependent else { return spreads }
      for metric in wanted {
        guard case .coverage(let percent) = metric.resampling else { continue }
        spreads[metric] = .bounds(
          ConfidenceRanking(rows).coverageBounds(atRiskPercent: percent))
      }
      return spreads
    }
  }

  /// Metrics that have a `Metric.Resampling` on every draw, such as to compare those of two predictors.
  ///
  /// - Parameters:
  ///   - metrics: Any metrics; others have no distribution.
  ///   - rows: The scores of one predictor.
  ///   - images: The image that each row shows, by default image i in row i.
  /// - Returns: The distribution of each metric that is defined on every draw.
  /// - Throws: `ScoringError` when rows and images do not match.
  public func distributions(
    of metrics: [Metric], _ rows: [RowScore], images: [Int]? = nil
  ) throws -> MetricDistributions {
    let wanted = metrics.filter { $0.resampling != nil }
    guard !wanted.isEmpty else { return [:] }
    let counted = CountedMetrics(
      wanted, rows, images: try checked(images, rowCount: rows.count))
    let draws = try draws(of: counted)
    return wanted.enumerated().reduce(into: [:]) { all, metric in
      all[metric.element] = BootstrapDistribution(draws.map { $0[metric.offset] })
    }
  }

  private func draws(of counted: CountedMetrics) throws -> [[Double?]] {
    let blocks = try workers.map(multiplicities.count) { block in
      multiplicities[block].withUnsafeBufferPointer { weights in
        (0..<min(Self.laneCount, drawCount - block * Self.laneCount)).map {
          counted.values(weights, lane: $0)
        }
      }
    }
    return Array(blocks.joined())
  }
}

/// The metrics of one predictor that are computed from counts of rows.
private struct CountedMetrics: Sendable {
  private let metrics: [Metric]
  private let ranked: CountedRows
  /// Nil where no decomposition is wanted.
  private let byConfidence: CountedRows?
  private let scores: [ScoreDecomposition.Score]

  init(_ metrics: [Metric], _ rows: [RowScore], images: [Int]) {
    self.metrics = metrics
    ranked = CountedRows(rows, images: images, by: \.rankingScore)
    let asked = metrics.compactMap(\.decompositionScore)
    scores = ScoreDecomposition.Score.allCases.filter(asked.contains)
    byConfidence =
      scores.isEmpty ? nil : CountedRows(rows, images: images, by: \.confidence)
  }

  /// The value of each metric on the draw in `lane`; nil where it is undefined or needs no draws.
  func values(_ weights: UnsafeBufferPointer<SIMD8<UInt8>>, lane: Int) -> [Double?] {
    let ranking = ConfidenceRanking(ties: ranked.ties(weights, lane: lane))
    return values(ranking, ties: byConfidence?.ties(weights, lane: lane) ?? [])
  }

  private func values(
    _ ranking: ConfidenceRanking, ties: [ConfidenceRanking.Tie]
  ) -> [Double?] {
    var decompositions: [ScoreDecomposition.Score: ScoreDecomposition] = [:]
    for score in scores { decompositions[score] = ScoreDecomposition(score, ties: ties) }
    return metrics.map { metric -> Double? in
      switch metric.resampling {
      case .ranking(let value): value(ranking)
      case .decomposition(let score, _, let part): decompositions[score].map(part)
      case .coverage, nil: nil
      }
    }
  }

  /// The spreads, from the values on each draw.
  func spreads(_ draws: [[Double?]]) -> MetricSpreads {
    let everyImage = values(
      ConfidenceRanking(ties: ranked.ties), ties: byConfidence?.ties ?? [])
    var spreads: MetricSpreads = [:]
    for (i, metric) in metrics.enumerated() {
      guard let draws = BootstrapDistribution(draws.map { $0[i] }), let value = everyImage[i] else {
        continue
      }
      if case .decomposition(_, isEnlarged: true, _) = metric.resampling {
        spreads[metric] = ErrorSpread(basicOf: draws.values, around: value).map(MetricSpread.errors)
      } else {
        spreads[metric] = .draws(draws)
      }
    }
    return spreads
  }
}

extension Metric {
  fileprivate var decompositionScore: ScoreDecomposition.Score? {
    if case .decomposition(let score, _, _) = resampling { score } else { nil }
  }
}

/// Rows by rising rank, to be counted under weights of their images.
private struct CountedRows: Sendable {
  /// The image that each row shows, and whether the row is right.
  private let rows: [(image: Int, isRight: Bool)]  // [N]
  /// The row after the last of each tie.
  private let ends: [Int]  // [ties]
  private let confidences: [Double]  // [ties]

  /// Rows are tied where they have one `rank`, with the lowest of their confidences.
  init(_ scores: [RowScore], images: [Int], by rank: KeyPath<RowScore, Double> & Sendable) {
    let ranks = scores.map { $0[keyPath: rank] }
    let order = ranks.risingOrder
    rows = order.map { (images[$0], scores[$0].isRight) }
    var (ends, confidences): ([Int], [Double]) = ([], [])
    for (place, row) in order.enumerated() {
      if place > 0, ranks[order[place - 1]] == ranks[row] {
        ends[ends.count - 1] = place + 1
        confidences[ends.count - 1] = min(confidences[ends.count - 1], scores[row].confidence)
      } else {
        ends.append(place + 1)
        confidences.append(scores[row].confidence)
      }
    }
    (self.ends, self.confidences) = (ends, confidences)
  }

  /// The ties of all rows.
  var ties: [ConfidenceRanking.Tie] { counted { _ in 1 } }

  /// The ties of the rows that the draw in `lane` holds, as often as it holds them.
  func ties(
    _ weights: UnsafeBufferPointer<SIMD8<UInt8>>, lane: Int
  ) -> [ConfidenceRanking.Tie] {
    counted { Int(weights[$0][lane]) }
  }

  @inline(__always)
  private func counted(_ weight: (_ image: Int) -> Int) -> [ConfidenceRanking.Tie] {
    var ties: [ConfidenceRanking.Tie] = []
    ties.reserveCapacity(ends.count)
    rows.withUnsafeBufferPointer { rows in
      var place = 0
      for tie in ends.indices {
        var (count, rightCount) = (0, 0)
        while place < ends[tie] {
          let weight = weight(rows[place].image)
          count += weight
          rightCount += rows[place].isRight ? weight : 0
          place += 1
        }
        guard count > 0 else { continue }
        ties.append(
          ConfidenceRanking.Tie(
            confidence: confidences[tie], count: count, rightCount: rightCount))
      }
    }
    return ties
  }
}
