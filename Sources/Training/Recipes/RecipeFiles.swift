import Formats
import Foundation

/// Writes recipes as configuration files.
package enum RecipeFiles {
  /// The file of one recipe.
  package struct Outcome: Sendable, Equatable {
    package let recipe: String
    package let file: URL
    /// Whether the file was written; if not, it existed with the same bytes.
    package let isNew: Bool
  }

  /// Writes a file for each recipe into `folder`: the recipe's own text, or a template filled in.
  ///
  /// Nothing is written if one of the files exists with other contents, unless `replaces` is set.
  ///
  /// - Throws: `RecipeError.existing`, `ConfigurationError` about the template, `FileError`.
  package static func write(
    _ recipes: [Recipe], filling template: RecipeTemplate? = nil, to folder: URL, replaces: Bool
  ) throws -> [Outcome] {
    let files = try recipes.map { recipe in
      let text = try template.map { try $0.filled(for: recipe) } ?? recipe.text
      let url = folder.appendingPathComponent("\(recipe.name).yaml")
      let isThere = FileManager.default.fileExists(atPath: url.path)
      let isEqual =
        isThere && (try? FileContents.read(url, limit: text.utf8.count)) == Array(text.utf8)
      guard !isThere || isEqual || replaces else { throw RecipeError.existing(url) }
      return (recipe, url, text, isEqual)
    }
    try FolderCreation.create(folder)
    return try files.map { recipe, url, text, isEqual in
      if !isEqual { try AtomicFile.write(text, to: url) }
      return Outcome(recipe: recipe.name, file: url, isNew: !isEqual)
    }
  }
}
