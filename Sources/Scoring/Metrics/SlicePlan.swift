/// What `ThresholdedCalibration` does with the probabilities of one class, slice by slice.
///
/// Slices are taken in order; those that a cut divides end a piece, and the next one begins after them.
struct SlicePlan: Sendable {
  /// What is done with a probability.
  ///
  /// 2p: it is added to the sum of piece p. 2p + 1: it is kept, and comes after piece p.
  /// `firstDivision` + 2d: its slice is the d-th of the divided ones, and its part of the slice decides.
  typealias Fate = UInt8

  /// What is at most the threshold goes to the last piece, which belongs to no bin.
  private static let uncounted = Fate(2 * ThresholdedCalibration.binCount)
  static let firstDivision = 2 * ThresholdedCalibration.pieceCount + 1
  /// At most as many slices are divided as there are cuts.
  static let largestDivisionCount = ThresholdedCalibration.binCount - 1

  private(set) var fates = [uncounted]  // [slices]
  /// Of the parts of divided slices; empty where none is.
  private(set) var partFates: [[Fate]] = []  // [divisions][parts]
  /// How many probabilities each piece has.
  private var pieceCounts = [0]  // at most binCount
  /// How many probabilities are kept.
  private(set) var keptCount = 0
  /// The parts that a cut divides and that hold one value, of which none is kept.
  private(set) var ties: [Tie] = []

  /// Equal probabilities, and the piece that they come after.
  struct Tie: Sendable {
    let rows: ConfidenceRanking.Tie
    let piece: Int
  }

  /// The plan of a class of which no probability counts.
  init() {
    fates = Array(repeating: Self.uncounted, count: ProbabilitySlice.count)
  }

  /// The plan of a class with so many probabilities in each slice, and those in each part of the slices that
  /// a cut divides, where these are known.
  init(_ sliceCounts: [Int], partCounts: [[PartCount]]? = nil) {
    let counts = sliceCounts.dropFirst()
    var cuts = ThresholdedCalibration.cuts(of: counts.reduce(0, +))[...]
    var rank = 0
    for count in counts {
      guard isDivided(count, from: rank, &cuts) else {
        fates.append(summed(count))
        rank += count
        continue
      }
      guard let partCounts else {
        fates.append(kept(count))
        rank += count
        continue
      }
      fates.append(Fate(Self.firstDivision + 2 * partFates.count))
      var parts: [Fate] = []
      for part in partCounts[partFates.count] {
        parts.append(
          !isDivided(part.count, from: rank, &cuts)
            ? summed(part.count) : part.tie.map { tied($0) } ?? kept(part.count))
        rank += part.count
      }
      partFates.append(parts)
    }
  }

  /// The same slices, with what is kept of a slice left to its parts.
  var dividing: SlicePlan {
    var (plan, count) = (self, 0)
    for i in fates.indices where fates[i] % 2 == 1 {
      plan.fates[i] = Fate(Self.firstDivision + 2 * count)
      count += 1
    }
    return plan
  }

  /// The fates of the parts of as many slices as may be divided.
  var paddedPartFates: [Fate] {
    let missing = Self.largestDivisionCount - partFates.count
    return partFates.flatMap { $0 }
      + [Fate](repeating: Self.uncounted, count: missing * ProbabilitySlice.partCount)
  }

  /// Whether a cut divides the next `count` probabilities; where one comes before them, a piece begins.
  private mutating func isDivided(
    _ count: Int, from rank: Int, _ cuts: inout ArraySlice<Int>
  ) -> Bool {
    let rest = cuts.drop { $0 <= rank }
    if rest.count < cuts.count, pieceCounts[pieceCounts.count - 1] > 0 { pieceCounts.append(0) }
    cuts = rest
    return cuts.first.map { $0 < rank + count } ?? false
  }

  private mutating func summed(_ count: Int) -> Fate {
    pieceCounts[pieceCounts.count - 1] += count
    return Fate(2 * pieceCounts.count - 2)
  }

  private mutating func kept(_ count: Int) -> Fate {
    keptCount += count
    pieceCounts.append(0)
    return Fate(2 * pieceCounts.count - 3)
  }

  private mutating func tied(_ tie: ConfidenceRanking.Tie) -> Fate {
    ties.append(Tie(rows: tie, piece: pieceCounts.count - 1))
    pieceCounts.append(0)
    return Self.uncounted
  }
}

/// What lies in a part of a slice of one class.
struct PartCount: Sendable {
  private var all: UInt32 = 0
  private var labels: UInt32 = 0
  /// What all probabilities are; NaN where they differ.
  private var value = 0.0

  /// No probabilities.
  init() {}

  /// How many probabilities lie in the part.
  var count: Int { Int(all) }

  /// The probabilities, where all are equal.
  var tie: ConfidenceRanking.Tie? {
    value.isNaN
      ? nil : ConfidenceRanking.Tie(confidence: value, count: count, rightCount: Int(labels))
  }

  @inline(__always)
  mutating func add(_ probability: Double, isLabel: Bool) {
    if all == 0 { value = probability } else if value != probability { value = .nan }
    all += 1
    if isLabel { labels += 1 }
  }

  mutating func merge(_ other: PartCount) {
    guard other.all > 0 else { return }
    if all == 0 { value = other.value } else if value != other.value { value = .nan }
    all += other.all
    labels += other.labels
  }
}

/// The plans of the classes that a `ClasswiseCalibration` counts.
struct SlicePlans: Sendable {
  /// K, the number of all classes.
  let classCount: Int
  /// How many rows were counted.
  let rowCount: Int
  /// The classes that have a plan.
  let classes: Range<Int>
  private var plans: [SlicePlan]  // [classes]

  init(of classwise: ClasswiseCalibration) {
    (classCount, rowCount) = (classwise.classCount, classwise.count)
    classes = classwise.classes
    plans = classes.map {
      classwise.exceedsThreshold($0) ? SlicePlan(classwise.sliceCounts(of: $0)) : SlicePlan()
    }
  }

  subscript(class: Int) -> SlicePlan { plans[`class` - classes.lowerBound] }

  /// How many probabilities are kept of all classes.
  var keptCount: Int { plans.reduce(0) { $0 + $1.keptCount } }

  /// How many bytes the parts of all divided slices take.
  var bytesOfParts: Int {
    classes.count * SlicePlan.largestDivisionCount * ProbabilitySlice.partCount
      * MemoryLayout<PartCount>.stride
  }

  /// The plans that leave to parts of slices what these keep.
  var dividing: SlicePlans {
    var plans = self
    plans.plans = plans.plans.map(\.dividing)
    return plans
  }

  /// The plans that keep what lies in parts that a cut divides, by the counts of `counted`.
  func divided(
    by counted: ThresholdedCalibration, of classwise: ClasswiseCalibration
  ) -> SlicePlans {
    var plans = self
    plans.plans = zip(classes, self.plans).map { c, plan in
      plan.keptCount == 0
        ? plan
        : SlicePlan(classwise.sliceCounts(of: c), partCounts: counted.partCounts(of: c))
    }
    return plans
  }

  /// The classes in ranges of one class, or of some that keep at most `limit` probabilities.
  func groups(keeping limit: Int) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    var (first, kept) = (classes.lowerBound, 0)
    for (c, plan) in zip(classes, plans) {
      if kept + plan.keptCount > limit, first < c {
        groups.append(first..<c)
        (first, kept) = (c, 0)
      }
      kept += plan.keptCount
    }
    return groups + [first..<classes.upperBound]
  }
}
