/// The steps to which JPEG rounds the coefficients of an 8×8 block.
struct QuantizationTable: Sendable {
  let steps: [SIMD8<Int32>]  // [8, 8]

  /// The example tables of ITU-T T.81, annex K, scaled to a quality as libjpeg does.
  init(_ base: [SIMD8<Int32>], quality: Int) {
    let scale = Int32(quality < 50 ? 5000 / quality : 200 - 2 * quality)
    steps = base.map { row in
      let scaled = (row &* scale &+ 50) / 100
      return scaled.clamped(lowerBound: .one, upperBound: SIMD8(repeating: 255))
    }
  }

  static let luma: [SIMD8<Int32>] = [
    [16, 11, 10, 16, 24, 40, 51, 61],
    [12, 12, 14, 19, 26, 58, 60, 55],
    [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62],
    [18, 22, 37, 56, 68, 109, 103, 77],
    [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101],
    [72, 92, 95, 98, 112, 100, 103, 99],
  ]

  static let chroma: [SIMD8<Int32>] = [
    [17, 18, 24, 47, 99, 99, 99, 99],
    [18, 21, 26, 66, 99, 99, 99, 99],
    [24, 26, 56, 99, 99, 99, 99, 99],
    [47, 66, 99, 99, 99, 99, 99, 99],
    [99, 99, 99, 99, 99, 99, 99, 99],
    [99, 99, 99, 99, 99, 99, 99, 99],
    [99, 99, 99, 99, 99, 99, 99, 99],
    [99, 99, 99, 99, 99, 99, 99, 99],
  ]
}
