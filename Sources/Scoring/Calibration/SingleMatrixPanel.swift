// P distributions of a row, K classes, R rows of a panel.

import Foundation
internal import Tensors

/// What a matrix multiplies, of all rows in Float32.
final class SingleMatrixInputs: @unchecked Sendable {
  fileprivate let pooledCount: Int
  fileprivate let classCount: Int
  /// The numbers of each distribution in canonical order, then a 1.
  fileprivate let values: UnsafeMutablePointer<Float>  // [N, P, K + 1]
  /// The place of each row's label in that order.
  fileprivate let labels: [Int]  // [N]

  /// Reads the rows of `objective`.
  init(_ objective: MatrixObjective, pooledCount: Int) throws {
    self.pooledCount = pooledCount
    classCount = objective.classCount
    let rowSize = pooledCount * (objective.classCount + 1)
    let values = UnsafeMutablePointer<Float>.allocate(
      capacity: objective.source.logits.rowCount * rowSize)
    self.values = values
    let target = Target(values: values)
    labels = objective.blocks.flatMap(objective.source.logits.rowCount) { rows in
      let memory = MatrixRows(objective, pooledCount: pooledCount)
      return rows.map { row in
        let label = memory.load(row)
        var next = target.values + row * rowSize
        for pooled in 0..<pooledCount {
          let numbers = memory.values(pooled)
          for (place, c) in memory.classes.enumerated() { next[place] = Float(numbers[c]) }
          next[memory.classes.count] = 1
          next += memory.classes.count + 1
        }
        return label
      }
    }
  }

  deinit { values.deallocate() }

  /// Where threads write, each its own rows.
  private struct Target: @unchecked Sendable {
    let values: UnsafeMutablePointer<Float>
  }
}

/// The losses of rows and their gradient, with products in Float32: what `MatrixPanel` computes in
/// Float64.
final class SingleMatrixPanel {
  private let all: SingleMatrixInputs
  private let pooledCount: Int
  private let classCount: Int
  private var labels: [Int]  // [R, P], in canonical order
  private let inputs: UnsafeMutablePointer<Float>  // [R, P, K + 1]
  private let scores: UnsafeMutablePointer<Float>  // [R, P, K], then errors
  private let product: UnsafeMutablePointer<Float>  // [K, K + 1], of one panel
  private let logLikelihoods: UnsafeMutablePointer<Double>  // [R, P]
  /// Σ error · input of the rows so far.
  private(set) var products: [Double]  // [K, K + 1]
  /// The sum of their losses.
  private(set) var sum = 0.0

  init(_ all: SingleMatrixInputs, rowCount: Int) {
    self.all = all
    (pooledCount, classCount) = (all.pooledCount, all.classCount)
    let (count, size) = (rowCount * pooledCount, classCount * (classCount + 1))
    labels = [Int](repeating: 0, count: count)
    inputs = .allocate(capacity: count * (classCount + 1))
    scores = .allocate(capacity: count * classCount)
    product = .allocate(capacity: size)
    logLikelihoods = .allocate(capacity: count)
    products = [Double](repeating: 0, count: size)
  }

  deinit {
    for memory in [inputs, scores, product] { memory.deallocate() }
    logLikelihoods.deallocate()
  }

  /// Adds rows, of which `stride` are one further, under a matrix and biases.
  func add(_ rows: Range<Int>, stride: Int, _ parameters: [Float]) {
    load(rows, stride: stride)
    multiply(parameters, count: rows.count * pooledCount)
    ProbabilityKernels.preferred.softmaxErrors(
      of: scores, count: rows.count * pooledCount, classCount: classCount, labels: labels,
      logLikelihoods: logLikelihoods)
    for row in 0..<rows.count { addLoss(row) }
    addGradient(count: rows.count * pooledCount)
  }

  private func load(_ rows: Range<Int>, stride: Int) {
    let size = pooledCount * (classCount + 1)
    for (i, row) in rows.enumerated() {
      (inputs + i * size).update(from: all.values + row * stride * size, count: size)
      for pooled in 0..<pooledCount {
        labels[i * pooledCount + pooled] = all.labels[row * stride]
      }
    }
  }

  private func multiply(_ parameters: [Float], count: Int) {
    let size = classCount + 1
    parameters.withUnsafeBufferPointer { parameters in
      guard let parameters = parameters.baseAddress else { return }
      MatrixProduct.multiply(
        MatrixView(inputs, rowStride: size),
        MatrixView(parameters, rowStride: size, isTransposed: true), into: scores,
        rowStride: classCount, rows: count, columns: classCount, depth: size)
    }
  }

  /// Adds the loss of a row, and weighs the errors of its distributions.
  private func addLoss(_ row: Int) {
    let own = logLikelihoods + row * pooledCount
    let logMean = logMeanExponential(own, count: pooledCount, stride: 1)
    sum -= logMean
    guard pooledCount > 1 else { return }
    for pooled in 0..<pooledCount {
      let weight = Float(exp(own[pooled] - logMean) / Double(pooledCount))
      let errors = scores + (row * pooledCount + pooled) * classCount
      for c in 0..<classCount { errors[c] *= weight }
    }
  }

  private func addGradient(count: Int) {
    let size = classCount + 1
    MatrixProduct.multiply(
      MatrixView(scores, rowStride: classCount, isTransposed: true),
      MatrixView(inputs, rowStride: size), into: product, rowStride: size, rows: classCount,
      columns: size, depth: count)
    products.withUnsafeMutableBufferPointer { products in
      for i in products.indices { products[i] += Double(product[i]) }
    }
  }
}
