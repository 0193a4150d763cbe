import Corruptions
import Foundation
import TestSupport

/// The suites that come with the project.
enum Suites {
  static let folder = TestPackage.url.appending(path: "corruptions")

  static let cifar = load("cifar.yaml", codec: "ijg")
  static let tiny = load("tiny-imagenet.yaml", codec: "ijg")

  /// The CIFAR suite with another JPEG library.
  static func cifar(codec: String) -> CorruptionSuite { load("cifar.yaml", codec: codec) }

  /// The Tiny-ImageNet suite with another JPEG library.
  static func tiny(codec: String) -> CorruptionSuite { load("tiny-imagenet.yaml", codec: codec) }

  /// The ImageNet suite with a JPEG library, and with another text in place of `old`.
  static func imagenet(
    codec: String, replacing old: String = "", by new: String = ""
  ) -> CorruptionSuite {
    load("imagenet.yaml", codec: codec, replacing: old, by: new)
  }

  private static func load(
    _ file: String, codec: String, replacing old: String = "", by new: String = ""
  ) -> CorruptionSuite {
    do {
      let url = folder.appendingPathComponent(file)
      let text = try String(contentsOf: url, encoding: .utf8)
      return try CorruptionSuite(
        text: text.replacingOccurrences(of: "codec: ijg", with: "codec: \(codec)")
          .replacingOccurrences(of: old, with: new), url: url)
    } catch {
      fatalError("\(error)")
    }
  }
}
