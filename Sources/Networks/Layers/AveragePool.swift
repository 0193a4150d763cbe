// N batch, H height, W width, C channels.

import Tensors

/// The mean of each channel over the whole image.
package final class AveragePool {
  private let engine: Engine
  private var inputShape: [Int] = []

  package init(engine: Engine) {
    self.engine = engine
  }

  /// `[N, H, W, C]` to `[N, C]`.
  package func forward(_ input: LayerInput) -> Tensor {
    inputShape = input.values.shape
    let (batch, channels) = (inputShape[0], inputShape[3])
    let pixels = inputShape[1] * inputShape[2]
    let output = engine.pool.tensor([batch, channels])
    let row = engine.scratch(engine.workers.count * channels)[0]
    let kernels = engine.kernels
    engine.workers.forEach(batch) { image, worker in
      let reader = input.reader(kernels)
      let (mean, x) = (output.elements + image * channels, row.elements + worker * channels)
      mean.update(repeating: 0, count: channels)
      for pixel in 0..<pixels {
        let index = image * pixels + pixel
        reader.read(index..<index + 1, into: x)
        for c in 0..<channels { mean[c] += x[c] }
      }
      for c in 0..<channels { mean[c] /= Float(pixels) }
    }
    return output
  }

  /// The gradient of what the layer read, from `[N, C]`, where `gate` lets it pass.
  package func backward(_ outputGradient: Tensor, through gate: Gate?) -> FeatureMap {
    let (batch, channels) = (inputShape[0], inputShape[3])
    let pixels = inputShape[1] * inputShape[2]
    let gradient = engine.pool.tensor(inputShape)
    engine.workers.forEach(batch) { image, _ in
      let dy = outputGradient.elements + image * channels
      for pixel in 0..<pixels {
        let dx = gradient.elements + (image * pixels + pixel) * channels
        for c in 0..<channels { dx[c] = dy[c] / Float(pixels) }
      }
    }
    guard let gate else { return FeatureMap(values: gradient) }
    return engine.applyEpilogue(
      of: LayerOutput(values: gradient, gate: gate, sumsChannels: true))
  }
}
