// N rows, F features.

import Foundation
internal import Tensors

/// The most likely logistic curve logistic(Σ weight · feature + intercept) through right and wrong rows.
///
/// The loss is the mean negative log-likelihood plus 1e-10 times the sum of the squared parameters, which
/// moves a minimum by about 1e-10, and gives rows that a curve separates one: any steeper curve would
/// be likelier. Newton's method ends where it promises less than rounding.
struct LogisticRegression {
  /// What each feature is multiplied by.
  private(set) var weights: [Double]  // [F]
  private(set) var intercept: Double
  /// The loss of the curve.
  private(set) var loss: Double

  private static let penalty = 1e-10
  private static let largestIterationCount = 200

  /// The curve through rows with `features`, each a column, of which `isRight` are right.
  init(_ features: [[Double]], isRight: [Bool], blocks: RowBlocks) throws {
    let objective = Objective(features: features, isRight: isRight, blocks: blocks)
    var point = [Double](repeating: 0, count: features.count + 1)
    var value = try objective.value(at: point)
    for _ in 0..<Self.largestIterationCount {
      guard let (next, nextValue) = try objective.next(after: point, value) else { break }
      (point, value) = (next, nextValue)
    }
    weights = Array(point.dropLast())
    intercept = point[features.count]
    loss = value.loss
  }

  /// The loss and its derivatives, the second as a lower triangle.
  private struct Value {
    var loss = 0.0
    var gradient: [Double]  // [F + 1]
    var curvature: [Double]  // [F + 1, F + 1]

    init(size: Int) {
      gradient = [Double](repeating: 0, count: size)
      curvature = [Double](repeating: 0, count: size * size)
    }
  }

  /// The loss as a function of the weights and, last, the intercept.
  private struct Objective {
    let features: [[Double]]  // [F, N]
    let isRight: [Bool]  // [N]
    let blocks: RowBlocks

    private var size: Int { features.count + 1 }

    func value(at point: [Double]) throws -> Value {
      let parts = try blocks.map(isRight.count) { rows in
        rows.reduce(into: Value(size: size)) { add($1, at: point, to: &$0) }
      }
      var sum = Value(size: size)
      let share = 1 / Double(isRight.count)
      for part in parts {
        sum.loss += part.loss * share
        for i in sum.gradient.indices { sum.gradient[i] += part.gradient[i] * share }
        for i in sum.curvature.indices { sum.curvature[i] += part.curvature[i] * share }
      }
      for i in 0..<size {
        sum.loss += penalty * point[i] * point[i]
        sum.gradient[i] += 2 * penalty * point[i]
        sum.curvature[i * size + i] += 2 * penalty
      }
      return sum
    }

    private func add(_ row: Int, at point: [Double], to value: inout Value) {
      var score = point[size - 1]
      for i in features.indices { score += point[i] * features[i][row] }
      // The loss of a right row is log(1 + exp(−score)), that of a wrong one log(1 + exp(score)).
      let margin = isRight[row] ? score : -score
      let tail = exp(-abs(margin))
      value.loss += max(-margin, 0) + log1p(tail)
      let miss = margin > 0 ? tail / (1 + tail) : 1 / (1 + tail)
      let error = isRight[row] ? -miss : miss
      let weight = tail / ((1 + tail) * (1 + tail))
      for i in 0..<size {
        let feature = i < size - 1 ? features[i][row] : 1
        value.gradient[i] += error * feature
        for j in 0...i {
          value.curvature[i * size + j] +=
            weight * feature * (j < size - 1 ? features[j][row] : 1)
        }
      }
    }

    /// A lower point along Newton's direction; nil where it promises none, or rounding hides it.
    func next(after point: [Double], _ value: Value) throws -> ([Double], Value)? {
      guard let factor = CholeskyFactor(value.curvature, size: size) else { return nil }
      var direction = value.gradient.map { -$0 }
      factor.solve(&direction)
      let slope = zip(value.gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
      guard -slope > 1e-20 else { return nil }
      var length = 1.0
      while length > 1e-9 {
        let next = zip(point, direction).map { $0 + length * $1 }
        let found = try self.value(at: next)
        // Near the minimum the loss falls by less than its rounding.
        if found.loss <= value.loss + 1e-4 * length * slope + 1e-15 * value.loss,
          next != point
        {
          return (next, found)
        }
        length /= 2
      }
      return nil
    }
  }
}

/// A confidence as the logistic curves take it: away from 0 and 1, whose logarithms are infinite.
func clippedConfidence(_ confidence: Double) -> Double {
  min(max(confidence, 1e-12), 1 - 1e-12)
}

/// 1 / (1 + exp(−score)).
func logistic(_ score: Double) -> Double {
  score >= 0 ? 1 / (1 + exp(-score)) : exp(score) / (1 + exp(score))
}
