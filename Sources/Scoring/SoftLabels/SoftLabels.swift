import Foundation

/// What people say of each of N images: votes for K classes, or probabilities.
///
/// A row is divided by its sum where it is read, so that the numbers stay as they were given.
public struct SoftLabels: Sendable, Equatable {
  /// K, the number of classes.
  public let classCount: Int
  /// The numbers as they were given, in row-major order; at least 0, with one above 0 in each row.
  public let values: [Double]  // [N, K]
  /// The sum of each row.
  private let sums: [Double]  // [N]
  /// −Σ q log q of the probabilities q of each row, in nats: 0 where all agree, at most log K.
  public let entropies: [Double]  // [N]

  /// N, the number of images.
  public var imageCount: Int { sums.count }

  /// The labels `values` of shape [N, K].
  ///
  /// Neither sums nor entropies depend on the order of classes: rows of the same votes for other classes
  /// have the same entropy.
  ///
  /// - Throws: `ScoringError.wrongVoteCount` where there is no row, or where the last one is not whole,
  ///   `.notVotes` for negative, infinite and too large numbers and for NaN, `.noVotes` for a row of
  ///   zeros.
  public init(_ values: [Double], classCount: Int) throws(ScoringError) {
    guard classCount > 0, !values.isEmpty, values.count % classCount == 0 else {
      throw .wrongVoteCount(classes: classCount, found: values.count)
    }
    try Self.check(values, classCount: classCount)
    let rows = (0..<values.count / classCount).map { row in
      values[row * classCount..<(row + 1) * classCount].filter { $0 > 0 }
    }
    let sums = rows.map { row in sortedSum(row.count) { row[$0] } }
    if let row = sums.firstIndex(of: 0) {
      throw .noVotes(count: sums.count { $0 == 0 }, row: row)
    }
    self.classCount = classCount
    self.values = values
    self.sums = sums
    entropies = zip(rows, sums).map { row, sum in
      0
        - sortedSum(row.count) { index in
          let share = row[index] / sum
          return share > 0 ? share * log(share) : 0
        }
    }
  }

  private init(values: [Double], classCount: Int, sums: [Double], entropies: [Double]) {
    (self.values, self.classCount) = (values, classCount)
    (self.sums, self.entropies) = (sums, entropies)
  }

  private static func check(_ values: [Double], classCount: Int) throws(ScoringError) {
    let limit = Double(Float.greatestFiniteMagnitude)
    let isWrong = { (value: Double) in !(0...limit ~= value) }
    guard let first = values.firstIndex(where: isWrong) else { return }
    throw .notVotes(
      count: values.count(where: isWrong), row: first / classCount, class: first % classCount,
      value: values[first])
  }

  /// The labels of some images, in the given order.
  ///
  /// - Throws: `ScoringError.noSuchRow`.
  public func selecting(rows: [Int]) throws(ScoringError) -> SoftLabels {
    if let row = rows.first(where: { !sums.indices.contains($0) }) {
      throw .noSuchRow(row, rows: imageCount)
    }
    return SoftLabels(
      values: rows.flatMap { values[$0 * classCount..<($0 + 1) * classCount] },
      classCount: classCount, sums: rows.map { sums[$0] }, entropies: rows.map { entropies[$0] })
  }

  /// Calls `body` with each class and its probability for an image.
  @inline(__always)
  func forEachProbability(of image: Int, _ body: (_ index: Int, _ probability: Double) -> Void) {
    let (first, sum) = (image * classCount, sums[image])
    values.withUnsafeBufferPointer { values in
      for index in 0..<classCount { body(index, values[first + index] / sum) }
    }
  }

  /// Makes sure that `logits` are of as many classes, and of as many images, or that many several times.
  func check(_ logits: LabeledLogits, images: [Int]?) throws(ScoringError) {
    guard classCount == logits.classCount else {
      throw .softLabelsOfOtherClasses(expected: logits.classCount, found: classCount)
    }
    guard let images else {
      guard logits.rowCount % imageCount == 0 else {
        throw .softLabelsOfOtherRows(expected: logits.rowCount, found: imageCount)
      }
      return
    }
    guard images.count == logits.rowCount else {
      throw .imagesOfOtherRows(expected: logits.rowCount, found: images.count)
    }
    if let image = images.first(where: { !sums.indices.contains($0) }) {
      throw .noSuchImage(image, images: imageCount)
    }
  }
}
