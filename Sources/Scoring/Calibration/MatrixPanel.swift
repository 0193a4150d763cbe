// P distributions of a row, K classes, R rows of a panel.

import Foundation
internal import Tensors

/// Reads what a matrix multiplies, one row at a time.
final class MatrixRows {
  /// The classes in canonical order.
  let classes: [Int]  // [K]
  private let source: PredictorLogits
  private let distributions: [Int]
  /// Computes logarithms of probabilities where these are the inputs.
  private let scorer: RowScorer?
  private let pooledCount: Int
  /// The place of each class in the canonical order.
  private let places: [Int]  // [K]
  private let loaded: UnsafeMutablePointer<Double>  // [P, K]
  private var current: UnsafePointer<Double>

  init(_ objective: MatrixObjective, pooledCount: Int) {
    source = objective.source
    classes = objective.order.classes
    distributions = objective.order.distributions
    scorer = objective.input == .logarithms ? RowScorer(source) : nil
    self.pooledCount = pooledCount
    var places = [Int](repeating: 0, count: classes.count)
    for (place, c) in classes.enumerated() { places[c] = place }
    self.places = places
    loaded = .allocate(capacity: pooledCount * classes.count)
    current = UnsafePointer(loaded)
  }

  deinit { loaded.deallocate() }

  /// Loads a row; returns the place of its label in the canonical order.
  func load(_ row: Int) -> Int {
    if let scorer {
      _ = scorer.loadUncalibrated(row, source.part(of: row), orderOf: nil)
      current = UnsafePointer(scorer.logProbabilities)
    } else {
      source.load(row, into: loaded)
    }
    return places[source.logits.labels[row]]
  }

  /// The numbers of a distribution of the loaded row, a class each.
  func values(_ pooled: Int) -> UnsafePointer<Double> {
    current + (pooledCount > 1 ? distributions[pooled] : 0) * classes.count
  }
}

/// Some rows, and sums over these and earlier ones, in memory that it owns.
final class MatrixPanel {
  private let inputRows: MatrixRows
  private let pooledCount: Int
  private let classCount: Int
  private let mayHoldZeros: Bool
  private var rowCount = 0
  private var labels: [Int]  // [R], in canonical order
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
    inputRows = MatrixRows(objective, pooledCount: pooledCount)
    self.pooledCount = pooledCount
    classCount = objective.classCount
    mayHoldZeros = objective.source.logits.numbers == .probabilities
    labels = [Int](repeating: 0, count: rowCount)
    let count = rowCount * pooledCount
    inputs = .allocate(capacity: count * (classCount + 1))
    scores = .allocate(capacity: count * classCount)
    exponentials = .allocate(capacity: classCount)
    logLikelihoods = .allocate(capacity: pooledCount)
    isZero = [Bool](repeating: false, count: mayHoldZeros ? count * classCount : 0)
  }

  deinit {
    for memory in [inputs, scores, exponentials, logLikelihoods] { memory.deallocate() }
  }

  /// Loads rows, of which `stride` are one further.
  func load(_ rows: Range<Int>, stride: Int) {
    rowCount = rows.count
    var next = inputs
    for (i, row) in rows.enumerated() {
      labels[i] = inputRows.load(row * stride)
      for pooled in 0..<pooledCount {
        gather(inputRows.values(pooled), to: next, (i * pooledCount + pooled))
        next += classCount + 1
      }
    }
  }

  private func gather(
    _ values: UnsafePointer<Double>, to target: UnsafeMutablePointer<Double>, _ index: Int
  ) {
    for (place, c) in inputRows.classes.enumerated() { target[place] = values[c] }
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
