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
    return (2 * rows + 2 * classes + 1000) * classes * (classes + 1)
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
    let weights = groups.symmetrized(
      (0..<classCount).flatMap { parameters[$0 * size..<$0 * size + classCount] })
    let biases = groups.averaged((0..<classCount).map { parameters[$0 * size + classCount] })
    return (0..<classCount).flatMap { row in
      weights[row * classCount..<(row + 1) * classCount] + [biases[row]]
    }
  }

  /// The penalized loss and its gradient, of symmetrized parameters.
  func value(at parameters: [Double]) throws -> QuasiNewton.Value {
    guard groups.count < classCount else { return try symmetricValue(at: parameters) }
    var value = try symmetricValue(at: symmetrized(parameters))
    value.gradient = symmetrized(value.gradient)
    return value
  }

  private func symmetricValue(at parameters: [Double]) throws -> QuasiNewton.Value {
    let parts = try sums { panel in
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
    let panelRows = max(1, Self.panelSize / pooledCount)
    let panels = IndexChunks(total: rowCount, size: panelRows)
    let partSize = (panels.count + Self.largestPartCount - 1) / Self.largestPartCount
    let parts = IndexChunks(total: panels.count, size: partSize)
    return try blocks.workers.map(parts.count) { part in
      let memory = MatrixPanel(self, rowCount: panelRows, pooledCount: pooledCount)
      for panel in parts[part] {
        memory.load(panels[panel], stride: stride)
        body(memory)
      }
      return (memory.curvature?.sums ?? memory.products, memory.sum)
    }
  }
}

/// Some rows, and sums over these and earlier ones, in memory that it owns.
private final class MatrixPanel {
  private let source: PredictorLogits
  private let order: CanonicalOrder
  /// Computes logarithms of probabilities where these are the inputs.
  private let scorer: RowScorer?
  private let pooledCount: Int
  private let classCount: Int
  private let mayHoldZeros: Bool
  /// The place of each class in the canonical order.
  private let places: [Int]  // [K]
  private var rowCount = 0
  private var labels: [Int]  // [R], in canonical order
  private let loaded: UnsafeMutablePointer<Double>  // [P, K]
  private let inputs: UnsafeMutablePointer<Double>  // [R, P, K + 1]
  private let scores: UnsafeMutablePointer<Double>  // [R, P, K], then probabilities
  private let exponentials: UnsafeMutablePointer<Double>  // [K]
  private let logLikelihoods: UnsafeMutablePointer<Double>  // [P]
  /// Which inputs are logarithms of 0.
  private var isZero: [Bool]  // [R, P, K] where there may be any
  private(set) var products: [Double] = []
  private(set) var sum = 0.0
  private(set) var curvature: MatrixCurvature?

  /// What stands for the logarithm of 0 in products.
  private static let leastLogarithm = log(Double.leastNormalMagnitude)

  init(_ objective: MatrixObjective, rowCount: Int, pooledCount: Int) {
    source = objective.source
    order = objective.order
    scorer = objective.input == .logarithms ? RowScorer(source) : nil
    self.pooledCount = pooledCount
    classCount = objective.classCount
    mayHoldZeros = source.logits.numbers == .probabilities
    var places = [Int](repeating: 0, count: classCount)
    for (place, c) in order.classes.enumerated() { places[c] = place }
    self.places = places
    labels = [Int](repeating: 0, count: rowCount)
    let count = rowCount * pooledCount
    loaded = .allocate(capacity: pooledCount * classCount)
    inputs = .allocate(capacity: count * (classCount + 1))
    scores = .allocate(capacity: count * classCount)
    exponentials = .allocate(capacity: classCount)
    logLikelihoods = .allocate(capacity: pooledCount)
    isZero = [Bool](repeating: false, count: mayHoldZeros ? count * classCount : 0)
  }

  deinit {
    for memory in [loaded, inputs, scores, exponentials, logLikelihoods] { memory.deallocate() }
  }

  /// Loads rows, of which `stride` are one further.
  func load(_ rows: Range<Int>, stride: Int) {
    rowCount = rows.count
    var next = inputs
    for (i, row) in rows.enumerated() {
      labels[i] = places[source.logits.labels[row * stride]]
      let values = load(row * stride)
      for pooled in 0..<pooledCount {
        let distribution = pooledCount > 1 ? order.distributions[pooled] : 0
        gather(values + distribution * classCount, to: next, (i * pooledCount + pooled))
        next += classCount + 1
      }
    }
  }

  private func load(_ row: Int) -> UnsafePointer<Double> {
    guard let scorer else {
      source.load(row, into: loaded)
      return UnsafePointer(loaded)
    }
    _ = scorer.loadUncalibrated(row, source.part(of: row), orderOf: nil)
    return UnsafePointer(scorer.logProbabilities)
  }

