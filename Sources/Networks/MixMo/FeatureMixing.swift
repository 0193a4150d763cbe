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
    let shares = masks.map(MaskShares.init)
    forEachPixel(of: shape) { pixel, image in
      let target = mixed.elements + pixel * channels
      target.update(repeating: 0, count: channels)
      for (encoding, shares) in zip(encodings, shares) {
        let source = encoding.elements + pixel * channels
        shares.forEachChannel(channels, of: pixel, in: image, times: scale) { c, factor in
          target[c] += factor * source[c]
        }
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
      let shares = MaskShares(mask)
      forEachPixel(of: mixedGradient.shape) { pixel, image in
        let source = mixedGradient.elements + pixel * channels
        let target = gradient.elements + pixel * channels
        shares.forEachChannel(channels, of: pixel, in: image, times: scale) { c, factor in
          target[c] = factor * source[c]
        }
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

/// The values of a mask, by pixel and channel; the mask must outlive this.
private struct MaskShares: @unchecked Sendable {
  private let isSameForChannels: Bool
  private let isSameForPixels: Bool
  private let values: UnsafePointer<Float>
  private let rowLength: Int

  init(_ mask: Tensor) {
    let shape = mask.shape
    (isSameForChannels, isSameForPixels) = (shape.count == 3, shape.count == 2)
    rowLength = isSameForChannels ? 1 : shape[shape.count - 1]
    values = UnsafePointer(mask.elements)
  }

  /// Calls `body` with each channel of a pixel, counted over all images, and `scale` times its value.
  @inline(__always)
  func forEachChannel(
    _ channels: Int, of pixel: Int, in image: Int, times scale: Float,
    _ body: (_ channel: Int, _ factor: Float) -> Void
  ) {
    let row = values + (isSameForPixels ? image : pixel) * rowLength
    if isSameForChannels {
      let factor = scale * row[0]
      for c in 0..<channels { body(c, factor) }
    } else {
      for c in 0..<channels { body(c, scale * row[c]) }
    }
  }
}
