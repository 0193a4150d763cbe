import Formats
import Tensors

extension Dataset {
  /// SHA-256 of all labels and pixels: the same images have the same one in whatever files they come.
  ///
  /// - Throws: what reading an image throws.
  package func fingerprint(workers: Workers) throws -> String {
    try fingerprint(workers) { try image(at: $0).pixels }
  }

  /// SHA-256 of all labels and of the stored bytes of the images, which need not be decoded for it.
  ///
  /// - Throws: what reading an image throws.
  package func storedFingerprint(workers: Workers) throws -> String {
    try fingerprint(workers, of: storedBytes)
  }

  private func fingerprint(
    _ workers: Workers, of bytes: @Sendable (Int) throws -> [UInt8]
  ) throws -> String {
    let chunkSize = 512
    return try Digest { hasher in
      for start in stride(from: 0, to: count, by: chunkSize) {
        let range = start..<min(start + chunkSize, count)
        let images = try workers.map(range.count) { try bytes(range.lowerBound + $0) }
        for (index, image) in zip(range, images) {
          withUnsafeBytes(of: UInt32(labels[index]).littleEndian) { hasher.update($0) }
          hasher.update(image)
        }
      }
    }.description
  }
}
