// N rows, P distributions of each, K classes.

import Foundation
internal import Tensors

/// The search for the matrix and biases that minimize a penalized loss; see `MatrixCalibrator`.
///
/// It ends where a step promises to lower the loss by less than a share of 1e-10, where rounding hides
/// any descent, or after 1.5·10¹² multiplications. With more than 65,536 rows the share is 1e-8; of small
/// problems, by Newton's method, 1e-14. Large problems are searched in Float32 first: down to a promise of
/// 1e-6 or, with more than 65,536 rows, to the end. The length of the gradient where the search ended is
/// computed in Float64, and kept.
struct MatrixFit {
  /// What the matrix multiplies.
  enum Input {
    /// The logits of each pooled distribution.
    case logits
    /// The logarithms of the predictor's probabilities.
    case logarithms
  }

  private let objective: MatrixObjective

  /// Of more rows than this, every eighth is searched first, to start close to the minimum.
  private static let largestStart = 1 << 16
  private static let sampleStride = 8
  /// How many changes the search remembers: each takes 16·K² bytes.
  private static let memory = 10
  private static let largestWork = 1.5e12
  /// The share of the loss that the last step promises: of few rows and of many, and in Float32 before the
  /// search goes on in Float64.
  private static let (promise, promiseOfLarge, promiseOfRough) = (1e-10, 1e-8, 1e-6)
  /// Of problems whose second derivatives take less, they are used.
  private static let smallWork = 2e9
  /// How often they are computed at most, and for how many evaluations.
  private static let (largestRoundCount, evaluationsOfRound) = (100, 12)

  init(_ source: PredictorLogits, of input: Input, blocks: RowBlocks) {
    objective = MatrixObjective(source, of: input, blocks: blocks)
  }

  /// The minimum that is found from W = 1/T and no biases, or from no change where that is better.
  func minimum(fromTemperature temperature: Double) throws -> MatrixScaling {
    var start = try point(objective.diagonal(1 / temperature))
    if temperature != 1 {
      let plain = try point(objective.diagonal(1))
      if plain.value.loss < start.value.loss { start = plain }
    }
    let found = try minimum(from: start)
    let (weights, biases) = objective.natural(objective.symmetrized(found.parameters))
    return MatrixScaling(
      weights: weights, biases: biases, groups: ClassGroups(objective.order.groups),
      gradientLength: found.value.gradientLength)
  }

  private func point(_ parameters: [Double]) throws -> QuasiNewton.Point {
    QuasiNewton.Point(parameters: parameters, value: try objective.value(at: parameters))
  }

  private func minimum(from start: QuasiNewton.Point) throws -> QuasiNewton.Point {
    if objective.workOfCurvature <= Self.smallWork, let found = try newtonMinimum(from: start) {
      return found
    }
    let metric = try MatrixMetric(objective, at: start.parameters)
    var search = QuasiNewton(
      objective.value(at:), metric: .function(metric.inverse), memory: Self.memory)
    var near = start.parameters
    let rough = try objective.rough
    let isLarge = objective.rowCount > Self.largestStart
    if isLarge {
      let sample = (rough ?? objective).sample(stride: Self.sampleStride)
      near = try search.minimum(of: sample, from: near, ending(sample, promise: 1e-4)).parameters
    }
    let promise = isLarge ? Self.promiseOfLarge : Self.promise
    if let rough {
      let ending = ending(rough, promise: isLarge ? promise : Self.promiseOfRough)
      near = try search.minimum(of: rough, from: near, ending).parameters
      let isDone = isLarge || search.evaluationCount >= ending.evaluationCount
      if isDone { return lower(try point(near), start) }
    }
    return lower(
      try search.minimum(of: objective, from: near, ending(objective, promise: promise)), start)
  }

  /// The point with the lower loss of two.
  private func lower(
    _ found: QuasiNewton.Point, _ start: QuasiNewton.Point
  ) -> QuasiNewton.Point {
    found.value.loss <= start.value.loss ? found : start
  }

  /// The minimum of a small problem, by second derivatives that are computed anew after some steps.
  ///
  /// Nil where rounding leaves none at the start.
  private func newtonMinimum(from start: QuasiNewton.Point) throws -> QuasiNewton.Point? {
    var point = start
    for round in 0..<Self.largestRoundCount {
      guard let factor = try objective.curvature(at: point.parameters) else {
        return round == 0 ? nil : point
      }
      var search = QuasiNewton(objective.value(at:), metric: .factor(factor))
      let next = try search.minimum(
        from: point.parameters,
        .init(promise: 1e-14, evaluationCount: Self.evaluationsOfRound))
      let isDone = search.evaluationCount < Self.evaluationsOfRound
      let isLower = next.value.loss < point.value.loss
      if isLower { point = next }
      if isDone || !isLower { return point }
    }
    return point
  }

