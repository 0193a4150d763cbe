import Formats

/// A folder of pictures, or a file that says their classes, that cannot be used.
package struct PictureError: Error, CustomStringConvertible {
  /// The path of the folder or file.
  package let file: String
  /// What is wrong with it.
  let problem: any PictureProblem

  package var description: String { "\(file): \(problem.message)".withoutControlCharacters }
}

/// What is wrong with a folder of pictures or a file beside it.
protocol PictureProblem: Sendable {
  /// What was expected and found, and what to do.
  var message: String { get }
}
