/// The shares of rows whose label is the first, or among the first five, by probability.
public struct Accuracy: Sendable, Equatable {
  /// How many rows were added.
  public private(set) var count = 0
  /// How many of them were predicted right.
  public private(set) var rightCount = 0
  private var topFiveCount = 0

  /// The accuracy on `rows`.
  public init(_ rows: [RowScore] = []) {
    add(rows)
  }

  /// The share of right rows, nil for no rows.
  public var value: Double? {
    count > 0 ? Double(rightCount) / Double(count) : nil
  }

  /// The share of rows whose label is among the five most probable classes; 1 for five or fewer.
  ///
  /// Among equal probabilities the lower class index comes first.
  public var topFive: Double? {
    count > 0 ? Double(topFiveCount) / Double(count) : nil
  }

  /// Adds a batch.
  public mutating func add(_ rows: [RowScore]) {
    count += rows.count
    for row in rows {
      rightCount += row.isRight ? 1 : 0
      topFiveCount += row.labelRank < 5 ? 1 : 0
    }
  }

  /// Adds the rows that `other` has seen.
  public mutating func merge(_ other: Accuracy) {
    count += other.count
    rightCount += other.rightCount
    topFiveCount += other.topFiveCount
  }
}
