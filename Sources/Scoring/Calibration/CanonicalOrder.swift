internal import Tensors

/// An order of classes and of members that follows from their logits and labels, whatever the order
/// that they are given in.
///
/// A search whose sums are taken in it gives the same bits when classes or members are renamed.
/// Classes that have the same logits and labels in every row are interchangeable, and have one result;
/// so are members.
struct CanonicalOrder: Sendable {
  /// The classes in order.
  let classes: [Int]  // [K]
  /// The place of each in the order, of interchangeable classes the first of theirs.
  private let places: [Int]  // [K]
  /// The pooled distributions in order.
  let distributions: [Int]  // [P]

  /// The order for rows of `source`, of which as many are read as distinguish all.
  init(of source: PredictorLogits) {
    let (rowCount, classCount) = (source.logits.rowCount, source.logits.classCount)
    let pooledCount = source.pooledCount
    var classes = Refinement(count: classCount)
    var distributions = Refinement(count: pooledCount)
    let rows = UnsafeMutablePointer<Double>.allocate(capacity: pooledCount * classCount)
    defer { rows.deallocate() }
    // The numbers that a class has in the distributions, by size, do not depend on their order.
    for row in 0..<rowCount where !classes.isComplete {
      let label = source.logits.labels[row]
      source.load(row, into: rows)
      ProbabilityKernels.preferred.sortColumns(of: rows, rowCount: pooledCount, count: classCount)
      classes.refine { $0 == label ? 1 : 0 }
      for p in 0..<pooledCount { classes.refine { rows[p * classCount + $0] } }
    }
    for row in 0..<rowCount where !distributions.isComplete {
      source.load(row, into: rows)
      for c in classes.order { distributions.refine { rows[$0 * classCount + c] } }
    }
    for row in 0..<rowCount where !classes.isComplete && pooledCount > 1 {
      source.load(row, into: rows)
      for p in distributions.order { classes.refine { rows[p * classCount + $0] } }
    }
    self.classes = classes.order
    self.distributions = distributions.order
    var places = [Int](repeating: 0, count: classCount)
    for (place, c) in classes.order.enumerated() { places[c] = place }
    for tie in classes.ties { for c in classes.order[tie] { places[c] = tie.lowerBound } }
    self.places = places
  }

  /// The classes in order, interchangeable ones in one group.
  var groups: [[Int]] {
    var groups: [[Int]] = []
    for c in classes {
      if let last = groups.last, places[last[0]] == places[c] {
        groups[groups.count - 1].append(c)
      } else {
        groups.append([c])
      }
    }
    return groups
  }

  /// `values` in natural order, [n·K], in canonical order.
  func canonical(_ values: ArraySlice<Double>) -> [Double] {
    stride(from: values.startIndex, to: values.endIndex, by: classes.count).flatMap { start in
      classes.map { values[start + $0] }
    }
  }

  /// `values` in canonical order, [K], in natural order.
  func natural(_ values: ArraySlice<Double>) -> [Double] {
    places.map { values[values.startIndex + $0] }
  }
}

/// Elements that are sorted by one key after the other, each among those that are equal so far.
private struct Refinement {
  private(set) var order: [Int]
  /// The ranges of elements that no key has distinguished.
  private(set) var ties: [Range<Int>]

  init(count: Int) {
    order = Array(0..<count)
    ties = count > 1 ? [0..<count] : []
  }

  var isComplete: Bool { ties.isEmpty }

  mutating func refine(by key: (Int) -> Double) {
    var rest: [Range<Int>] = []
    for tie in ties {
      order[tie].sort { key($0) < key($1) }
      var start = tie.lowerBound
      for i in tie where i + 1 == tie.upperBound || key(order[i]) != key(order[i + 1]) {
        if i > start { rest.append(start..<i + 1) }
        start = i + 1
      }
    }
    ties = rest
  }
}
