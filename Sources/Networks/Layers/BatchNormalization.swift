// N batch, H height, W width, C channels; a row is the C values of one pixel.

import Tensors

/// Batch normalisation (Ioffe and Szegedy 2015) followed by ReLU, as every normalisation in these
/// networks is.
///
/// In training, channels are normalised by the mean and the biased variance of the batch; the
/// running variance is unbiased. In inference, by the running statistics.
package final class BatchNormalization {
  package static let epsilon: Float = 1e-5
  package static let momentum: Float = 0.1

  package let weight: Parameter  // [C]
  package let bias: Parameter  // [C]
  package let runningMean: Tensor  // [C]
  package let runningVariance: Tensor  // [C]
  /// The number of training batches seen.
  package var batchCount = 0

  private let name: String
  private let channels: Int
  private let engine: Engine
  private var pass: Pass?

  /// What the backward pass needs of the forward pass.
  private struct Pass {
    let input: Tensor  // [N, H, W, C]
    let output: Tensor  // [N, H, W, C]
    let mean: Tensor  // [C]
    let inverseDeviation: Tensor  // [C]
  }

  package init(_ name: String, channels: Int, engine: Engine) {
    self.name = name
    self.channels = channels
    self.engine = engine
    weight = Parameter("\(name).weight", [channels])
    bias = Parameter("\(name).bias", [channels])
    runningMean = Tensor([channels])
    runningVariance = Tensor([channels])
    weight.value.fill(with: 1)
    runningVariance.fill(with: 1)
  }

  package var state: [StateEntry] {
    [
      .parameter(weight), .parameter(bias), .statistic("\(name).running_mean", runningMean),
      .statistic("\(name).running_var", runningVariance),
      .batchCount("\(name).num_batches_tracked", self),
    ]
  }

  /// `max(0, (x − mean) / √(variance + ε) · weight + bias)` per channel.
  package func forward(_ input: Tensor, isTraining: Bool) -> Tensor {
    guard isTraining else {
      pass = nil
      let deviation = inverse(deviationOf: runningVariance)
      return normalize(input, mean: runningMean, inverseDeviation: deviation)
    }
    let (mean, variance) = batchStatistics(input)
    let deviation = inverse(deviationOf: variance)
    let output = normalize(input, mean: mean, inverseDeviation: deviation)
    updateRunningStatistics(mean: mean, variance: variance, rows: input.count / channels)
    pass = Pass(input: input, output: output, mean: mean, inverseDeviation: deviation)
    return output
  }

  /// Sets the gradients of weight and bias and returns the input's.
  ///
  /// With g the gradient where the output is positive, n rows and x̂ the normalised input:
  /// `dx = weight / deviation · (g − Σg / n − x̂ · Σ(g x̂) / n)`.
  package func backward(_ outputGradient: Tensor) -> Tensor {
    guard let pass else { preconditionFailure("backward without a forward pass in training") }
    self.pass = nil
    sumGradients(outputGradient, pass)
    let inputGradient = engine.pool.tensor(outputGradient.shape)
    let (channels, rows) = (channels, outputGradient.count / channels)
    // dx = slope · g + tilt · x + offset, with one of each for every channel.
    let coefficients = engine.pool.tensor([3, channels])
    for c in 0..<channels {
      let slope = weight.value[c] * pass.inverseDeviation[c]
      let tilt = -slope * pass.inverseDeviation[c] * weight.gradient[c] / Float(rows)
      coefficients[c] = slope
      coefficients[channels + c] = tilt
      coefficients[2 * channels + c] = -slope * bias.gradient[c] / Float(rows) - tilt * pass.mean[c]
    }
    engine.workers.forEachRange(of: rows, size: Self.rowsPerTask) {
      let slope = coefficients.elements
      let (tilt, offset) = (slope + channels, slope + 2 * channels)
      for row in $0 {
        let (x, y) = (
          pass.input.elements + row * channels, pass.output.elements + row * channels
        )
        let dy = outputGradient.elements + row * channels
        let dx = inputGradient.elements + row * channels
        for c in 0..<channels {
          let gradient = passed(dy[c], by: y[c])
          dx[c] = slope[c] * gradient + (tilt[c] * x[c] + offset[c])
        }
      }
    }
    return inputGradient
  }
}

extension BatchNormalization {
  /// Rows that are summed in Float before their sum joins a sum in Double.
  private static let rowsPerPart = 32
  /// Rows that a task handles; results do not depend on it.
  private static let rowsPerTask = 512

