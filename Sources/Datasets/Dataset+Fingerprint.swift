import Formats

extension Dataset {
  /// SHA-256 of the labels and pixels of the first `count` images, of all by default: the same
  /// images have the same one in whatever files they come.
  ///
  /// - Throws: what reading an image throws.
  package func fingerprint(count: Int? = nil) throws -> String {
    try Digest { hasher in
      for index in 0..<min(count ?? self.count, self.count) {
        withUnsafeBytes(of: UInt32(labels[index]).littleEndian) { hasher.update($0) }
        hasher.update(try image(at: index).pixels)
      }
    }.description
  }
}
