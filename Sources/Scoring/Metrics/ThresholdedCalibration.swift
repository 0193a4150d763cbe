/// The thresholded adaptive classwise calibration error: each class in bins of equal mass.
///
/// The probabilities of a class above 1e-3 are sorted and cut into 15 bins of ⌊n/15⌋, the last of
/// which takes the rest. Where a cut divides equal probabilities, their labels are shared out in
/// proportion, so that the order of rows does not matter; fewer than 15 are all in the last bin.
/// (Nixon et al. 2019, "Measuring calibration in deep learning".)
///
/// Rows are added after a `ClasswiseCalibration` has counted their probabilities in narrow slices:
/// of most slices a sum is enough. Only the probabilities in slices that a cut divides are kept,
/// some 2 to 20 % of all, in 8 bytes each, and sorted.
public struct ThresholdedCalibration: Sendable {
  /// A probability counts above it.
  public static let threshold = ProbabilitySlice.threshold
  static let binCount = 15
  /// At most as many pieces of a class as bins, and one more for what is not above the threshold.
  fileprivate static let pieceCount = binCount + 1

  /// K, the number of classes.
  public let classCount: Int
  /// How many rows were added.
  public private(set) var count = 0
  /// How many rows were counted before: as many must be added for the value to be defined.
  private let expectedCount: Int
  /// The classes that are evaluated.
  private let classes: Range<Int>
  /// What is done with a slice's probabilities: 2p, they are added to the sum of piece p, or 2p + 1,
  /// they are kept, and come after that piece.
  private var fates: [UInt8]  // [classes, slices]
  private var pieceCounts: [Int]  // [classes, pieceCount]
  private var pieceSums: [FixedPointSum]  // [classes, pieceCount]
  private var pieceLabelCounts: [Int]  // [classes, pieceCount]
  /// The kept probabilities of the label's class, and of others.
  private var labelValues: [[Double]]  // [classes]
  private var otherValues: [[Double]]  // [classes]

  /// For the rows that `classwise` has counted, before any of them is added.
  public init(cutting classwise: ClasswiseCalibration) {
    self.init(cutting: classwise, classes: 0..<classwise.classCount)
  }

  /// The same for some of the classes.
  init(cutting classwise: ClasswiseCalibration, classes: Range<Int>) {
    self.init(
      classCount: classwise.classCount, classes: classes, expectedCount: classwise.count)
    for (i, c) in classes.enumerated() where classwise.exceedsThreshold(c) {
      let plan = SlicePlan(classwise.sliceCounts(of: c))
      fates.replaceSubrange(
        i * ProbabilitySlice.count..<(i + 1) * ProbabilitySlice.count, with: plan.fates)
      for (p, count) in plan.pieceCounts.enumerated() {
        pieceCounts[i * Self.pieceCount + p] = count
      }
    }
  }

  private init(classCount: Int, classes: Range<Int>, expectedCount: Int) {
    self.classCount = classCount
    self.classes = classes
    self.expectedCount = expectedCount
    fates = Array(repeating: SlicePlan.uncounted, count: classes.count * ProbabilitySlice.count)
    pieceCounts = Array(repeating: 0, count: classes.count * Self.pieceCount)
    pieceSums = Array(repeating: FixedPointSum(), count: classes.count * Self.pieceCount)
    pieceLabelCounts = pieceCounts
    labelValues = Array(repeating: [], count: classes.count)
    otherValues = labelValues
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
    fates.withUnsafeBufferPointer { fates in
      pieceSums.withUnsafeMutableBufferPointer { sums in
        otherValues.withUnsafeMutableBufferPointer { others in
          var (slices, pieces) = (0, 0)
          let (sliceCount, pieceCount) = (ProbabilitySlice.count, Self.pieceCount)
          for c in classes {
            let probability = probabilities[c]
            let fate = Int(fates[slices &+ ProbabilitySlice.index(of: probability)])
            if fate & 1 == 0 {
              sums[pieces &+ fate >> 1].add(probability)
            } else if c != label {
              others[c &- classes.lowerBound].append(probability)
            }
            slices &+= sliceCount
            pieces &+= pieceCount
          }
        }
      }
    }
    if classes.contains(label) { addLabel(label - classes.lowerBound, probabilities[label]) }
  }

  private mutating func addLabel(_ i: Int, _ probability: Double) {
    let fate = Int(fates[i * ProbabilitySlice.count + ProbabilitySlice.index(of: probability)])
    if fate & 1 == 0 {
      pieceLabelCounts[i * Self.pieceCount + fate / 2] += 1
    } else {
      labelValues[i].append(probability)
    }
  }

