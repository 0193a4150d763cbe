/// The thresholded adaptive classwise calibration error: each class in bins of equal mass.
///
/// The probabilities of a class above 1e-3 are sorted and cut into 15 bins of ⌊n/15⌋, the last of
/// which takes the rest. Where a cut divides equal probabilities, their labels are shared out in
/// proportion, so that the order of rows does not matter; fewer than 15 are all in the last bin.
/// (Nixon et al. 2019, "Measuring calibration in deep learning".)
///
/// Rows are added after a `ClasswiseCalibration` has counted their probabilities in narrow slices:
/// of most slices a sum is enough. Only the probabilities in slices that a cut divides are kept,
/// some 2 to 20 % of all, in 8 bytes each, and sorted. Where they would be too many, because most are
/// equal or almost equal, a pass over the rows counts them in parts of those slices before: only those in
/// divided parts of more than one value are kept.
public struct ThresholdedCalibration: Sendable {
  /// A probability counts above it.
  public static let threshold = ProbabilitySlice.threshold
  static let binCount = 15
  /// At most as many pieces of a class as bins, and one more for what is not above the threshold.
  static let pieceCount = binCount + 1

  /// K, the number of classes.
  public let classCount: Int
  /// How many rows were added.
  public private(set) var count = 0
  /// How many rows were counted before: as many must be added for the value to be defined.
  private let expectedCount: Int
  /// The classes that are evaluated.
  private let classes: Range<Int>
  private var fates: [SlicePlan.Fate]  // [classes, slices]
  /// Empty where no slice is divided.
  private var partFates: [SlicePlan.Fate]  // [classes, divisions, parts]
  /// What lies in each part of a divided slice, where that is only counted; else empty.
  private var partCounts: [PartCount]  // [classes, divisions, parts]
  /// The equal probabilities that are known from their part.
  private let ties: [[SlicePlan.Tie]]  // [classes]
  private var pieceSums: [FixedPointSum]  // [classes, pieceCount]
  private var pieceLabelCounts: [Int]  // [classes, pieceCount]
  /// The kept probabilities of the label's class, and of others.
  private var labelValues: [[Double]]  // [classes]
  private var otherValues: [[Double]]  // [classes]
  /// The classes whose probability in the row lies in a divided slice.
  private var dividedClasses: [Int] = []

  /// For the rows that `classwise` has counted, before any of them is added.
  public init(cutting classwise: ClasswiseCalibration) {
    self.init(SlicePlans(of: classwise), classes: 0..<classwise.classCount)
  }

  /// For the rows that `plans` are of, and some of the classes.
  init(_ plans: SlicePlans, classes: Range<Int>) {
    self.init(
      classCount: plans.classCount, classes: classes, expectedCount: plans.rowCount,
      plans: classes.map { plans[$0] })
  }

  private init(
    classCount: Int, classes: Range<Int>, expectedCount: Int, plans: [SlicePlan]
  ) {
    self.classCount = classCount
    self.classes = classes
    self.expectedCount = expectedCount
    fates = plans.flatMap(\.fates)
    let hasDivisions = plans.contains { !$0.partFates.isEmpty }
    partFates = hasDivisions ? plans.flatMap(\.paddedPartFates) : []
    partCounts = []
    ties = plans.map(\.ties)
    pieceSums = Array(repeating: FixedPointSum(), count: classes.count * Self.pieceCount)
    pieceLabelCounts = Array(repeating: 0, count: pieceSums.count)
    labelValues = Array(repeating: [], count: classes.count)
    otherValues = labelValues
  }

  /// The same rows, of which those in divided slices are only counted, in parts of the slices.
  init(countingPartsOf plans: SlicePlans) {
    self.init(plans.dividing, classes: plans.classes)
    partCounts = Array(
      repeating: PartCount(),
      count: classes.count * SlicePlan.largestDivisionCount * ProbabilitySlice.partCount)
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
    dividedClasses.removeAll(keepingCapacity: true)
    addWhole(probabilities, label: label)
    if !dividedClasses.isEmpty {
      if partCounts.isEmpty {
        addDivided(probabilities, label: label)
      } else {
        countDivided(probabilities, label: label)
      }
    }
    if classes.contains(label) { addLabel(label - classes.lowerBound, probabilities[label]) }
  }

