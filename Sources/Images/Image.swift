/// An 8-bit RGB image: `height × width × 3` bytes in row-major order, channels R, G, B.
public struct Image: Sendable, Equatable {
  /// The number of rows.
  public let height: Int
  /// The number of columns.
  public let width: Int
  /// The bytes, `pixels[(row * width + column) * 3 + channel]`; their number must not change.
  public var pixels: [UInt8]

  /// An image of the given bytes, whose number must be `height * width * 3`.
  public init(height: Int, width: Int, pixels: [UInt8]) {
    precondition(pixels.count == height * width * 3, "\(pixels.count) bytes for \(height)×\(width)")
    self.height = height
    self.width = width
    self.pixels = pixels
  }

  /// One byte; channels 0, 1, 2 are R, G, B.
  public subscript(row: Int, column: Int, channel: Int) -> UInt8 {
    get { pixels[(row * width + column) * 3 + channel] }
    set { pixels[(row * width + column) * 3 + channel] = newValue }
  }
}
