/// How probable each class was said to be, against how often it was the label.
///
/// Sums and counts are whole numbers: any order and any shards give the same bits. Takes 5.5 kB for
/// each class.
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

  /// Adds the rows that `other`, of the same classes, has seen.
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
