import Formats
import Foundation

/// A configuration file with placeholders `%(name)s`, as MixMo's generator of experiments has them;
/// `%%` stands for `%`.
package struct RecipeTemplate: Sendable {
  private let text: String
  private let file: URL

  /// Reads a template of at most `ConfigurationFile.maximumSize` bytes.
  ///
  /// - Throws: `FileError`.
  package init(contentsOf url: URL) throws {
    let bytes = try FileContents.read(url, limit: ConfigurationFile.maximumSize)
    self.init(text: String(decoding: bytes, as: UTF8.self), file: url)
  }

  /// The template `text`; `file` is named in messages.
  package init(text: String, file: URL) {
    self.text = text
    self.file = file
  }

  /// The template with the recipe's values in the places of placeholders.
  ///
  /// - Throws: `ConfigurationError` naming file, line and placeholder.
  package func filled(for recipe: Recipe) throws -> String {
    let values = recipe.values
    var filled = ""
    var rest = text[...]
    while let mark = rest.firstIndex(of: "%") {
      filled += rest[..<mark]
      rest = rest[rest.index(after: mark)...]
      if rest.first == "%" {
        filled += "%"
        rest = rest.dropFirst()
        continue
      }
      guard let placeholder = rest.prefixMatch(of: #/\(([^()\n]*)\)s/#) else {
        throw error(at: mark, "expected %(name)s, or %% for a single %")
      }
      guard let value = values[String(placeholder.1)] else {
        throw error(
          at: mark,
          "unknown placeholder %\(String(placeholder.0).oneLine); known are "
            + values.keys.sorted().joined(separator: ", "))
      }
      filled += value
      rest = rest[placeholder.range.upperBound...]
    }
    return filled + rest
  }

  private func error(at place: String.Index, _ problem: String) -> ConfigurationError {
    ConfigurationError(file, 1 + text[..<place].count(where: \.isNewline), [], problem)
  }
}
