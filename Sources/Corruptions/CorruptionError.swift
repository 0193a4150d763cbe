import Foundation

/// A corruption that cannot be applied as asked.
public enum CorruptionError: Error, CustomStringConvertible, Equatable {
  /// The image is not of the side that the suite's parameters are for; sizes in pixels.
  case wrongSize(Corruption.Name, expectedSide: Int, foundHeight: Int, foundWidth: Int)
  /// The suite has no parameters for the severity.
  case unknownSeverity(Corruption.Name, expected: [Int], found: Int)
  /// A texture of `frost` is not of the published size; shapes of arrays.
  case wrongTexture(URL, expected: [Int], found: [Int])
  /// A folder lacks some of the textures of `frost`, without which the mixture would be another.
  case missingTextures(URL, [String])

  public var description: String {
    switch self {
    case .wrongSize(let name, let side, let height, let width):
      "\(name): expected an image of \(side)×\(side) pixels, found \(height)×\(width)"
    case .unknownSeverity(let name, let expected, let found):
      "\(name): the suite has severities \(expected.map(String.init).joined(separator: ", "))"
        + "; asked for \(found)"
    case .wrongTexture(let url, let expected, let found):
      "\(url.path): expected a frost texture of shape \(expected), found \(found)"
    case .missingTextures(let url, let names):
      "\(url.path): expected the five published frost textures, or arrays (.npy) of them; missing: "
        + names.joined(separator: ", ")
    }
  }
}
