/// How much a pickle may hold before it is refused.
public struct PickleLimits: Sendable {
  /// Values in the file, and values of the result when shared ones are counted at every place.
  public var valueCount: Int
  /// Lists in lists, and the like.
  public var depth: Int

  /// Room for an image data set's labels and for any network's checkpoint.
  public init(valueCount: Int = 1 << 22, depth: Int = 100) {
    self.valueCount = valueCount
    self.depth = depth
  }
}
