/// The temperatures of every predictor, fitted on each half of the clean rows.
public struct HalvesTemperatures: Sendable {
  /// The halves that were fitted.
  public let halves: CleanHalves
  /// Each predictor's temperature by the half that it was fitted on.
  public let temperatures: [[Predictor: FittedTemperature]]  // [2]
  private let shape: [Int]
  private let labels: [Int]

  init(
    halves: CleanHalves, temperatures: [[Predictor: FittedTemperature]], clean: LabelledLogits
  ) {
    self.halves = halves
    self.temperatures = temperatures
    shape = clean.shape
    labels = clean.labels
  }

  /// Makes sure that `cell` is of the images that were fitted, in their order.
  func check(_ cell: LabelledLogits) throws(ScoringError) {
    guard cell.shape == shape else { throw .otherShape(expected: shape, found: cell.shape) }
    if let row = labels.indices.first(where: { labels[$0] != cell.labels[$0] }) {
      throw .otherLabel(row: row, expected: labels[row], found: cell.labels[row])
    }
  }
}

extension Scorer {
  /// Fits the temperature of every predictor on each half of the clean rows.
  ///
  /// - Parameters:
  ///   - clean: The logits of the clean test set.
  ///   - halves: Its halves, by default MixMo's split with seed 31.
  /// - Returns: The temperatures, for cells of the same images in the same order.
  /// - Throws: `ScoringError` when there are fewer than 2 rows, or other rows than in `halves`.
  public func fitTemperatures(
    on clean: LabelledLogits, halves: CleanHalves? = nil
  ) throws -> HalvesTemperatures {
    let halves = try halves ?? CleanHalves(rowCount: clean.rowCount)
    guard halves.rowCount == clean.rowCount else {
      throw ScoringError.halvesOfOtherRows(expected: clean.rowCount, found: halves.rowCount)
    }
    let temperatures = try halves.rows.map { rows in
      let half = try clean.selecting(rows: rows)
      return try Predictor.predicting(memberCount: clean.memberCount).reduce(into: [:]) {
        $0[$1] = try fitTemperature(of: $1, on: half)
      }
    }
    return HalvesTemperatures(halves: halves, temperatures: temperatures, clean: clean)
  }
}
