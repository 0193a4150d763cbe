// K classes.

/// The other order of the classes under which most answers are right.
///
/// It is the assignment of labels to answers of the largest sum, by shortest augmenting paths (Kuhn 1955,
/// "The Hungarian method"; Jonker and Volgenant 1987), in at most K³ steps. Of assignments that make as
/// many answers right, it is one that moves the fewest classes.
public struct ClassMatching: Sendable, Equatable {
  /// The label of each answer, each label once.
  public let labels: [Int]  // [K]
  /// How many answers are right under these labels.
  public let rightCount: Int

  /// The matching of `counts`: how many rows have each answer (row) and label (column).
  ///
  /// - Precondition: `counts` has K² numbers, none of which is negative, and their sum times K + 1 is an
  ///   `Int`.
  public init(_ counts: [Int], classCount: Int) {
    precondition(counts.count == classCount * classCount, "a count for each answer and label")
    let labels = Self.labels(counts, classCount)
    self.labels = labels
    rightCount = labels.indices.reduce(0) { $0 + counts[$1 * classCount + labels[$1]] }
  }

  private static func labels(_ counts: [Int], _ classCount: Int) -> [Int] {
    counts.withUnsafeBufferPointer { counts in
      var search = AssignmentSearch(counts, classCount)
      for answer in 0..<classCount { search.assign(answer) }
      var labels = [Int](repeating: 0, count: classCount)
      for label in 0..<classCount { labels[search.answers[label]] = label }
      return labels
    }
  }
}

/// An assignment that grows by one answer at a time, and is the cheapest of its answers throughout.
///
/// The cost of an answer and a label is −(K + 1)·count, less 1 on the diagonal, so that sums of costs
/// are ordered by right answers, and then by classes that keep their labels.
private struct AssignmentSearch {
  /// The answer of each label; −1 where it has none yet.
  private(set) var answers: [Int]  // [K]
  private let counts: UnsafeBufferPointer<Int>  // [K, K]
  private let classCount: Int
  /// With these potentials no cost is below the sum of its two, and that of an assigned pair is the sum.
  private var answerPotentials: [Int]  // [K]
  private var labelPotentials: [Int]  // [K]

  init(_ counts: UnsafeBufferPointer<Int>, _ classCount: Int) {
    self.counts = counts
    self.classCount = classCount
    answers = Array(repeating: -1, count: classCount)
    answerPotentials = Array(repeating: 0, count: classCount)
    labelPotentials = Array(repeating: 0, count: classCount)
  }

  private func cost(_ answer: Int, _ label: Int) -> Int {
    -(classCount + 1) * counts[answer * classCount + label] - (answer == label ? 1 : 0)
  }

  /// Adds an answer by the shortest path from it over assigned pairs to a free label.
  mutating func assign(_ answer: Int) {
    var distances = [Int](repeating: .max, count: classCount)
    // The label before each one on the shortest path to it; −1 for the answer itself.
    var previous = [Int](repeating: -1, count: classCount)
    var open = Array(0..<classCount)
    var closed: [Int] = []
    var (current, last, length) = (answer, -1, 0)
    answerPotentials[answer] = (0..<classCount).reduce(.max) {
      min($0, cost(answer, $1) - labelPotentials[$1])
    }
    while true {
      var nearest = 0
      for place in open.indices {
        let label = open[place]
        let distance =
          length + cost(current, label) - answerPotentials[current] - labelPotentials[label]
        if distance < distances[label] {
          (distances[label], previous[label]) = (distance, last)
        }
        let least = distances[open[nearest]]
        // Of equally near labels a free one ends the search.
        if distances[label] < least || distances[label] == least && answers[label] < 0 {
          nearest = place
        }
      }
      last = open[nearest]
      length = distances[last]
      open.swapAt(nearest, open.count - 1)
      open.removeLast()
      guard answers[last] >= 0 else { break }
      closed.append(last)
      current = answers[last]
    }
    answerPotentials[answer] += length
    for label in closed {
      answerPotentials[answers[label]] += length - distances[label]
      labelPotentials[label] -= length - distances[label]
    }
    while last >= 0 {
      let label = previous[last]
      answers[last] = label >= 0 ? answers[label] : answer
      last = label
    }
  }
}
