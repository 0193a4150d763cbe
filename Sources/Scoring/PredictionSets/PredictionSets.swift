/// The prediction sets of one kind that a predictor has for the rows of a cell.
///
/// Several passes over the rows, as where a cell is halved in several ways, follow one another.
public struct PredictionSets: Sendable {
  /// The kind of sets.
  public let kind: SetKind
  /// The thresholds behind them, fold by fold.
  public let thresholds: [Double]
  /// K, the number of classes.
  public let classCount: Int
  /// The class of each row.
  public let labels: [Int]  // [N]
  /// How many classes each set holds.
  public let sizes: [Int32]  // [passes, N]
  /// Whether the label is one of them.
  public let areCovering: [Bool]  // [passes, N]

  /// How often each row has a set.
  var passCount: Int { max(1, sizes.count / max(1, labels.count)) }

  /// The classes of fewer rows than this say nothing of the worst class.
  public static let fewestOfClass = 20

  /// For each row, the share of its sets that hold the label.
  public var coverages: [Double] { means { areCovering[$0] ? 1 : 0 } }
  /// For each row, the mean size of its sets.
  public var meanSizes: [Double] { means { Double(sizes[$0]) } }

  private func means(_ value: (Int) -> Double) -> [Double] {
    let (rowCount, passCount) = (labels.count, passCount)
    return (0..<rowCount).map { row in
      (0..<passCount).reduce(0) { $0 + value($1 * rowCount + row) } / Double(passCount)
    }
  }
}

/// A share of rows with Wilson's interval.
public struct CountedShare: Sendable, Equatable {
  /// The share, in 0...1.
  public let value: Double
  /// Where it lies with 95 % confidence.
  public let interval: Interval?

  /// `hits` of `count` sets in `passCount` passes over the same rows; nil for none.
  init?(_ hits: Int, of count: Int, passCount: Int) {
    guard count > 0 else { return nil }
    value = Double(hits) / Double(count)
    // Passes over one row are no trials of their own.
    let trials = Int((Double(count) / Double(passCount)).rounded(.up))
    let successes = Int((Double(hits) / Double(passCount)).rounded())
    interval = Interval.wilson(successes: min(successes, trials), count: trials)?.including(value)
  }
}

/// What prediction sets of one kind are worth.
public struct PredictionSetScores: Sendable {
  /// The kind of sets.
  public let kind: SetKind
  /// The thresholds behind them, fold by fold.
  public let thresholds: [Double]
  /// How many rows have sets.
  public let sampleCount: Int
  /// The share of sets that hold the label.
  public let coverage: CountedShare?
  /// The mean number of classes of a set.
  public let meanSize: Double?
  /// The median, of an even number of sets the mean of the middle two.
  public let medianSize: Double?
  /// The share of sets without a class.
  public let emptyShare: Double?
  /// The share of sets of one class.
  public let singletonShare: Double?
  /// The share of those that hold the label; nil where there are none.
  public let singletonCoverage: CountedShare?
  /// The class of at least `PredictionSets.fewestOfClass` rows whose sets hold it most rarely, the
  /// lowest of several; nil where no class has so many rows.
  public let worstClass: Int?
  /// The share of its rows whose sets hold it.
  ///
  /// Its interval is that of a class that was named beforehand.
  public let worstClassCoverage: CountedShare?

  /// The scores of `sets`.
  public init(_ sets: PredictionSets) {
    let tally = SetTally(sets)
    let count = sets.sizes.count
    func share(_ hits: Int) -> Double? { count > 0 ? Double(hits) / Double(count) : nil }
    kind = sets.kind
    thresholds = sets.thresholds
    sampleCount = sets.labels.count
    coverage = CountedShare(tally.coveringCount, of: count, passCount: sets.passCount)
    meanSize = count > 0 ? Double(tally.sizeSum) / Double(count) : nil
    medianSize = tally.medianSize
    emptyShare = share(tally.sizeCounts[0])
    singletonShare = share(tally.sizeCounts[1])
    singletonCoverage = CountedShare(
      tally.coveringSingletonCount, of: tally.sizeCounts[1], passCount: sets.passCount)
    let worst = tally.worstClass(passCount: sets.passCount)
    worstClass = worst
    worstClassCoverage = worst.flatMap {
      CountedShare(
        tally.classCoveringCounts[$0], of: tally.classCounts[$0], passCount: sets.passCount)
    }
  }
}

/// Counts of sets.
private struct SetTally {
  var sizeCounts: [Int]  // [K + 1]
  var sizeSum = 0
  var coveringCount = 0
  var coveringSingletonCount = 0
  var classCounts: [Int]  // [K]
  var classCoveringCounts: [Int]  // [K]

