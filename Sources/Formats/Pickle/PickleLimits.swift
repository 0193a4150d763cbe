/// How much a pickle may hold before it is refused.
public struct PickleLimits: Sendable {
  /// Values in the file, and values of the result when shared ones are counted at every place.
  public var valueCount: Int
  /// Lists in lists, and the like.
  public var depth: Int

  /// Limits of these sizes.
  public init(valueCount: Int, depth: Int = 100) {
    self.valueCount = valueCount
    self.depth = depth
  }

  /// Room for an image data set's labels and for any network's checkpoint.
  ///
  /// A value takes one byte of a file and some 500 bytes of memory. With these limits the memory
  /// stays below 32 MiB and three times the file.
  ///
  /// - Parameter byteCount: The size of the file that the pickle is a part of.
  public init(fileByteCount byteCount: Int) {
    self.init(valueCount: 1 << 16 + byteCount / 256)
  }
}
