// N batch, h and w the encoders' output extents, C channels, M subnetworks.

import Tensors

/// Mixes the members' encodings into one feature map in training: `M · Σ_m mask_m ⊙ encoding_m`.
///
/// A mask is `[N, h, w]` if it is the same for all channels, `[N, C]` if it is the same for all
/// pixels, or `[N, h, w, C]`.
package final class FeatureMixing {
  private let engine: Engine
  private var masks: [Tensor] = []  // M

  package init(engine: Engine) {
    self.engine = engine
  }

  /// The mixture in training; `masks` is empty for one member.
  package func forward(_ encodings: [Tensor], masks: [Tensor]) -> Tensor {
    self.masks = masks
    guard encodings.count > 1 else { return encodings[0] }
    let shape = encodings[0].shape
    let mixed = engine.pool.tensor(shape)
    let (channels, scale) = (shape[3], Float(encodings.count))
    forEachPixel(of: shape) { pixel, image in
      let target = mixed.elements + pixel * channels
      target.update(repeating: 0, count: channels)
      for (encoding, mask) in zip(encodings, masks) {
        let source = encoding.elements + pixel * channels
        let (share, step) = mask.row(pixel: pixel, image: image)
        for c in 0..<channels { target[c] += scale * share[c * step] * source[c] }
      }
    }
    return mixed
  }

  /// The gradient of each encoding.
  package func backward(_ mixedGradient: Tensor) -> [Tensor] {
    guard !masks.isEmpty else { return [mixedGradient] }
    let (channels, scale) = (mixedGradient.shape[3], Float(masks.count))
    defer { masks = [] }
    return masks.map { mask in
      let gradient = engine.pool.tensor(mixedGradient.shape)
      forEachPixel(of: mixedGradient.shape) { pixel, image in
        let source = mixedGradient.elements + pixel * channels
        let target = gradient.elements + pixel * channels
        let (share, step) = mask.row(pixel: pixel, image: image)
        for c in 0..<channels { target[c] = scale * share[c * step] * source[c] }
      }
      return gradient
    }
  }

  /// Calls `body` for each pixel, counted over all images, of features `[N, h, w, C]`.
  private func forEachPixel(
    of shape: [Int], _ body: @Sendable (_ pixel: Int, _ image: Int) -> Void
  ) {
    let area = shape[1] * shape[2]
    engine.forEachRange(rows: shape[0] * area, elementsPerRow: shape[3]) { pixels in
      for pixel in pixels { body(pixel, pixel / area) }
    }
  }
}

extension Tensor {
  /// The mask's values at one pixel: that of channel c is `share[c * step]`.
  fileprivate func row(pixel: Int, image: Int) -> (share: UnsafePointer<Float>, step: Int) {
    switch shape.count {
    case 2: (UnsafePointer(elements + image * shape[1]), 1)
    case 3: (UnsafePointer(elements + pixel), 0)
    default: (UnsafePointer(elements + pixel * shape[3]), 1)
    }
  }
}
