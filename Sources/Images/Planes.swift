extension Image {
  /// The image with these R, G and B planes, each of `height × width` bytes in row-major order.
  package init(planes: ArraySlice<UInt8>, height: Int, width: Int) {
    let size = height * width
    precondition(planes.count == 3 * size, "\(planes.count) bytes for three planes of \(size)")
    let pixels = [UInt8](unsafeUninitializedCapacity: planes.count) { pixels, count in
      planes.withUnsafeBufferPointer { planes in
        for pixel in 0..<size {
          for channel in 0..<3 { pixels[3 * pixel + channel] = planes[channel * size + pixel] }
        }
      }
      count = planes.count
    }
    self.init(height: height, width: width, pixels: pixels)
  }

  /// The image's R, G and B planes, one after the other.
  package var planes: [UInt8] {
    (0..<3).flatMap { channel in
      stride(from: channel, to: pixels.count, by: 3).map { pixels[$0] }
    }
  }
}
