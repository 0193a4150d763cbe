// N rows, P distributions of each, K classes, R rows of P distributions in a panel.

import Foundation
internal import Tensors

/// The penalized loss of `MatrixCalibrator` as a function of the matrix and the biases: for each class
/// its row of the matrix, then its bias, [K, K + 1], all in canonical order.
struct MatrixObjective {
  let source: PredictorLogits
  let input: MatrixFit.Input
  let blocks: RowBlocks
  let order: CanonicalOrder
  /// Places in the order whose classes are interchangeable, and have the same numbers.
  private let groups: ClassGroups
  /// Only rows 0, `stride`, 2·`stride`, … count.
  var stride = 1
  /// The inputs where products over rows are taken in Float32: the loss is off by about `roundingOfSingle` of
  /// itself.
  private var singleInputs: SingleMatrixInputs?

  /// λ of the mean square off the diagonal, and μ of that of the biases.
  private static let penalty = 0.01
  /// How many parts the rows have, whose sums are added in order.
  private static let largestPartCount = 8
  /// How many distributions are multiplied at a time.
  private static let panelSize = 512

  init(_ source: PredictorLogits, of input: MatrixFit.Input, blocks: RowBlocks) {
    self.source = source
    self.input = input
    self.blocks = blocks
    order = CanonicalOrder(of: source)
    var ends = [0]
    for group in order.groups { ends.append(ends[ends.count - 1] + group.count) }
    groups = ClassGroups(zip(ends, ends.dropFirst()).map { Array($0..<$1) })
  }

  var classCount: Int { source.logits.classCount }
  /// How many rows count.
  var rowCount: Int { (source.logits.rowCount + stride - 1) / stride }

  /// P, the number of distributions that are averaged after the matrix has changed them.
  private var pooledCount: Int { input == .logits ? source.pooledCount : 1 }

  /// The multiplications of an evaluation, and about those of a step, which take longer where products
  /// of vectors are few.
  var workOfEvaluation: Double {
    let (rows, classes) = (Double(rowCount) * Double(pooledCount), Double(classCount))
    let work = (2 * rows + 2 * classes + 1000) * classes * (classes + 1)
    return isSingle ? work / 2 : work
  }

  /// The second derivatives of the penalty with respect to the numbers of a class.
  var secondPenalties: [Double] {
    let count = Double(classCount)
    return [Double](repeating: 2 * Self.penalty / (count * (count - 1)), count: classCount)
      + [2 * Self.penalty / count]
  }

  /// The matrix with `value` on its diagonal and 0 elsewhere, and no biases.
  func diagonal(_ value: Double) -> [Double] {
    var parameters = [Double](repeating: 0, count: classCount * (classCount + 1))
    for c in 0..<classCount { parameters[c * (classCount + 2)] = value }
    return parameters
  }

  /// The matrix and the biases of `parameters`, in natural order.
  func natural(_ parameters: [Double]) -> (weights: [Double], biases: [Double]) {
    var weights = [Double](repeating: 0, count: classCount * classCount)
    var biases = [Double](repeating: 0, count: classCount)
    for (i, row) in order.classes.enumerated() {
      for (j, column) in order.classes.enumerated() {
        weights[row * classCount + column] = parameters[i * (classCount + 1) + j]
      }
      biases[row] = parameters[i * (classCount + 1) + classCount]
    }
    return (weights, biases)
  }

  /// `parameters`, or a gradient, with the means over interchangeable classes for each of them, which
  /// rounding may distinguish where the rows do not.
  func symmetrized(_ parameters: [Double]) -> [Double] {
    guard groups.count < classCount else { return parameters }
    let size = classCount + 1
    var (weights, biases) = ([Double](), [Double]())
    for start in Swift.stride(from: 0, to: parameters.count, by: size) {
      weights += parameters[start..<start + classCount]
      biases.append(parameters[start + classCount])
    }
    (weights, biases) = (groups.symmetrized(weights), groups.averaged(biases))
    var result: [Double] = []
    for row in 0..<classCount {
      result += weights[row * classCount..<(row + 1) * classCount]
      result.append(biases[row])
    }
    return result
  }

  /// The penalized loss and its gradient, of symmetrized parameters.
  func value(at parameters: [Double]) throws -> QuasiNewton.Value {
    guard groups.count < classCount else { return try symmetricValue(at: parameters) }
    var value = try symmetricValue(at: symmetrized(parameters))
    value.gradient = symmetrized(value.gradient)
    return value
  }

  private func symmetricValue(at parameters: [Double]) throws -> QuasiNewton.Value {
    let parts =
      try singleInputs.map { try singleSums(at: parameters, of: $0) }
      ?? sums { panel in
        panel.multiply(parameters)
        panel.addLossAndGradient()
      }
    let share = 1 / Double(rowCount)
    var value = QuasiNewton.Value(loss: 0, gradient: parts[0].products)
    for part in parts.dropFirst() {
      for i in value.gradient.indices { value.gradient[i] += part.products[i] }
    }
    for i in value.gradient.indices { value.gradient[i] *= share }
    value.loss = parts.reduce(0) { $0 + $1.sum } * share
    addPenalty(at: parameters, to: &value)
    return value
  }

