/// An image file that cannot be read, or an image that cannot be written as one.
public struct ImageError: Error, Equatable, CustomStringConvertible {
  /// The file.
  public let file: String
  /// How many bytes of a damaged file had been read when that was found; for JPEG up to the last
  /// whole block.
  public let offset: Int?
  /// What is wrong with it.
  public let problem: Problem

  /// An error of this problem in this file.
  public init(file: String, offset: Int? = nil, problem: Problem) {
    self.file = file
    self.offset = offset
    self.problem = problem
  }

  /// The ways an image file can be wrong.
  public enum Problem: Equatable, Sendable {
    /// The data begins with these bytes, as no PNG or JPEG file does.
    case notAnImage(firstBytes: [UInt8])
    /// More pixels than the caller allows, or a side longer than is ever read.
    case dimensionsTooLarge(width: Int, height: Int, maximumSide: Int, maximumPixelCount: Int)
    /// The data is cut short or corrupt, in the words of libpng or libjpeg.
    case damaged(ImageFormat, String)
    /// A kind of file that is not read, in the words of libjpeg.
    case unsupported(ImageFormat, String)
    /// An image without pixels, which no file can hold.
    case emptyImage(width: Int, height: Int)
    /// A quality of JPEG that is not one of 1 to 100.
    case qualityOutOfRange(Int)
    /// The image could not be written, in the words of libpng or libjpeg.
    case unwritable(ImageFormat, String)
  }

  public var description: String {
    "\(file): \(offset.map { "byte \($0): " } ?? "")\(problem.description)"
  }
}

extension ImageError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notAnImage(let firstBytes):
      "not an image: expected a PNG file (89 50 4E 47) or a JPEG file (FF D8 FF), found "
        + (firstBytes.isEmpty ? "no bytes" : Self.hexadecimal(firstBytes))
    case .dimensionsTooLarge(let width, let height, let maximumSide, let maximumPixelCount):
      "\(width)×\(height) pixels, expected at most \(maximumSide) a side and "
        + "\(maximumPixelCount) in all"
    case .damaged(let format, let reason): "damaged \(format.rawValue) file: \(reason)"
    case .unsupported(let format, let reason): "unsupported \(format.rawValue) file: \(reason)"
    case .emptyImage(let width, let height):
      "an image of \(width)×\(height) pixels, expected at least 1×1"
    case .qualityOutOfRange(let quality): "JPEG quality \(quality), expected 1 to 100"
    case .unwritable(let format, let reason):
      "cannot be written as a \(format.rawValue) file: \(reason)"
    }
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }
      .joined(separator: " ")
  }
}
