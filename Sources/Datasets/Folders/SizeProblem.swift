import Formats

/// A picture of a size that cannot be used.
enum SizeProblem: PictureProblem {
  /// A picture that is not square, after resizing if it was resized.
  case notSquare(height: Int, width: Int)
  /// A picture of another size than the first one.
  case otherSize(height: Int, width: Int, expected: Int, first: String)
  /// A picture that is smaller than the crop, after resizing if it was resized.
  case smallerThanCrop(Int, height: Int, width: Int)

  private static let advice =
    "(width × height); prepare pictures with --resize and --crop, such as --resize 256 --crop 224"

  var message: String {
    switch self {
    case .notSquare(let height, let width):
      "expected a square picture, found \(width)×\(height) pixels \(Self.advice)"
    case .otherSize(let height, let width, let expected, let first):
      "expected \(expected)×\(expected) pixels, as \(first.oneLine) has, found "
        + "\(width)×\(height) \(Self.advice)"
    case .smallerThanCrop(let crop, let height, let width):
      "expected at least \(crop)×\(crop) pixels for --crop \(crop), found "
        + "\(width)×\(height) (width × height); pictures are not padded: give --resize, or a smaller "
        + "--crop"
    }
  }
}
