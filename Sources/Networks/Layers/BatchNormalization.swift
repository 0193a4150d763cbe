// N batch, H height, W width, C channels; a row is the C values of one pixel.

import CKernels
import Tensors

/// Batch normalization (Ioffe and Szegedy 2015) followed by ReLU, as every normalization in these
/// networks is.
///
/// In training, channels are normalized by the mean and the biased variance of the batch, over all
/// processes; the running variance is unbiased. In inference, by the running statistics. The layer
/// writes no features: what reads its result normalizes and rectifies while reading.
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
    let gate: Gate
    let inverseDeviation: Tensor  // [C]
    /// Rows of the whole batch.
    let rows: Double
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

  /// `max(0, (x − mean) / √(variance + ε) · weight + bias)` per channel, by the statistics of the
  /// batch, which the running ones follow.
  package func forward(_ input: FeatureMap) -> LayerInput {
    let coefficients = engine.pool.tensor([3, channels])
    let inverseDeviation = engine.pool.tensor([channels])
    let (rows, moments) = moments(input)
    let unbiased = Float(rows) / Float(max(rows - 1, 1))
    for (c, (mean, variance)) in moments.enumerated() {
      inverseDeviation[c] = 1 / (variance + Self.epsilon).squareRoot()
      let scale = weight.value[c] * inverseDeviation[c]
      coefficients[c] = scale
      coefficients[channels + c] = bias.value[c] - mean * scale
      coefficients[2 * channels + c] = mean
      runningMean[c] += Self.momentum * (mean - runningMean[c])
      runningVariance[c] += Self.momentum * (variance * unbiased - runningVariance[c])
    }
    batchCount += 1
    pass = Pass(
      gate: Gate(input: input.values, coefficients: coefficients),
      inverseDeviation: inverseDeviation, rows: rows)
    return LayerInput(values: input.values, normalization: coefficients)
  }

  /// The rows of the whole batch, and the mean and biased variance of each channel.
  ///
  /// The variance is the mean of squares less the square of the mean; where these nearly cancel,
  /// the features are summed again around their means.
  private func moments(_ input: FeatureMap) -> (
    rows: Double, moments: [(mean: Float, variance: Float)]
  ) {
    let (sums, rows) = engine.batchSums(
      of: LayerOutput(values: input.values, sumsChannels: true), own: input.sums)
    func moments(_ sums: [Double]) -> [(mean: Double, variance: Double)] {
      (0..<channels).map { c in
        let mean = sums[c] / rows
        let variance = sums[channels + c] / rows - mean * mean
        return (mean, variance < 0 ? 0 : variance)
      }
    }
    let first = moments(sums)
    guard first.contains(where: { $0.mean * $0.mean > Self.cancellation * $0.variance }) else {
      return (rows, first.map { (Float($0.mean), Float($0.variance)) })
    }
    let means = Tensor([channels], first.map { Float($0.mean) })
    let again = engine.batchSums(
      of: LayerOutput(values: input.values, sumsChannels: true, pivot: means))
    let rests = moments(again.sums)
    return (
      rows,
      zip(means.values, rests).map { mean, rest in
        (Float(Double(mean) + rest.mean), Float(rest.variance))
      }
    )
  }

  /// Scale and shift by the running statistics, `[2, C]`.
  package func inferenceCoefficients() -> Tensor {
    let coefficients = Tensor([2, channels])
    for c in 0..<channels {
      let scale = weight.value[c] / (runningVariance[c] + Self.epsilon).squareRoot()
      coefficients[c] = scale
      coefficients[channels + c] = bias.value[c] - runningMean[c] * scale
    }
    return coefficients
  }

  /// Where the last forward pass lets gradients pass, for the layer that sends them here.
  package var gate: Gate { takenPass.gate }

  /// Sets the gradients of weight and bias and returns the input's, plus `addend`.
  ///
  /// With g the gradient after the gate, n rows and x̂ the normalized input:
  /// `dx = weight / deviation · (g − Σg / n − x̂ · Σ(g x̂) / n)`. It is written over g.
  package func backward(_ gated: FeatureMap, adding addend: Tensor? = nil) -> Tensor {
    let (pass, kernels, channels) = (takenPass, engine.kernels, channels)
    self.pass = nil
    let rows = Float(pass.rows)
    let (sums, _) = engine.batchSums(
      of: LayerOutput(values: gated.values, gate: pass.gate, sumsChannels: true), own: gated.sums)
    // dx = slope · g + tilt · x + offset, with one of each for every channel.
    let coefficients = engine.pool.tensor([3, channels])
    for c in 0..<channels {
      let deviation = pass.inverseDeviation[c]
      bias.gradient[c] = Float(sums[c])
      weight.gradient[c] = Float(sums[channels + c]) * deviation
      let slope = weight.value[c] * deviation
      let tilt = -slope * deviation * weight.gradient[c] / rows
      let mean = pass.gate.coefficients[2 * channels + c]
      coefficients[c] = slope
      coefficients[channels + c] = tilt
      coefficients[2 * channels + c] = -slope * bias.gradient[c] / rows - tilt * mean
    }
    let ownRows = gated.values.count / channels
    engine.workers.forEachRange(of: ownRows, size: Self.rowsPerTask) {
      let first = $0.lowerBound * channels
      kernels.table.normalizationGradient(
        gated.values.elements + first, pass.gate.input.elements + first,
        addend.map { UnsafePointer($0.elements + first) }, coefficients.elements, channels,
        $0.count)
    }
    return gated.values
  }

  /// The square of the mean over the variance at which seven bits of the sums are lost.
  private static let cancellation = 128.0
  /// Rows that a task handles; results do not depend on it.
  private static let rowsPerTask = 512

  private var takenPass: Pass {
    guard let pass else { preconditionFailure("backward without a forward pass in training") }
    return pass
  }
}
