import Tensors

/// The mean of each channel over the whole image.
package final class AveragePool {
  private let engine: Engine
  private var inputShape: [Int] = []

  package init(engine: Engine) {
    self.engine = engine
  }

  /// `[N, H, W, C]` to `[N, C]`.
  package func forward(_ input: Tensor) -> Tensor {
    inputShape = input.shape
    let (batch, channels) = (input.shape[0], input.shape[3])
    let pixels = input.shape[1] * input.shape[2]
    let output = engine.pool.tensor([batch, channels])
    engine.workers.forEach(batch) { image, _ in
      let mean = output.elements + image * channels
      mean.update(repeating: 0, count: channels)
      for pixel in 0..<pixels {
        let x = input.elements + (image * pixels + pixel) * channels
        for c in 0..<channels { mean[c] += x[c] }
      }
      for c in 0..<channels { mean[c] /= Float(pixels) }
    }
    return output
  }

  package func backward(_ outputGradient: Tensor) -> Tensor {
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
    return gradient
  }
}
