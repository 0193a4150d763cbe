import Runs
import Scoring

/// How often runs of the same images are right, class by class: figures that are means over images with
/// weights.
package struct SubjectClasses {
  /// Which figures there are.
  package struct Choice: Sendable, Equatable {
    /// Whether the mean accuracy of the classes is one.
    package let hasBalancedAccuracy: Bool
    /// The classes whose accuracies are others, chosen before the runs were seen.
    package let classes: [Int]

    package init(hasBalancedAccuracy: Bool = false, classes: [Int] = []) {
      self.hasBalancedAccuracy = hasBalancedAccuracy
      self.classes = classes
    }
  }

  private let parts: [[Int]]
  private let weights: [Metric: [Double]]  // [figures][images]
  /// The mean accuracy of the classes that have images, and the accuracies of classes.
  let figures: [Metric]

  /// - Parameters:
  ///   - choice: The figures.
  ///   - labels: The class of each image.
  ///   - classCount: K, the number of classes.
  ///   - parts: The image of each row of each part.
  /// - Throws: `ReportsError.noSuchClass` for a class that no image has.
  init(
    _ choice: Choice, labels: [Int], classCount: Int, parts: [[Int]]
  ) throws(ReportsError) {
    var counts = [Int](repeating: 0, count: classCount)
    for label in labels { counts[label] += 1 }
    var figures: [(metric: Metric, weight: (Int) -> Double)] = []
    func share(of label: Int) -> Double { Double(labels.count) / Double(counts[label]) }
    if choice.hasBalancedAccuracy {
      let present = Double(counts.count { $0 > 0 })
      figures.append(
        (Self.metric(ClassFigure.balancedAccuracy.rawValue), { share(of: $0) / present }))
    }
    for chosen in choice.classes {
      guard counts.indices.contains(chosen), counts[chosen] > 0 else {
        throw .noSuchClass(chosen, classCount: classCount)
      }
      figures.append(
        (Self.metric("accuracy(\(chosen))"), { $0 == chosen ? share(of: $0) : 0 }))
    }
    self.parts = parts
    self.figures = figures.map(\.metric)
    weights = figures.reduce(into: [:]) { $0[$1.metric] = labels.map($1.weight) }
  }

  /// Whether a metric is one of these figures, which are shares.
  static func isFigure(_ metric: Metric) -> Bool {
    metric.name == ClassFigure.balancedAccuracy.rawValue || metric.name.hasPrefix("accuracy(")
  }

  private static func metric(_ name: String) -> Metric {
    Metric(name, of: .rows(needsDistribution: false) { _ in nil }, better: .higher)
  }

  /// For each run the numbers of each image of a cell: its weight where it is right, else 0.
  func numbers(of scores: [ComparisonTally.PartedRows]) -> [[Metric: [Double]]] {
    scores.map { run in
      weights.mapValues { weights in
        var numbers = [Double](repeating: 0, count: weights.count)
        for (scored, images) in zip(run, parts) {
          for (row, image) in zip(scored.rows, images) where row.isRight {
            numbers[image] = weights[image]
          }
        }
        return numbers
      }
    }
  }
}
