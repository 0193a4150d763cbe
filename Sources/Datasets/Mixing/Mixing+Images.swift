// Mixing of two images that will be mixed again, in features.
extension Mixing {
  /// The two images of `[H, W, 3]` numbers, each where its mask lets it through.
  package func blend(_ first: [Float], _ second: [Float]) -> [Float] {
    let mask = masks[0]
    let strides = mask.strides
    var blend = second
    var index = 0
    for row in 0..<mask.size.height {
      for column in 0..<mask.size.width {
        let start = row * strides.row + column * strides.column
        for channel in 0..<3 {
          let share = mask.values[start + channel * strides.channel]
          blend[index] = share * first[index] + (1 - share) * second[index]
          index += 1
        }
      }
    }
    return blend
  }

  /// The mixing whose proportions are those of what `mask` lets through in features.
  ///
  /// λ_k = mean(mask_k · mask) / (mean(mask) + 10⁻⁸), of means over the channels. Where the encoder
  /// halves the image, mask_0 is averaged over 2×2 pixels and λ_1 = 1 − λ_0. If λ_0 < ½ the two
  /// images swap roles, so that the first one stays the major one.
  package func corrected(by mask: MixingMask) -> Mixing {
    let factor = masks[0].size.height / mask.size.height
    precondition(
      factor * mask.size.height == masks[0].size.height
        && factor * mask.size.width == masks[0].size.width,
      "encodings of \(mask.size) for images of \(masks[0].size)")
    let through = mask.channelMean
    let count = Double(through.count)
    let mean = through.reduce(0, +) / count
    func proportion(_ image: MixingMask) -> Double {
      let product = zip(image.pooled(by: factor), through).reduce(0) { $0 + $1.0 * $1.1 }
      return product / count / (mean + 1e-8)
    }
    let first = proportion(masks[0])
    let corrected = Mixing(
      masks: masks, proportions: [first, factor == 1 ? proportion(masks[1]) : 1 - first])
    return first < 0.5 ? corrected.swapped : corrected
  }

  private var swapped: Mixing {
    Mixing(masks: masks.reversed(), proportions: proportions.reversed())
  }
}

extension MixingMask {
  /// The means over the channels and over squares of `factor` × `factor` pixels.
  fileprivate func pooled(by factor: Int) -> [Double] {
    let shares = channelMean
    if factor == 1 { return shares }
    let squares = (height: size.height / factor, width: size.width / factor)
    return (0..<squares.height * squares.width).map { square in
      let (row, column) = square.quotientAndRemainder(dividingBy: squares.width)
      var sum = 0.0
      for y in row * factor..<(row + 1) * factor {
        for x in column * factor..<(column + 1) * factor { sum += shares[y * size.width + x] }
      }
      return sum / Double(factor * factor)
    }
  }
}
