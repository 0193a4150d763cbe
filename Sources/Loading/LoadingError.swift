import Formats

/// Images that cannot be loaded as asked.
package enum LoadingError: Error, CustomStringConvertible, Equatable {
  /// An image has another size than its data set's.
  case wrongImageSize(dataset: String, index: Int, expected: Int, height: Int, width: Int)
  /// A data set has fewer images than a purpose needs.
  case tooFewImages(dataset: String, purpose: String, expected: Int, found: Int)
  /// The mixing method cannot mix so many inputs, or is missing although one is needed.
  case mixingMethod(memberCount: Int, expected: [MixingMethod], found: MixingMethod?)
  /// The masks are too small for a method.
  case maskTooSmall(MixingMethod, expected: Int, height: Int, width: Int)

  package var description: String { message.withoutControlCharacters }

  private var message: String {
    switch self {
    case .wrongImageSize(let dataset, let index, let expected, let height, let width):
      "\(dataset): image \(index): expected \(expected)×\(expected) pixels, found \(height)×\(width)"
    case .tooFewImages(let dataset, let purpose, let expected, let found):
      "\(dataset): \(purpose) needs at least \(expected) images, found \(found)"
    case .mixingMethod(let memberCount, let expected, let found):
      "mixmo.mix_method: \(memberCount) members need one of "
        + expected.map(\.rawValue).joined(separator: ", ") + "; found \(found?.rawValue ?? "none")"
    case .maskTooSmall(let method, let expected, let height, let width):
      "\(method.rawValue): expected masks of at least \(expected)×\(expected), "
        + "found \(height)×\(width)"
    }
  }
}