  private func addPenalty(at parameters: [Double], to value: inout QuasiNewton.Value) {
    let (size, second) = (classCount + 1, secondPenalties)
    for row in 0..<classCount {
      var squares = 0.0
      for i in 0..<classCount where i != row {
        let parameter = parameters[row * size + i]
        squares += parameter * parameter
        value.gradient[row * size + i] += second[0] * parameter
      }
      let bias = parameters[row * size + classCount]
      value.loss += (second[0] * squares + second[classCount] * bias * bias) / 2
      value.gradient[row * size + classCount] += second[classCount] * bias
    }
  }

  /// The mean over rows of x xᵀ, [K + 1, K + 1], of the inputs and a 1, and of 1 − Σ p².
  func moments(at parameters: [Double]) throws -> (matrix: [Double], uncertainty: Double) {
    let parts = try sums { panel in
      panel.multiply(parameters)
      panel.addMoments()
    }
    let share = 1 / Double(rowCount * pooledCount)
    var matrix = parts[0].products
    for part in parts.dropFirst() { for i in matrix.indices { matrix[i] += part.products[i] } }
    for i in matrix.indices { matrix[i] *= share }
    return (matrix, parts.reduce(0) { $0 + $1.sum } * share)
  }

  /// How many parameters there are.
  private var parameterCount: Int { classCount * (classCount + 1) }

  /// The multiplications of all second derivatives.
  var workOfCurvature: Double {
    let size = Double(parameterCount)
    return (Double(rowCount) * Double(pooledCount) + size / 6) * size * size
  }

  /// The second derivatives at a point, factored; nil where rounding leaves none.
  func curvature(at parameters: [Double]) throws -> CholeskyFactor? {
    let even = symmetrized(parameters)
    let parts = try sums { panel in
      panel.multiply(even)
      panel.addCurvature()
    }
    var matrix = parts[0].products
    for part in parts.dropFirst() { for i in matrix.indices { matrix[i] += part.products[i] } }
    let (size, penalties) = (parameterCount, secondPenalties)
    for i in matrix.indices { matrix[i] /= Double(rowCount) }
    for i in 0..<size {
      let (row, column) = (i / (classCount + 1), i % (classCount + 1))
      // Nothing holds the diagonal where all rows are certain.
      matrix[i * (size + 1)] =
        matrix[i * (size + 1)] * (1 + 1e-12) + (row == column ? 1e-14 : penalties[column])
    }
    return CholeskyFactor(matrix, size: size)
  }

  /// What `body` adds up over the panels of each part of the rows.
  private func sums(
    _ body: @Sendable (MatrixPanel) -> Void
  ) throws -> [(products: [Double], sum: Double)] {
    try parts { panels, size in
      let memory = MatrixPanel(self, rowCount: size, pooledCount: pooledCount)
      for panel in panels {
        memory.load(panel, stride: stride)
        body(memory)
      }
      return (memory.curvature?.sums ?? memory.products, memory.sum)
    }
  }

  /// The losses of each part of the rows, and their gradient, in Float32.
  private func singleSums(
    at parameters: [Double], of inputs: SingleMatrixInputs
  ) throws -> [(products: [Double], sum: Double)] {
    let parameters = parameters.map { Float($0) }
    return try parts { panels, size in
      let memory = SingleMatrixPanel(inputs, rowCount: size)
      for panel in panels { memory.add(panel, stride: stride, parameters) }
      return (memory.products, memory.sum)
    }
  }

  /// What `body` makes of each part of the rows, cut into panels of at most `size` rows.
  private func parts<Sums: Sendable>(
    _ body: @Sendable (_ panels: [Range<Int>], _ size: Int) -> Sums
  ) throws -> [Sums] {
    let panelRows = max(1, Self.panelSize / pooledCount)
    let panels = IndexChunks(total: rowCount, size: panelRows)
    let partSize = (panels.count + Self.largestPartCount - 1) / Self.largestPartCount
    let parts = IndexChunks(total: panels.count, size: partSize)
    return try blocks.workers.map(parts.count) { part in
      body(parts[part].map { panels[$0] }, panelRows)
    }
  }

}

/// The objective in Float32.
extension MatrixObjective {
  /// The share of a loss that Float32 may change.
  static let roundingOfSingle = 1e-7
  /// Of problems whose evaluation takes fewer multiplications, Float32 saves little.
  private static let workForSingle = 1e9
  /// The most inputs that are kept, 4 bytes each.
  private static let largestInputCount = 1 << 27

  var isSingle: Bool { singleInputs != nil }

  /// The same in Float32; nil where that saves little, where there are logarithms of 0, or where the inputs
  /// of all rows take too much memory.
  var rough: MatrixObjective? {
    get throws {
      let inputCount = rowCount * pooledCount * (classCount + 1)
      guard workOfEvaluation >= Self.workForSingle, source.logits.numbers == .logits,
        inputCount <= Self.largestInputCount
      else { return nil }
      var rough = self
      rough.singleInputs = try SingleMatrixInputs(self, pooledCount: pooledCount)
      return rough
    }
  }

  /// The same over rows 0, `stride`, 2·`stride`, ….
  func sample(stride: Int) -> MatrixObjective {
    var sample = self
    sample.stride *= stride
    return sample
  }
}