  /// Adds the rows that were added to `other`, which must have the same cuts.
  public mutating func merge(_ other: ThresholdedCalibration) {
    precondition(
      other.fates == fates && other.pieceCounts == pieceCounts && other.classes == classes,
      "other cuts")
    count += other.count
    for i in pieceSums.indices {
      pieceSums[i].merge(other.pieceSums[i])
      pieceLabelCounts[i] += other.pieceLabelCounts[i]
    }
    for i in labelValues.indices {
      labelValues[i] += other.labelValues[i]
      otherValues[i] += other.otherValues[i]
    }
  }

  /// Σ over classes and bins of count/(N·K) · |share of labels − mean probability|; nil for no rows,
  /// and until all rows that were counted are added.
  public var calibrationError: Double? {
    guard count > 0, count == expectedCount else { return nil }
    let sum = classes.reduce(into: ClassErrors()) { $0.merge(errors(of: $1)) }.sum
    return sum / (Double(count) * Double(classCount))
  }

  /// The errors of the bins of one class, and what chance adds to them.
  func errors(of class: Int) -> ClassErrors {
    ClassErrors(
      ofClass: bins(of: `class`).lazy.map {
        ClassErrors.Bin(count: $0.count, labelCount: $0.rightCount, excess: $0.excess)
      })
  }

  /// The bins of one class: the label's class counts as right.
  private func bins(of class: Int) -> [EqualMassBins.Bin] {
    let i = `class` - classes.lowerBound
    let pieces = i * Self.pieceCount..<i * Self.pieceCount + Self.binCount
    let ranking = ConfidenceRanking(right: labelValues[i], wrong: otherValues[i])
    let total = pieceCounts[pieces].reduce(ranking.count, +)
    var bins = EqualMassBins(cuts: Self.cuts(of: total))
    var closed = pieces
    func addPieces(upTo end: Int) {
      for p in closed.prefix(upTo: end) {
        bins.add(
          count: pieceCounts[p], rightCount: pieceLabelCounts[p],
          excess: pieceSums[p].excess(over: pieceLabelCounts[p]))
      }
      closed = end..<pieces.upperBound
    }
    for tie in ranking.ties {
      let slice = i * ProbabilitySlice.count + ProbabilitySlice.index(of: tie.confidence)
      addPieces(upTo: pieces.lowerBound + Int(fates[slice]) / 2 + 1)
      bins.add(count: tie.count, rightCount: tie.rightCount, excess: tie.excess)
    }
    addPieces(upTo: pieces.upperBound)
    return bins.all
  }

  /// The classes that `classwise` counts in ranges of one class, or that keep at most `limit`
  /// probabilities.
  static func classGroups(of classwise: ClasswiseCalibration, keeping limit: Int) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    var (first, kept) = (classwise.classes.lowerBound, 0)
    for c in classwise.classes where classwise.exceedsThreshold(c) {
      let count = SlicePlan(classwise.sliceCounts(of: c)).keptCount
      if kept + count > limit, first < c {
        groups.append(first..<c)
        (first, kept) = (c, 0)
      }
      kept += count
    }
    return groups + [first..<classwise.classes.upperBound]
  }

  /// The ranks at which `count` sorted probabilities are cut.
  static func cuts(of count: Int) -> [Int] {
    (1..<binCount).map { $0 * (count / binCount) }
  }
}

/// What is done with the slices of one class: those that a cut divides are kept, others summed.
private struct SlicePlan {
  /// What is at most the threshold goes to the last piece, which belongs to no bin.
  static let uncounted = UInt8(2 * ThresholdedCalibration.binCount)

  private(set) var fates = [uncounted]  // [slices]
  private(set) var pieceCounts = [0]  // at most binCount
  private(set) var keptCount = 0

  init(_ sliceCounts: [Int]) {
    let counts = sliceCounts.dropFirst()
    var cuts = ThresholdedCalibration.cuts(of: counts.reduce(0, +))[...]
    var rank = 0
    for count in counts {
      let rest = cuts.drop { $0 <= rank }
      // A cut between two slices begins a new piece.
      if rest.count < cuts.count, pieceCounts[pieceCounts.count - 1] > 0 { pieceCounts.append(0) }
      cuts = rest
      rank += count
      if let cut = cuts.first, cut < rank {
        fates.append(UInt8(2 * pieceCounts.count - 1))
        pieceCounts.append(0)
        keptCount += count
      } else {
        fates.append(UInt8(2 * pieceCounts.count - 2))
        pieceCounts[pieceCounts.count - 1] += count
      }
    }
  }
}
