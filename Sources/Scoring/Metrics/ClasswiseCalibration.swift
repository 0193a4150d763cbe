/// The predicted probability of each class, against how often it was the label.
///
/// Sums and counts are whole numbers: rows in any order and grouping give the same bits. Takes
/// 2.9 kB for each class that is counted, with more than 15 bins 24 bytes for each bin more; holds up to
/// 2³² − 1 rows.
public struct ClasswiseCalibration: Sendable, Equatable {
  /// K, the number of classes.
  public let classCount: Int
  /// How many bins each class has, and how their errors are put together.
  public let binning: Binning
  /// How many rows were added.
  public private(set) var count = 0
  /// The classes that are counted: all, or some of many.
  private(set) var classes: Range<Int>
  private var sums: [FixedPointSum]  // [classes, bins]
  private var labelCounts: [Int]  // [classes, bins]
  /// How many probabilities lie in each slice, for bins of equal mass.
  ///
  /// Those of a hundred classes fit into a processor's second cache.
  private var sliceCounts: [UInt32]  // [classes, slices]
  /// The edges 0, 1/B, 2/B, … of B bins, and one beyond 1.
  private let edges: [Double]
  /// The errors of the classes that were counted before, and what chance adds to them.
  private var closedErrors: [Double] = []
  private var closedClasses = ClassErrors()

  /// Nothing counted yet, over `classCount` classes.
  public init(classCount: Int, binning: Binning = Binning()) {
    self.init(classCount: classCount, classes: 0..<classCount, binning: binning)
  }

  /// The same for some of the classes.
  init(classCount: Int, classes: Range<Int>, binning: Binning) {
    self.classCount = classCount
    self.classes = classes
    self.binning = binning
    edges = (0...binning.count + 1).map { Double($0) / Double(binning.count) }
    let binCount = classes.count * binning.count
    sums = Array(repeating: FixedPointSum(), count: binCount)
    labelCounts = Array(repeating: 0, count: binCount)
    sliceCounts = Array(repeating: 0, count: classes.count * ProbabilitySlice.count)
  }

  /// How many bytes a class takes.
  static func bytesPerClass(_ binning: Binning) -> Int {
    let bin = MemoryLayout<FixedPointSum>.stride + MemoryLayout<Int>.stride
    return binning.count * bin + ProbabilitySlice.count * MemoryLayout<UInt32>.stride
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
    let (binCount, sliceCount, classes) = (binning.count, ProbabilitySlice.count, classes)
    if classes.contains(label) {
      let bin = edges.withUnsafeBufferPointer { Self.bin(of: probabilities[label], $0) }
      labelCounts[(label - classes.lowerBound) * binCount + bin] += 1
    }
    sums.withUnsafeMutableBufferPointer { sums in
      sliceCounts.withUnsafeMutableBufferPointer { sliceCounts in
        edges.withUnsafeBufferPointer { edges in
          var (bins, slices) = (0, 0)
          for probability in probabilities[classes] {
            sums[bins &+ Self.bin(of: probability, edges)].add(probability)
            sliceCounts[slices &+ ProbabilitySlice.index(of: probability)] &+= 1
            bins &+= binCount
            slices &+= sliceCount
          }
        }
      }
    }
  }

  /// Adds the rows that were added to `other`, of the same classes and with the same bins.
  public mutating func merge(_ other: ClasswiseCalibration) {
    precondition(
      other.classCount == classCount && other.classes == classes && other.binning == binning,
      "\(other.classCount) classes into \(classCount)")
    count += other.count
    for i in sums.indices { sums[i].merge(other.sums[i]) }
    for i in labelCounts.indices { labelCounts[i] += other.labelCounts[i] }
    for i in sliceCounts.indices { sliceCounts[i] += other.sliceCounts[i] }
  }

  /// Takes over the error of `next`, the same rows in the classes that follow, without its counts.
  mutating func append(closing next: ClasswiseCalibration) {
    closedClasses = next.classErrors(after: classErrors(after: closedClasses))
    closedErrors += errors + next.errors
    count = next.count
    (sums, labelCounts, sliceCounts) = ([], [], [])
    classes = next.classes.upperBound..<next.classes.upperBound
  }

