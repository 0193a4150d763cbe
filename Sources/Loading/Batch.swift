import Images
import Tensors

/// Normalized images and their classes.
///
/// N batch, H height, W width.
package struct Batch: Sendable {
  package let images: Tensor  // [N, H, W, 3]
  package let labels: [Int]  // [N]

  /// The batch of `labels.count` images that `image` gives, made in parallel.
  ///
  /// Every image must be `side` pixels high and wide.
  ///
  /// - Throws: what `image` throws.
  package init(
    labels: [Int], side: Int, normalization: Normalization, workers: Workers,
    image: @Sendable (Int) throws -> Image
  ) throws {
    let size = side * side * 3
    let tensor = Tensor([labels.count, side, side, 3])
    _ = try workers.map(labels.count) { position in
      let image = try image(position)
      precondition(image.height == side && image.width == side, "image of another size")
      normalization.write(image, to: tensor.elements + position * size)
    }
    images = tensor
    self.labels = labels
  }

  /// The batch of the images at `indices`.
  ///
  /// - Throws: `LoadingError.wrongImageSize`, or what reading an image throws.
  package init(
    _ indices: [Int], of dataset: any Dataset, normalization: Normalization, workers: Workers
  ) throws {
    try self.init(
      labels: indices.map { dataset.labels[$0] }, side: dataset.imageSide,
      normalization: normalization, workers: workers
    ) { try dataset.checkedImage(at: indices[$0]) }
  }
}

extension Dataset {
  /// The bytes `[N, H, W, 3]` of consecutive images, as they are stored, made in parallel.
  ///
  /// - Throws: `LoadingError.wrongImageSize`, or what reading an image throws.
  package func pixels(of range: Range<Int>, workers: Workers) throws -> [UInt8] {
    let images = try workers.map(range.count) {
      try checkedImage(at: range.lowerBound + $0).pixels
    }
    return Array(images.joined())
  }
}

/// The scaling of each channel's bytes to the network's input: (x/255 − mean) / standard deviation.
///
/// Computed in Float32 with PyTorch's order of operations (torchvision's `ToTensor`, then
/// `Normalize`).
package struct Normalization: Sendable, Equatable {
  /// The result for each byte, `table[3 * byte + channel]`.
  private let table: [Float]

  /// A normalization by the mean and standard deviation of each channel, for pixels in [0, 1].
  package init(mean: [Double], standardDeviation: [Double]) {
    precondition(mean.count == 3 && standardDeviation.count == 3, "one number for each channel")
    var table: [Float] = []
    for byte in 0..<256 {
      for (mean, deviation) in zip(mean, standardDeviation) {
        table.append((Float(byte) / 255 - Float(mean)) / Float(deviation))
      }
    }
    self.table = table
  }

  /// The image's values [height, width, 3].
  func pixels(of image: Image) -> [Float] {
    [Float](unsafeUninitializedCapacity: image.pixels.count) { output, count in
      count = image.pixels.count
      if let start = output.baseAddress { write(image, to: start) }
    }
  }

  /// Writes the image's values [height, width, 3] to `output`.
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