  init(_ sets: PredictionSets) {
    sizeCounts = [Int](repeating: 0, count: sets.classCount + 1)
    classCounts = [Int](repeating: 0, count: sets.classCount)
    classCoveringCounts = classCounts
    let rowCount = sets.labels.count
    for index in sets.sizes.indices {
      let (size, isCovering) = (Int(sets.sizes[index]), sets.areCovering[index])
      let label = sets.labels[index % rowCount]
      sizeCounts[size] += 1
      sizeSum += size
      classCounts[label] += 1
      guard isCovering else { continue }
      coveringCount += 1
      classCoveringCounts[label] += 1
      if size == 1 { coveringSingletonCount += 1 }
    }
  }

  /// Nil for no set.
  var medianSize: Double? {
    let count = sizeCounts.reduce(0, +)
    guard count > 0 else { return nil }
    return Double(size(ofRank: (count - 1) / 2) + size(ofRank: count / 2)) / 2
  }

  /// The size of the set at `rank` of all by rising size, from 0.
  private func size(ofRank rank: Int) -> Int {
    var seen = 0
    return sizeCounts.firstIndex { count in
      seen += count
      return seen > rank
    } ?? 0
  }

  func worstClass(passCount: Int) -> Int? {
    let candidates = classCounts.indices.filter {
      classCounts[$0] >= PredictionSets.fewestOfClass * passCount
    }
    func coverage(_ index: Int) -> Double {
      Double(classCoveringCounts[index]) / Double(classCounts[index])
    }
    return candidates.min { (coverage($0), $0) < (coverage($1), $1) }
  }
}

extension Scorer {
  /// The prediction sets of `predictor` for every row of a cell.
  ///
  /// - Parameters:
  ///   - predictor: Whose probabilities, as they are without calibration, the sets are of.
  ///   - cell: Rows of the images that were fitted, or of any where a validation set was.
  ///   - fitted: What was fitted.
  /// - Returns: The sets of each of the kinds that were fitted, in their order.
  /// - Throws: `ScoringError` when there is no such predictor, or the rows are not those that were fitted.
  public func sets(
    of predictor: Predictor, in cell: LabeledLogits, by fitted: FittedSets
  ) throws -> [PredictionSets] {
    let source = try PredictorLogits(predictor, of: cell)
    let places = try fitted.places(rowCount: cell.rowCount)
    let thresholds = fitted.folds.map { $0.thresholds[predictor] ?? [] }  // [folds][kinds]
    let draws = ConformalDraws(seed: fitted.seed, areOfOtherImages: false)
    let (kinds, methods) = (fitted.kinds, ConformalMethod.allCases)
    let methodOfKind = kinds.map { kind in methods.firstIndex(of: kind.method) ?? 0 }
    let parts = try blocks.map(cell.rowCount) { block in
      let ranked = RankedProbabilities(source)
      var part = SetPart(kindCount: kinds.count, passCount: places.count)
      for row in block {
        ranked.load(row, draw: draws.draw(row))
        let scores = methods.map(ranked.labelScore)
        for (pass, place) in places.enumerated() {
          let ofFold = thresholds[place.map { Int($0[row]) } ?? pass]
          for (index, kind) in kinds.enumerated() {
            let threshold = ofFold[index]
            part.sizes[index][pass].append(
              Int32(ranked.setSize(kind.method, threshold: threshold)))
            part.areCovering[index][pass].append(scores[methodOfKind[index]] <= threshold)
          }
        }
      }
      return part
    }
    return kinds.enumerated().map { index, kind in
      PredictionSets(
        kind: kind, thresholds: thresholds.map { $0[index] }, classCount: cell.classCount,
        labels: cell.labels,
        sizes: RowBlocks.joined(places.indices.flatMap { p in parts.map { $0.sizes[index][p] } }),
        areCovering: RowBlocks.joined(
          places.indices.flatMap { p in parts.map { $0.areCovering[index][p] } }))
    }
  }
}

/// The sets of a block of rows.
private struct SetPart: Sendable {
  var sizes: [[[Int32]]]  // [kinds][passes][rows]
  var areCovering: [[[Bool]]]  // [kinds][passes][rows]

  init(kindCount: Int, passCount: Int) {
    sizes = [[[Int32]]](repeating: [[Int32]](repeating: [], count: passCount), count: kindCount)
    areCovering = [[[Bool]]](repeating: [[Bool]](repeating: [], count: passCount), count: kindCount)
  }
}

extension FittedSets {
  /// For each pass the fold of each row; nil where one fold is for all.
  ///
  /// - Throws: `ScoringError.halvesOfOtherRows` where the halves are not of so many rows.
  fileprivate func places(rowCount: Int) throws(ScoringError) -> [[UInt8]?] {
    guard folds.contains(where: { $0.rows != nil }) else { return [nil] }
    return try (0..<passCount).map { pass throws(ScoringError) in
      var places = [UInt8](repeating: 0, count: rowCount)
      let ofPass = folds.indices.dropFirst(2 * pass).prefix(2)
      let count = ofPass.reduce(0) { $0 + (folds[$1].rows?.count ?? 0) }
      guard count == rowCount else {
        throw .halvesOfOtherRows(expected: rowCount, found: count)
      }
      for fold in ofPass {
        for row in folds[fold].rows ?? [] { places[row] = UInt8(fold) }
      }
      return places
    }
  }
}