  private func ending(_ objective: MatrixObjective, promise: Double) -> QuasiNewton.Ending {
    let evaluations = Self.largestWork / objective.workOfEvaluation
    return .init(promise: promise, evaluationCount: max(20, Int(min(evaluations, 2000))))
  }
}

extension QuasiNewton {
  /// The minimum of an objective that is found from `start`, after searches of similar ones.
  fileprivate mutating func minimum(
    of objective: MatrixObjective, from start: [Double], _ ending: Ending
  ) throws -> Point {
    function = objective.value(at:)
    rounding = objective.isSingle ? MatrixObjective.roundingOfSingle : Self.leastRounding
    return try minimum(from: start, ending)
  }
}

/// The second derivatives of the loss of `MatrixObjective` at a point, approximately: those of rows with
/// equal weights and classes of equal probability.
///
/// Of the penalized loss, they are u/K · E[x xᵀ] for the numbers of each class, x the inputs and a 1, u
/// the mean of 1 − Σ p², beside the penalty. A change that is the same for all classes changes the
/// penalty alone.
struct MatrixMetric: Sendable {
  private let workers: Workers
  private let classCount: Int
  private let penalties: [Double]  // [K + 1], second derivatives
  /// The inverse for each class; nil where rounding leaves none.
  private let inverseMatrix: [Double]?  // [K + 1, K + 1]

  /// About so many rows give the second moments well enough.
  private static func sampleCount(classCount: Int) -> Int { max(2048, 4 * classCount) }
  private static let panelSize = 128

  init(_ objective: MatrixObjective, at point: [Double]) throws {
    workers = objective.blocks.workers
    classCount = objective.classCount
    penalties = objective.secondPenalties
    let size = classCount + 1
    var sample = objective
    sample.stride *= max(
      1, objective.rowCount / Self.sampleCount(classCount: objective.classCount))
    var (matrix, uncertainty) = try sample.moments(at: point)
    for i in matrix.indices { matrix[i] *= uncertainty / Double(classCount) }
    for i in 0..<size { matrix[i * (size + 1)] += penalties[i] }
    inverseMatrix = Self.inverse(matrix, size: size, workers: workers)
  }

  /// The inverse of a symmetric matrix whose rows and columns may differ much in size.
  private static func inverse(_ matrix: [Double], size: Int, workers: Workers) -> [Double]? {
    let scales = (0..<size).map { 1 / matrix[$0 * (size + 1)].squareRoot() }
    guard scales.allSatisfy(\.isFinite) else { return nil }
    var scaled = matrix
    for i in 0..<size {
      for j in 0..<size { scaled[i * size + j] *= scales[i] * scales[j] }
      // A hundredth of what a direction has in common with others at most.
      scaled[i * (size + 1)] += 1e-12
    }
    guard let factor = CholeskyFactor(scaled, size: size),
      let rows = try? workers.map(
        size,
        { i in
          var row = [Double](repeating: 0, count: size)
          row[i] = 1
          factor.solve(&row)
          return row.enumerated().map { $1 * scales[i] * scales[$0] }
        })
    else { return nil }
    return Array(rows.joined())
  }

  /// The inverse of the second derivatives times `gradient`, [K, K + 1].
  func inverse(_ gradient: [Double]) throws -> [Double] {
    guard let inverseMatrix else { return gradient }
    let size = classCount + 1
    var means = [Double](repeating: 0, count: size)
    for row in 0..<classCount { for i in 0..<size { means[i] += gradient[row * size + i] } }
    for i in 0..<size { means[i] /= Double(classCount) }
    let panels = IndexChunks(total: classCount, size: Self.panelSize)
    let (own, common) = (gradient, means)
    let parts = try workers.map(panels.count) { panel -> [Double] in
      let rows = panels[panel]
      let excess = rows.flatMap { row in (0..<size).map { own[row * size + $0] - common[$0] } }
      var product = [Double](repeating: 0, count: rows.count * size)
      product.withUnsafeMutableBufferPointer { product in
        excess.withUnsafeBufferPointer { excess in
          inverseMatrix.withUnsafeBufferPointer { inverse in
            guard let product = product.baseAddress, let excess = excess.baseAddress,
              let inverse = inverse.baseAddress
            else { return }
            MatrixProduct.multiply(
              MatrixView(excess, rowStride: size), MatrixView(inverse, rowStride: size),
              into: product, rowStride: size, rows: rows.count, columns: size, depth: size)
          }
        }
      }
      for row in 0..<rows.count {
        for i in 0..<size { product[row * size + i] += common[i] / penalties[i] }
      }
      return product
    }
    return Array(parts.joined())
  }
}
