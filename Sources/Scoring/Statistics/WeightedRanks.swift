internal import Tensors

extension Bootstrap {
  /// Spearman's correlation of the entropies of rows and of people, on every draw.
  ///
  /// Rows are ranked once; each draw is then two passes over them, weighted by how often it holds their
  /// images. The values are those of the drawn rows, up to the rounding of sums.
  ///
  /// - Parameters:
  ///   - predictors: For each predictor its scores on the same rows.
  ///   - images: The image that each row shows, by default image i in row i.
  /// - Returns: A distribution for each predictor; nil where an entropy is constant on some draw.
  /// - Throws: `ScoringError` when rows and images do not match.
  public func entropyCorrelations(
    of predictors: [[SoftScore]], images: [Int]? = nil
  ) throws -> [BootstrapDistribution?] {
    guard let first = predictors.first else { return [] }
    let images = try checked(images, rowCount: first.count)
    for rows in predictors where rows.count != images.count {
      throw ScoringError.imagesOfOtherRows(expected: rows.count, found: images.count)
    }
    let people = WeightedRanks(first.map(\.peopleEntropy), images: images)
    let models = try workers.map(predictors.count) {
      WeightedRanks(predictors[$0].map(\.entropy), images: images)
    }
    let blocks = try workers.map(multiplicities.count) { block in
      multiplicities[block].withUnsafeBufferPointer { weights in
        let ranks = people.ranks(weights)
        return models.map { $0.correlations(with: people, ranks, weights) }
      }
    }
    return predictors.indices.map { predictor in
      BootstrapDistribution(Array(blocks.flatMap { $0[predictor] }.prefix(drawCount)))
    }
  }
}

/// Rows by a number of each, to be ranked under eight sets of weights at once.
///
/// The weights are how often draws of a bootstrap hold the rows' images: a row counts as so many equal ones.
private struct WeightedRanks: Sendable {
  /// The row in each place by rising numbers.
  private let order: [Int32]  // [N]
  /// The group of equal numbers that each row is in.
  private let groups: [Int32]  // [N]
  private let groupCount: Int
  private let images: [Int]  // [N]

  init(_ numbers: [Double], images: [Int]) {
    let ranked = RankGroups(numbers)
    (groups, groupCount) = (ranked.groups, ranked.count)
    order = ranked.order.map(Int32.init)
    self.images = images
  }

  private func weight(_ row: Int, _ weights: UnsafeBufferPointer<SIMD8<UInt8>>) -> Lanes {
    Lanes(SIMD8<Int32>(truncatingIfNeeded: weights[images[row]]))
  }

  /// The rank of each group less the mean of all ranks, and the sum of their squares over rows.
  func ranks(
    _ weights: UnsafeBufferPointer<SIMD8<UInt8>>
  ) -> (ofGroups: [Lanes], squares: Lanes) {
    var counts = [Lanes](repeating: .zero, count: groupCount)
    for row in groups.indices { counts[Int(groups[row])] += weight(row, weights) }
    let total = counts.reduce(Lanes.zero, +)
    var (before, squares) = (Lanes.zero, Lanes.zero)
    for group in counts.indices {
      let count = counts[group]
      let rank = before + (count - total) / 2
      squares += count * rank * rank
      before += count
      counts[group] = rank
    }
    return (counts, squares)
  }

  /// The correlation with the ranks of other numbers of the same rows, in each lane; nil where one of the
  /// two is constant.
  func correlations(
    with other: WeightedRanks, _ ranks: (ofGroups: [Lanes], squares: Lanes),
    _ weights: UnsafeBufferPointer<SIMD8<UInt8>>
  ) -> [Double?] {
    var total = Lanes.zero
    for row in groups.indices { total += weight(row, weights) }
    var (before, squares, products) = (Lanes.zero, Lanes.zero, Lanes.zero)
    var (count, sum) = (Lanes.zero, Lanes.zero)
    for (place, index) in order.enumerated() {
      let row = Int(index)
      let weight = weight(row, weights)
      count += weight
      sum += weight * ranks.ofGroups[Int(other.groups[row])]
      let isLast = place == order.count - 1
      guard isLast || groups[row] != groups[Int(order[place + 1])] else { continue }
      let rank = before + (count - total) / 2
      squares += count * rank * rank
      products += rank * sum
      before += count
      (count, sum) = (.zero, .zero)
    }
    return (0..<Lanes.scalarCount).map { lane in
      RankCorrelation.value(covariance: products[lane], squares[lane], ranks.squares[lane])
    }
  }
}