  private func normalize(_ input: Tensor, mean: Tensor, inverseDeviation: Tensor) -> Tensor {
    let output = engine.pool.tensor(input.shape)
    let channels = channels
    let (scale, shift) = (engine.pool.tensor([channels]), engine.pool.tensor([channels]))
    for c in 0..<channels {
      scale[c] = weight.value[c] * inverseDeviation[c]
      shift[c] = bias.value[c] - mean[c] * scale[c]
    }
    engine.workers.forEachRange(of: input.count / channels, size: Self.rowsPerTask) {
      let (a, b) = (scale.elements, shift.elements)
      for row in $0 {
        let (x, y) = (input.elements + row * channels, output.elements + row * channels)
        for c in 0..<channels { y[c] = max(0, x[c] * a[c] + b[c]) }
      }
    }
    return output
  }

  /// Mean and biased variance per channel, in two passes.
  private func batchStatistics(_ input: Tensor) -> (mean: Tensor, variance: Tensor) {
    let (channels, rows) = (channels, input.count / channels)
    let mean = engine.pool.tensor([channels])
    let variance = engine.pool.tensor([channels])
    channelSums(rows: rows, into: mean) { rows, sum in
      for row in rows {
        let x = input.elements + row * channels
        for c in 0..<channels { sum[c] += x[c] }
      }
    }
    for c in 0..<channels { mean[c] /= Float(rows) }
    channelSums(rows: rows, into: variance) { rows, sum in
      let center = mean.elements
      for row in rows {
        let x = input.elements + row * channels
        for c in 0..<channels { sum[c] += (x[c] - center[c]) * (x[c] - center[c]) }
      }
    }
    for c in 0..<channels { variance[c] /= Float(rows) }
    return (mean, variance)
  }

  /// The bias gradient Σg and the weight gradient Σ(g x̂).
  private func sumGradients(_ outputGradient: Tensor, _ pass: Pass) {
    let channels = channels
    let rows = outputGradient.count / channels
    channelSums(rows: rows, into: bias.gradient) { rows, sum in
      for row in rows {
        let dy = outputGradient.elements + row * channels
        let y = pass.output.elements + row * channels
        for c in 0..<channels { sum[c] += passed(dy[c], by: y[c]) }
      }
    }
    channelSums(rows: rows, into: weight.gradient) { rows, sum in
      let (mean, deviation) = (pass.mean.elements, pass.inverseDeviation.elements)
      for row in rows {
        let dy = outputGradient.elements + row * channels
        let y = pass.output.elements + row * channels
        let x = pass.input.elements + row * channels
        for c in 0..<channels {
          sum[c] += passed(dy[c], by: y[c]) * (x[c] - mean[c]) * deviation[c]
        }
      }
    }
  }

  /// Adds up `addRows` over all rows: in Float within a part, in Double over parts in order.
  private func channelSums(
    rows: Int, into sums: Tensor,
    _ addRows: @Sendable (_ rows: Range<Int>, _ sum: UnsafeMutablePointer<Float>) -> Void
  ) {
    let channels = channels
    let parts = (rows + Self.rowsPerPart - 1) / Self.rowsPerPart
    let partial = engine.pool.tensor([parts, channels])
    engine.workers.forEachRange(of: parts, size: Self.rowsPerTask / Self.rowsPerPart) {
      for part in $0 {
        let sum = partial.elements + part * channels
        sum.update(repeating: 0, count: channels)
        addRows(part * Self.rowsPerPart..<min((part + 1) * Self.rowsPerPart, rows), sum)
      }
    }
    var totals = [Double](repeating: 0, count: channels)
    for part in 0..<parts {
      let sum = partial.elements + part * channels
      for c in 0..<channels { totals[c] += Double(sum[c]) }
    }
    for c in 0..<channels { sums[c] = Float(totals[c]) }
  }

  private func inverse(deviationOf variance: Tensor) -> Tensor {
    let inverse = engine.pool.tensor([channels])
    for c in 0..<channels { inverse[c] = 1 / (variance[c] + Self.epsilon).squareRoot() }
    return inverse
  }

  private func updateRunningStatistics(mean: Tensor, variance: Tensor, rows: Int) {
    let unbiased = Float(rows) / Float(max(rows - 1, 1))
    for c in 0..<channels {
      runningMean[c] += Self.momentum * (mean[c] - runningMean[c])
      runningVariance[c] += Self.momentum * (variance[c] * unbiased - runningVariance[c])
    }
    batchCount += 1
  }
}

/// The gradient that ReLU lets through where its output is `output`.
///
/// Both are read before the choice, so that the compiler can vectorise it.
@inline(__always)
private func passed(_ gradient: Float, by output: Float) -> Float {
  output > 0 ? gradient : 0
}
