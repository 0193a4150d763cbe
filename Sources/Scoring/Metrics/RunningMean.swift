/// The mean of numbers that arrive one by one, summed with compensation (Neumaier 1974).
///
/// The compensation keeps the error of the sum near one rounding for any number of terms, so that
/// the mean hardly depends on how the numbers were batched.
public struct RunningMean: Sendable, Equatable {
  /// How many numbers were added.
  public private(set) var count = 0
  private var partialSum = 0.0
  private var compensation = 0.0

  /// A mean of nothing yet.
  public init() {}

  /// The sum of the numbers.
  public var sum: Double { partialSum + compensation }

  /// The mean of the numbers, nil when there are none.
  public var value: Double? {
    count > 0 ? sum / Double(count) : nil
  }

  /// Adds one number.
  public mutating func add(_ number: Double) {
    addToSum(number)
    count += 1
  }

  /// Adds the numbers that `other` has seen.
  public mutating func merge(_ other: RunningMean) {
    addToSum(other.partialSum)
    addToSum(other.compensation)
    count += other.count
  }

  private mutating func addToSum(_ number: Double) {
    let sum = partialSum + number
    let lost =
      abs(partialSum) >= abs(number) ? (partialSum - sum) + number : (number - sum) + partialSum
    compensation += lost
    partialSum = sum
  }
}
