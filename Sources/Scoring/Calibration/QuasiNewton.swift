internal import Tensors

/// Minimizes a smooth function by the limited-memory method of Broyden, Fletcher, Goldfarb and
/// Shanno (Nocedal 1980), with a line search for the weak conditions of Wolfe (Lewis and Overton
/// 2013), preconditioned by its approximate second derivatives at the start.
struct QuasiNewton {
  /// The function and its gradient at one point.
  struct Value {
    var loss: Double
    var gradient: [Double]
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

  private let function: ([Double]) throws -> Value
  private let curvature: CholeskyFactor?
  private var changes: [Change] = []

  private static let memory = 20
  private static let largestIterationCount = 2000

  init(_ function: @escaping ([Double]) throws -> Value, curvature: CholeskyFactor?) {
    self.function = function
    self.curvature = curvature
  }

  /// The minimum that is found from `start`, never above `start`.
  ///
  /// `curvature` approximates the second derivatives at `start`; nil where they are unknown. The
  /// search ends where the gradient is no longer than `tolerance`.
  static func minimum(
    from start: [Double], curvature: CholeskyFactor?, tolerance: Double,
    of function: @escaping ([Double]) throws -> Value
  ) throws -> Point {
    var search = QuasiNewton(function, curvature: curvature)
    let first = Point(parameters: start, value: try function(start))
    var point = first
    for _ in 0..<largestIterationCount {
      if dot(point.value.gradient, point.value.gradient).squareRoot() <= tolerance { break }
      guard let next = try search.next(after: point) else { break }
      point = next
    }
    return point.value.loss <= first.value.loss ? point : first
  }

  /// The point after one line search, or nil where rounding hides any descent.
  private mutating func next(after point: Point) throws -> Point? {
    let direction = direction(at: point.value.gradient)
    guard let next = try lineSearch(from: point, along: direction) else { return nil }
    let step = zip(next.parameters, point.parameters).map { $0 - $1 }
    let gradient = zip(next.value.gradient, point.value.gradient).map { $0 - $1 }
    let curvature = dot(step, gradient)
    if curvature > 0 {
      changes.append(Change(step: step, gradient: gradient, curvature: curvature))
      if changes.count > Self.memory { changes.removeFirst() }
    }
    return next
  }

  /// Minus the inverse Hessian, as the remembered changes approximate it, times the gradient.
  private func direction(at gradient: [Double]) -> [Double] {
    var direction = gradient.map { -$0 }
    var shares: [Double] = []
    for change in changes.reversed() {
      let share = dot(change.step, direction) / change.curvature
      shares.append(share)
      add(-share, change.gradient, to: &direction)
    }
    if let curvature {
      curvature.solve(&direction)
    } else if let last = changes.last {
      let scale = last.curvature / dot(last.gradient, last.gradient)
      for i in direction.indices { direction[i] *= scale }
    }
    for (change, share) in zip(changes, shares.reversed()) {
      add(share - dot(change.gradient, direction) / change.curvature, change.step, to: &direction)
    }
    return direction
  }

  /// A point along `direction` that is lower, and where the slope is flatter.
  private func lineSearch(from point: Point, along direction: [Double]) throws -> Point? {
    let slope = dot(point.value.gradient, direction)
    // Near the minimum the loss falls by less than its rounding; the slope is still accurate.
    let rounding = 1e-15 * abs(point.value.loss)
    var (shortest, longest, length) = (0.0, Double.infinity, 1.0)
    for _ in 0..<60 {
      var next = point
      add(length, direction, to: &next.parameters)
      next.value = try function(next.parameters)
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
