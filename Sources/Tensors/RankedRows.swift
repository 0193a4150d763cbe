import CKernels

/// Rows by falling confidence, to be added up in one pass under eight sets of weights at once.
package struct RankedRows: Sendable {
  private var rows: [KernelRankedRow] = []

  package init() {}

  package mutating func reserveCapacity(_ count: Int) { rows.reserveCapacity(count) }

  /// Adds a row that is no more confident than those before, of an image whose weight it has.
  ///
  /// `endsTie` says whether the next row has another confidence; of the last row it is true.
  package mutating func append(
    image: Int, isRight: Bool, loss: Double, brierScore: Double, endsTie: Bool
  ) {
    rows.append(
      KernelRankedRow(
        image: image, loss: loss, brierScore: brierScore, isRight: isRight, endsTie: endsTie))
  }

  /// The sums under `weights` of images.
  package func sums(
    under weights: UnsafeBufferPointer<SIMD8<UInt8>>,
    kernels: ProbabilityKernels = .preferred
  ) -> RankingSums {
    var sums = KernelRankingSums()
    weights.withMemoryRebound(to: UInt8.self) { weights in
      kernels.table.rankingSums(rows, rows.count, weights.baseAddress, &sums)
    }
    return RankingSums(sums)
  }
}

/// What `RankedRows` add up to, in each of eight lanes.
///
/// Rows of one confidence are covered together, the most confident first.
package struct RankingSums: Sendable {
  /// One number for each set of weights.
  package typealias Lanes = SIMD8<Double>

  /// The weights of all rows, and of the right ones.
  package let total, right: Lanes
  /// The weighted losses and Brier scores.
  package let loss, brierScore: Lanes
  /// Over pairs of a right and a wrong row: 2 where the right one is more confident, 1 in ties.
  package let twiceWins: Lanes
  /// Over wrong rows, the share of wrong ones in these and all below.
  package let errorPrecision: Lanes
  /// Over right rows, the share of right ones in these and all above.
  package let successPrecision: Lanes
  /// The wrong rows that are covered no later than 95 % of the right ones.
  package let falsePositives: Lanes
  /// Over rows, the risk before and after they are covered; before the first it is the risk after.
  package let twiceArea: Lanes
  /// Over rows, the weights of wrong ones that are covered before and after.
  package let twiceGeneralizedArea: Lanes

  fileprivate init(_ sums: KernelRankingSums) {
    total = lanes(sums.total)
    right = lanes(sums.right)
    loss = lanes(sums.loss)
    brierScore = lanes(sums.brierScore)
    twiceWins = lanes(sums.twiceWins)
    errorPrecision = lanes(sums.errorPrecision)
    successPrecision = lanes(sums.successPrecision)
    falsePositives = lanes(sums.falsePositives)
    twiceArea = lanes(sums.twiceArea)
    twiceGeneralizedArea = lanes(sums.twiceGeneralizedArea)
  }
}

private typealias EightNumbers = (
  Double, Double, Double, Double, Double, Double, Double, Double
)

private func lanes(_ numbers: EightNumbers) -> SIMD8<Double> {
  SIMD8(
    numbers.0, numbers.1, numbers.2, numbers.3, numbers.4, numbers.5, numbers.6, numbers.7)
}
