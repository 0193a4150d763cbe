internal import Tensors

/// Minimizes a smooth function by the limited-memory method of Broyden, Fletcher, Goldfarb and
/// Shanno (Nocedal 1980), with a line search for the weak conditions of Wolfe (Lewis and Overton
/// 2013), preconditioned by its approximate second derivatives at the start.
struct QuasiNewton {
  /// The function and its gradient at one point.
  struct Value {
    var loss: Double
    var gradient: [Double]

    var gradientLength: Double { dot(gradient, gradient).squareRoot() }
  }

  /// A point, and the function there.
  struct Point {
    var parameters: [Double]
    var value: Value
  }

  /// A step, and the change of the gradient over it.
  private struct Change {
    let step: [Double]
    let gradient: [Double]
    /// Their product, positive.
    let curvature: Double
  }

  /// What is taken for the inverse of the second derivatives before any change is known.
  enum Metric {
    /// A multiple of one that fits the last change.
    case multiple
    /// The inverse of what this factor is of.
    case factor(CholeskyFactor)
    /// A multiple, that fits the last change, of this linear function, which is the inverse at the start.
    case function(([Double]) throws -> [Double])
  }

  /// When a search ends, beside where rounding hides any descent.
  struct Ending {
    /// Where the gradient is no longer than this.
    var gradient = 0.0
    /// Where a step promises to lower the function by less than this share of it, or of a hundredth.
    var promise = 0.0
    /// After so many evaluations of the function.
    var evaluationCount = Int.max
  }

  /// What is minimized; another may follow whose second derivatives are about the same.
  var function: ([Double]) throws -> Value
  /// The share of the function that its rounding may change.
  var rounding = Self.leastRounding
  private let metric: Metric
  private let memory: Int
  private var changes: [Change] = []
  private(set) var evaluationCount = 0

  /// That of sums of a few thousand numbers in Float64.
  static let leastRounding = 1e-15
  private static let memory = 20
  private static let largestIterationCount = 2000
  private static let leastLoss = 1e-2

  /// A search that remembers `memory` changes, which takes two vectors for each.
  init(
    _ function: @escaping ([Double]) throws -> Value, metric: Metric, memory: Int = Self.memory
  ) {
    self.function = function
    self.metric = metric
    self.memory = memory
  }

  /// The minimum that is found from `start`, never above `start`.
  ///
  /// `curvature` approximates the second derivatives at `start`; nil where they are unknown. The
  /// search ends where the gradient is no longer than `tolerance`.
  static func minimum(
    from start: [Double], curvature: CholeskyFactor?, tolerance: Double,
    of function: @escaping ([Double]) throws -> Value
  ) throws -> Point {
    var search = QuasiNewton(function, metric: curvature.map(Metric.factor) ?? .multiple)
    return try search.minimum(from: start, Ending(gradient: tolerance))
  }

  /// The minimum that is found from `start`, never above `start`.
  mutating func minimum(from start: [Double], _ ending: Ending) throws -> Point {
    evaluationCount = 0
    let first = Point(parameters: start, value: try value(at: start))
    var point = first
    for _ in 0..<Self.largestIterationCount {
      if point.value.gradientLength <= ending.gradient { break }
      guard evaluationCount < ending.evaluationCount,
        let next = try next(after: point, ending)
      else { break }
      point = next
    }
    return point.value.loss <= first.value.loss ? point : first
  }

  private mutating func value(at parameters: [Double]) throws -> Value {
    evaluationCount += 1
    return try function(parameters)
  }

  /// The point after one line search, or nil where it would end the search.
  private mutating func next(after point: Point, _ ending: Ending) throws -> Point? {
    let direction = try direction(at: point.value.gradient)
    if ending.promise > 0,
      -dot(point.value.gradient, direction)
        <= 2 * ending.promise * max(abs(point.value.loss), Self.leastLoss)
    {
      return nil
    }
    guard let next = try lineSearch(from: point, along: direction) else { return nil }
    let step = zip(next.parameters, point.parameters).map { $0 - $1 }
    let gradient = zip(next.value.gradient, point.value.gradient).map { $0 - $1 }
    let curvature = dot(step, gradient)
    if curvature > 0 {
      changes.append(Change(step: step, gradient: gradient, curvature: curvature))
      if changes.count > memory { changes.removeFirst() }
    }
    return next
  }

  /// Minus the inverse Hessian, as the remembered changes approximate it, times the gradient.
  private func direction(at gradient: [Double]) throws -> [Double] {
    var direction = gradient.map { -$0 }
    var shares: [Double] = []
    for change in changes.reversed() {
      let share = dot(change.step, direction) / change.curvature
      shares.append(share)
      add(-share, change.gradient, to: &direction)
    }
    try precondition(&direction)
    for (change, share) in zip(changes, shares.reversed()) {
      add(share - dot(change.gradient, direction) / change.curvature, change.step, to: &direction)
    }
    return direction
  }

  private func precondition(_ direction: inout [Double]) throws {
    var scale = 1.0
    switch metric {
    case .factor(let factor): return factor.solve(&direction)
    case .multiple:
      if let last = changes.last { scale = last.curvature / dot(last.gradient, last.gradient) }
    case .function(let inverse):
      direction = try inverse(direction)
      if let last = changes.last {
        let square = dot(last.gradient, try inverse(last.gradient))
        if square > 0 { scale = last.curvature / square }
      }
    }
    if scale != 1 { for i in direction.indices { direction[i] *= scale } }
  }

  /// A point along `direction` that is lower, and where the slope is flatter.
  private mutating func lineSearch(from point: Point, along direction: [Double]) throws -> Point? {
    let slope = dot(point.value.gradient, direction)
    // Near the minimum the loss falls by less than its rounding; the slope is still accurate.
    let rounding = rounding * abs(point.value.loss)
    var (shortest, longest, length) = (0.0, Double.infinity, 1.0)
    for _ in 0..<60 {
      var next = point
      add(length, direction, to: &next.parameters)
      next.value = try value(at: next.parameters)
      if !(next.value.loss <= point.value.loss + 1e-4 * length * slope + rounding) {
        longest = length
      } else if dot(next.value.gradient, direction) < 0.9 * slope {
        shortest = length
      } else {
        return next
      }
      length = longest.isFinite ? (shortest + longest) / 2 : 2 * length
    }
    return nil
  }
}

private func dot(_ first: [Double], _ second: [Double]) -> Double {
  var sum = 0.0
  for i in first.indices { sum += first[i] * second[i] }
  return sum
}

private func add(_ factor: Double, _ change: [Double], to values: inout [Double]) {
  for i in values.indices { values[i] += factor * change[i] }
}
