import Foundation
import Images

extension Image {
  /// Smooth waves with some noise, so that files have the size of photographs'; another for each index.
  static func waves(_ index: Int, side: Int) -> Image {
    var state = UInt64(index + 1)
    let pixels = (0..<side * side * 3).map { place -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let (row, column) = (place / (3 * side), place / 3 % side)
      let wave = sin(Double(row * (index % 7 + 1)) / 20) + cos(Double(column + index) / 9)
      return UInt8(128 + 50 * wave + Double(state >> 59) - 16)
    }
    return Image(height: side, width: side, pixels: pixels)
  }
}