  /// The mean over classes of the calibration error of the class's probability in bins of equal width;
  /// nil for no rows.
  ///
  /// By default the mean of Σ over 15 bins of count/N · |share of labels − mean probability|. The bins
  /// are those of `ReliabilityTable`. Nixon et al. 2019, "Measuring calibration in deep learning", call
  /// it static calibration error. Kumar, Liang, Ma 2019, "Verified uncertainty calibration", take the
  /// root of the mean over classes of the squares instead of the mean of the roots.
  public var calibrationError: Double? {
    guard count > 0 else { return nil }
    let sum = (closedErrors + errors).sorted().reduce(0, +)
    return binning.norm == .l1
      ? sum / (Double(count) * Double(classCount)) : sum / Double(classCount)
  }

  /// The errors of the classes that are counted now, in the norm L1 times the number of rows.
  ///
  /// Few rows leave most bins empty; those contribute nothing, and are passed over.
  private var errors: [Double] {
    stride(from: 0, to: sums.count, by: binning.count).map { start in
      var (sum, error) = (0.0, Binning.Error(binning.norm))
      for i in start..<start + binning.count where sums[i].count > 0 {
        let excess = sums[i].excess(over: labelCounts[i])
        if binning.norm == .l1 {
          sum += abs(excess)
        } else {
          error.add(count: Double(sums[i].count), excess: excess)
        }
      }
      return binning.norm == .l1 ? sum : error.value(total: Double(count))
    }
  }

  /// The calibration error of each class, whose mean is `calibrationError`; nil for no rows.
  var classCalibrationErrors: [Double]? {
    guard count > 0 else { return nil }
    let errors = closedErrors + errors
    return binning.norm == .l1 ? errors.map { $0 / Double(count) } : errors
  }

  /// The errors of all bins, and what chance adds to them; nil for no rows, and for other norms than
  /// `l1`.
  var classErrors: ClassErrors? {
    count > 0 && binning.norm == .l1 ? classErrors(after: closedClasses) : nil
  }

  /// `errors`, and those of the classes that are counted now.
  private func classErrors(after errors: ClassErrors) -> ClassErrors {
    stride(from: 0, to: sums.count, by: binning.count).reduce(into: errors) { errors, start in
      errors.merge(
        ClassErrors(
          ofClass: (start..<start + binning.count).lazy.map { i in
            ClassErrors.Bin(
              count: sums[i].count, labelCount: Double(labelCounts[i]),
              excess: sums[i].excess(over: labelCounts[i]))
          }))
    }
  }

  /// Whether a probability of one class counts for the thresholded error: of many classes, few do.
  func exceedsThreshold(_ class: Int) -> Bool {
    Int(sliceCounts[(`class` - classes.lowerBound) * ProbabilitySlice.count]) < count
  }

  /// How many probabilities of one class lie in each slice.
  func sliceCounts(of class: Int) -> [Int] {
    let start = (`class` - classes.lowerBound) * ProbabilitySlice.count
    return sliceCounts[start..<start + ProbabilitySlice.count].map(Int.init)
  }

  /// The bin (b/B, (b+1)/B] of a probability; 0 joins the first.
  @inline(__always)
  private static func bin(of probability: Double, _ edges: UnsafeBufferPointer<Double>) -> Int {
    guard probability > edges[1] else { return 0 }
    let bin = Int(probability * Double(edges.count - 2))
    // The product may round across an edge.
    return bin - (probability <= edges[bin] ? 1 : 0) + (probability > edges[bin + 1] ? 1 : 0)
  }
}

/// Narrow slices of the probabilities above a threshold: 64 to each factor of 2.
enum ProbabilitySlice {
  /// At most this, a probability does not count for the thresholded error.
  static let threshold = 1e-3

  /// How many slices there are: the first holds what does not count, the last holds 1 alone.
  static let count = Int(1.0.bitPattern >> shift - first) + 2

  private static let first = threshold.bitPattern >> shift
  // Leaves the exponent and six bits of the significand.
  private static let shift: UInt64 = 46

  /// How many parts of equal width a slice has.
  static let partCount = 1 << partBits
  private static let partBits: UInt64 = 10

  /// The part of its slice that a probability lies in.
  static func part(of probability: Double) -> Int {
    Int(probability.bitPattern >> (shift - partBits)) & (partCount - 1)
  }

  /// The slice of a probability of at most 1.
  @inline(__always)
  static func index(of probability: Double) -> Int {
    let slice = Int(truncatingIfNeeded: probability.bitPattern >> shift &- first)
    return probability > threshold ? slice &+ 1 : 0
  }
}
