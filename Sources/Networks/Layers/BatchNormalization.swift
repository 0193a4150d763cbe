// N batch, H height, W width, C channels; a row is the C values of one pixel.

import Tensors

/// Batch normalization (Ioffe and Szegedy 2015) followed by ReLU, as all of these networks use it.
///
/// In training, channels are normalized by the mean and the biased variance of the batch, over all
/// processes; the running variance is unbiased. In inference, they are normalized by the running
/// statistics. The layer writes no features: the layer that follows normalizes and rectifies while
/// it reads.
package final class BatchNormalization {
  package static let epsilon: Float = 1e-5
  package static let momentum: Float = 0.1

  package let weight: Parameter  // [C]
  package let bias: Parameter  // [C]
  package let runningMean: Tensor  // [C]
  package let runningVariance: Tensor  // [C]
  /// The number of training batches seen.
  package var batchCount: Int { counter.batchCount }
  private let counter = BatchCounter()

  private let name: String
  private let channels: Int
  private let engine: Engine
  private var pass: Pass?

  /// What the forward pass keeps for the backward pass.
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
      .batchCount("\(name).num_batches_tracked", counter),
    ]
  }

  /// `max(0, (x − mean) / √(variance + ε) · weight + bias)` per channel, by the statistics of the
  /// batch; updates the running ones.
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
    counter.batchCount += 1
    pass = Pass(
      gate: Gate(input: input.values, coefficients: coefficients),
      inverseDeviation: inverseDeviation, rows: rows)
    return LayerInput(values: input.values, normalization: coefficients)
  }

  /// The rows of the whole batch, and the mean and biased variance of each channel.
  ///
  /// The variance is the mean of squares minus the square of the mean. Where these nearly cancel,
  /// the features are summed again with their means subtracted.
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

  /// The gate of the last forward pass, for the layer whose gradients come here.
  package var gate: Gate { takenPass.gate }

  /// Sets the gradients of weight and bias and returns the input's, plus `addend`.
  ///
  /// With g the gradient after the gate, n rows and x̂ the normalized input:
  /// `dx = weight / deviation · (g − Σg / n − x̂ · Σ(g x̂) / n)`. It overwrites g.
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
      kernels.normalizationGradient(
        gated.values.elements + first, input: pass.gate.input.elements + first,
        addend: addend.map { UnsafePointer($0.elements + first) },
        coefficients: coefficients.elements, rows: $0.count, channels: channels)
    }
    return gated.values
  }

  /// The ratio of squared mean to variance at which the difference loses seven bits.
  private static let cancellation = 128.0
  /// Rows that a task handles; results do not depend on it.
  private static let rowsPerTask = 512

  private var takenPass: Pass {
    guard let pass else { preconditionFailure("backward without a forward pass in training") }
    return pass
  }
}

extension Engine {
  /// The sums over the channels that `output` describes, and the number of pixels in them, over the
  /// batch of all processes.
  ///
  /// `own` are the sums over this process's part, where a layer has already made them.
  fileprivate func batchSums(
    of output: LayerOutput, own: [Double]? = nil
  ) -> (sums: [Double], pixels: Double) {
    let channels = output.values.shape[3]
    let sums =
      sumsExactly
      ? processes.exactSums(ofRows: imageSums(of: output), columns: 2 * channels + 1)
      : processes.sum(
        (own ?? applyEpilogue(of: output).sums) + [Double(output.values.count / channels)])
    return (Array(sums.dropLast()), sums[2 * channels])
  }

  /// For each image the sums over its channels and the number of its pixels, `[N, 2 C + 1]`.
  private func imageSums(of output: LayerOutput) -> [Double] {
    let (batch, channels) = (output.values.shape[0], output.values.shape[3])
    let (pixels, columns) = (output.values.shape[1] * output.values.shape[2], 2 * channels + 1)
    var sums = [Double](repeating: 0, count: batch * columns)
    sums.withUnsafeMutableBufferPointer { [kernels] buffer in
      nonisolated(unsafe) let sums = buffer
      workers.forEach(batch) { image, _ in
        let row = sums.extracting(image * columns..<(image + 1) * columns)
        row[columns - 1] = Double(pixels)
        output.applyEpilogue(
          to: image * pixels..<(image + 1) * pixels, sums: row.baseAddress, kernels: kernels)
      }
    }
    return sums
  }
}