  /// Adds the probabilities whose slices are not divided, and notes the classes of the others.
  private mutating func addWhole(_ probabilities: UnsafeBufferPointer<Double>, label: Int) {
    let classes = classes
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
            } else if fate >= SlicePlan.firstDivision {
              dividedClasses.append(c)
            } else if c != label {
              others[c &- classes.lowerBound].append(probability)
            }
            slices &+= sliceCount
            pieces &+= pieceCount
          }
        }
      }
    }
  }

  /// Adds the probabilities in divided slices.
  private mutating func addDivided(_ probabilities: UnsafeBufferPointer<Double>, label: Int) {
    for c in dividedClasses {
      let (i, probability) = (c - classes.lowerBound, probabilities[c])
      let fate = Int(partFates[part(of: probability, i)])
      if fate & 1 == 0 {
        pieceSums[i * Self.pieceCount + fate / 2].add(probability)
      } else if c != label {
        otherValues[i].append(probability)
      }
    }
  }

  /// Counts the probabilities in divided slices.
  private mutating func countDivided(_ probabilities: UnsafeBufferPointer<Double>, label: Int) {
    for c in dividedClasses {
      let probability = probabilities[c]
      partCounts[part(of: probability, c - classes.lowerBound)]
        .add(probability, isLabel: c == label)
    }
  }

  private mutating func addLabel(_ i: Int, _ probability: Double) {
    guard let fate = fate(of: probability, i) else { return }
    if fate & 1 == 0 {
      pieceLabelCounts[i * Self.pieceCount + fate / 2] += 1
    } else {
      labelValues[i].append(probability)
    }
  }

  /// What is done with a probability of the i-th of `classes`; nil where it is only counted.
  private func fate(of probability: Double, _ i: Int) -> Int? {
    let fate = Int(fates[i * ProbabilitySlice.count + ProbabilitySlice.index(of: probability)])
    guard fate >= SlicePlan.firstDivision else { return fate }
    return partCounts.isEmpty ? Int(partFates[part(of: probability, i)]) : nil
  }

  /// The place of a probability among the parts of divided slices.
  private func part(of probability: Double, _ i: Int) -> Int {
    let fate = Int(fates[i * ProbabilitySlice.count + ProbabilitySlice.index(of: probability)])
    let division = i * SlicePlan.largestDivisionCount + (fate - SlicePlan.firstDivision) / 2
    return division * ProbabilitySlice.partCount + ProbabilitySlice.part(of: probability)
  }

  /// What lies in each part of each slice of a class that may be divided.
  func partCounts(of class: Int) -> [[PartCount]] {
    let first = (`class` - classes.lowerBound) * SlicePlan.largestDivisionCount
    let size = ProbabilitySlice.partCount
    return (first..<first + SlicePlan.largestDivisionCount).map { division in
      Array(partCounts[division * size..<(division + 1) * size])
    }
  }

  /// Adds the rows that were added to `other`, which must have the same cuts.
  public mutating func merge(_ other: ThresholdedCalibration) {
    precondition(
      other.fates == fates && other.partFates == partFates && other.classes == classes
        && other.partCounts.count == partCounts.count,
      "other cuts")
    count += other.count
    for i in pieceSums.indices {
      pieceSums[i].merge(other.pieceSums[i])
      pieceLabelCounts[i] += other.pieceLabelCounts[i]
    }
    for i in partCounts.indices { partCounts[i].merge(other.partCounts[i]) }
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
    let keptCount = ties[i].reduce(ranking.count) { $0 + $1.rows.count }
    let count = pieceSums[pieces].reduce(keptCount) { $0 + $1.count }
    var bins = EqualMassBins(cuts: Self.cuts(of: count))
    var closed = pieces
    func addPieces(upTo end: Int) {
      for p in closed.prefix(upTo: end) {
        bins.add(pieceSums[p], rightCount: pieceLabelCounts[p])
      }
      closed = end..<pieces.upperBound
    }
    func add(_ tie: ConfidenceRanking.Tie, after piece: Int) {
      addPieces(upTo: pieces.lowerBound + piece + 1)
      bins.add(tie.confidences, rightCount: tie.rightCount)
    }
    var known = ties[i][...]
    for tie in ranking.ties {
      while let next = known.first, next.rows.confidence < tie.confidence {
        add(next.rows, after: next.piece)
        known.removeFirst()
      }
      guard let fate = fate(of: tie.confidence, i) else { continue }
      add(tie, after: fate / 2)
    }
    for next in known { add(next.rows, after: next.piece) }
    addPieces(upTo: pieces.upperBound)
    return bins.all
  }

  /// The ranks at which `count` sorted probabilities are cut.
  static func cuts(of count: Int) -> [Int] {
    (1..<binCount).map { $0 * (count / binCount) }
  }
}
