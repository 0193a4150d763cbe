/// The predicted probability of each class, against how often it was the label.
///
/// Sums and counts are whole numbers: rows in any order and grouping give the same bits. Takes
/// 5.5 kB for each class.
public struct ClasswiseCalibration: Sendable, Equatable {
  /// K, the number of classes.
  public let classCount: Int
  /// How many rows were added.
  public private(set) var count = 0
  private var sums: [FixedPointSum]  // [K, bins]
  private var labelCounts: [Int]  // [K, bins]
  /// How many probabilities lie in each slice, for bins of equal mass.
  private var sliceCounts: [Int]  // [K, slices]

  private static let binCount = 15

  /// Nothing counted yet, over `classCount` classes.
  public init(classCount: Int) {
    self.classCount = classCount
    sums = Array(repeating: FixedPointSum(), count: classCount * Self.binCount)
    labelCounts = Array(repeating: 0, count: classCount * Self.binCount)
    sliceCounts = Array(repeating: 0, count: classCount * ProbabilitySlice.count)
  }

  /// Adds one row: its probability of each class, in 0...1, and its label.
  ///
  /// - Throws: `ScoringError` when there is not one probability for each class, when one is not in
  ///   0...1, or when the label is no class.
  public mutating func add(probabilities: [Double], label: Int) throws(ScoringError) {
    try ScoringError.check(probabilities, label: label, classCount: classCount)
    probabilities.withUnsafeBufferPointer { add($0, label: label) }
  }

  mutating func add(_ probabilities: UnsafeBufferPointer<Double>, label: Int) {
    count += 1
    labelCounts[label * Self.binCount + Self.bin(of: probabilities[label])] += 1
    sums.withUnsafeMutableBufferPointer { sums in
      sliceCounts.withUnsafeMutableBufferPointer { sliceCounts in
        var (bins, slices) = (0, 0)
        for probability in probabilities {
          sums[bins &+ Self.bin(of: probability)].add(probability)
          sliceCounts[slices &+ ProbabilitySlice.index(of: probability)] &+= 1
          bins &+= Self.binCount
          slices &+= ProbabilitySlice.count
        }
      }
    }
  }

  /// Adds the rows that were added to `other`, of the same classes.
  public mutating func merge(_ other: ClasswiseCalibration) {
    precondition(other.classCount == classCount, "\(other.classCount) classes into \(classCount)")
    count += other.count
    for i in sums.indices { sums[i].merge(other.sums[i]) }
    for i in labelCounts.indices { labelCounts[i] += other.labelCounts[i] }
    for i in sliceCounts.indices { sliceCounts[i] += other.sliceCounts[i] }
  }

  /// The mean over classes of Σ over 15 bins of equal width of count/N · |share of labels − mean
  /// probability|; nil for no rows.
  ///
  /// The bins are those of `ReliabilityTable`. Nixon et al. 2019, "Measuring calibration in deep
  /// learning", call it static calibration error.
  public var calibrationError: Double? {
    guard count > 0 else { return nil }
    let error = zip(sums, labelCounts).reduce(0) { $0 + abs($1.0.excess(over: $1.1)) }
    return error / (Double(count) * Double(classCount))
  }

  /// How many probabilities of one class lie in each slice.
  func sliceCounts(of class: Int) -> ArraySlice<Int> {
    sliceCounts[`class` * ProbabilitySlice.count..<(`class` + 1) * ProbabilitySlice.count]
  }

  /// The bin (b/15, (b+1)/15] of a probability; 0 joins the first.
  @inline(__always)
  private static func bin(of probability: Double) -> Int {
    guard probability > edge(1) else { return 0 }
    let bin = Int(probability * Double(binCount))
    // The product may round across an edge.
    return bin - (probability <= edge(bin) ? 1 : 0) + (probability > edge(bin + 1) ? 1 : 0)
  }

  private static func edge(_ bin: Int) -> Double { Double(bin) / Double(binCount) }
}

/// Narrow slices of the probabilities above a threshold: 64 to each factor of 2.
enum ProbabilitySlice {
  /// At most this, a probability does not count for the thresholded error.
  static let threshold = 1e-3

  /// How many slices there are: the first holds what does not count, the last holds 1 alone.
  static let count = Int(1.0.bitPattern >> shift - first) + 2

  private static let first = threshold.bitPattern >> shift
  // Leaves the exponent and six bits of the significand.
  private static let shift = 46

  /// The slice of a probability of at most 1.
  @inline(__always)
  static func index(of probability: Double) -> Int {
    let slice = Int(truncatingIfNeeded: probability.bitPattern >> shift &- first)
    return probability > threshold ? slice &+ 1 : 0
  }
}
