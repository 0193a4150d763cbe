import Images

/// Per-channel scaling of bytes to the network's input: (x/255 − mean) / standard deviation.
///
/// In Float32 with PyTorch's order of operations (torchvision's `ToTensor`, then `Normalize`).
package struct Normalization: Sendable, Equatable {
  /// The result for each byte, `table[3 * byte + channel]`.
  private let table: [Float]

  /// A normalization by three means and three deviations, of pixels in [0, 1].
  package init(mean: [Double], standardDeviation: [Double]) {
    precondition(mean.count == 3 && standardDeviation.count == 3, "one number for each channel")
    table = (0..<256).flatMap { byte in
      (0..<3).map { (Float(byte) / 255 - Float(mean[$0])) / Float(standardDeviation[$0]) }
    }
  }

  /// The image's `height * width * 3` numbers.
  func pixels(of image: Image) -> [Float] {
    [Float](unsafeUninitializedCapacity: image.pixels.count) { output, count in
      count = image.pixels.count
      if let start = output.baseAddress { write(image, to: start) }
    }
  }

  /// Writes the image's `height * width * 3` numbers from `output` on.
  func write(_ image: Image, to output: UnsafeMutablePointer<Float>) {
    table.withUnsafeBufferPointer { table in
      image.pixels.withUnsafeBufferPointer { pixels in
        var channel = 0
        for index in pixels.indices {
          output[index] = table[3 * Int(pixels[index]) + channel]
          channel = channel == 2 ? 0 : channel + 1
        }
      }
    }
  }
}