  private func gather(
    _ values: UnsafePointer<Double>, to target: UnsafeMutablePointer<Double>, _ index: Int
  ) {
    for (place, c) in order.classes.enumerated() { target[place] = values[c] }
    target[classCount] = 1
    guard mayHoldZeros else { return }
    for place in 0..<classCount {
      let isLogarithmOfZero = LogarithmOfZero.isMeant(by: target[place])
      isZero[index * classCount + place] = isLogarithmOfZero
      if isLogarithmOfZero { target[place] = Self.leastLogarithm }
    }
  }

  /// Computes the new logits of the loaded rows.
  func multiply(_ parameters: [Double]) {
    let size = classCount + 1
    parameters.withUnsafeBufferPointer { parameters in
      guard let parameters = parameters.baseAddress else { return }
      MatrixProduct.multiply(
        MatrixView(inputs, rowStride: size),
        MatrixView(parameters, rowStride: size, isTransposed: true), into: scores,
        rowStride: classCount, rows: rowCount * pooledCount, columns: classCount, depth: size)
    }
    for i in isZero.indices.prefix(rowCount * pooledCount * classCount) where isZero[i] {
      scores[i] = LogarithmOfZero.value
    }
  }

  /// Adds the losses of the rows, and their gradient to `products`.
  func addLossAndGradient() {
    for row in 0..<rowCount {
      let (first, label) = (scores + row * pooledCount * classCount, labels[row])
      for pooled in 0..<pooledCount {
        logLikelihoods[pooled] = normalize(first + pooled * classCount, label: label)
      }
      let logMean = logMeanExponential(logLikelihoods, count: pooledCount, stride: 1)
      sum -= logMean
      for pooled in 0..<pooledCount {
        let errors = first + pooled * classCount
        errors[label] -= 1
        guard pooledCount > 1 else { continue }
        let weight = exp(logLikelihoods[pooled] - logMean) / Double(pooledCount)
        for c in 0..<classCount { errors[c] *= weight }
      }
    }
    addProduct(of: scores, columns: classCount)
  }

  /// Adds 1 − Σ p² of each distribution, and the products of its inputs to `products`.
  func addMoments() {
    for i in 0..<rowCount * pooledCount {
      let row = scores + i * classCount
      _ = normalize(row, label: 0)
      var squares = 0.0
      for c in 0..<classCount { squares += row[c] * row[c] }
      sum += max(0, 1 - squares)
    }
    addProduct(of: inputs, columns: classCount + 1)
  }

  /// Adds the second derivatives of the rows to `products`.
  func addCurvature() {
    if curvature == nil { curvature = MatrixCurvature(classCount: classCount) }
    var weights = [Double](repeating: 1, count: rowCount * pooledCount)
    for row in 0..<rowCount {
      for pooled in 0..<pooledCount {
        let index = row * pooledCount + pooled
        logLikelihoods[pooled] = normalize(scores + index * classCount, label: labels[row])
      }
      guard pooledCount > 1 else { continue }
      let logMean = logMeanExponential(logLikelihoods, count: pooledCount, stride: 1)
      for pooled in 0..<pooledCount {
        weights[row * pooledCount + pooled] =
          exp(logLikelihoods[pooled] - logMean) / Double(pooledCount)
      }
    }
    curvature?.add(
      count: rowCount * pooledCount, weights: weights, probabilities: scores, inputs: inputs,
      classCount: classCount)
  }

  /// Replaces logits by probabilities; returns the logarithm of the label's.
  private func normalize(_ row: UnsafeMutablePointer<Double>, label: Int) -> Double {
    let softmax = Softmax(row, count: classCount, scale: 1, exponentials: exponentials)
    let logLikelihood = row[label] - row[softmax.largest] - softmax.logSum
    let (share, exponentials) = (1 / softmax.sum, exponentials)
    for c in 0..<classCount { row[c] = exponentials[c] * share }
    return logLikelihood
  }

  /// Adds Σ left · input over the loaded distributions, [columns, K + 1].
  private func addProduct(of left: UnsafePointer<Double>, columns: Int) {
    let size = classCount + 1
    if products.isEmpty { products = [Double](repeating: 0, count: columns * size) }
    products.withUnsafeMutableBufferPointer { products in
      guard let products = products.baseAddress else { return }
      MatrixProduct.multiply(
        MatrixView(left, rowStride: columns, isTransposed: true),
        MatrixView(inputs, rowStride: size), into: products, rowStride: size, rows: columns,
        columns: size, depth: rowCount * pooledCount, accumulating: true)
    }
  }
}
