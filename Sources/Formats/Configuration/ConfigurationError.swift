import Foundation

/// A configuration file that says something unknown, impossible or unreadable.
public struct ConfigurationError: Error, CustomStringConvertible, Equatable {
  /// The configuration file.
  public let file: URL
  /// The line in the file, counted from 1, where known.
  public let line: Int?
  /// The keys that lead to the value, outermost first.
  public let path: [String]
  /// What was expected and what was found.
  public let problem: String

  /// An error of this problem at this place.
  public init(_ file: URL, _ line: Int?, _ path: [String], _ problem: String) {
    self.file = file
    self.line = line
    self.path = path
    self.problem = problem
  }

  public var description: String {
    let place = line.map { "\(file.path):\($0)" } ?? file.path
    let keys = path.isEmpty ? "" : "\(path.joined(separator: ".")): "
    return "\(place): \(keys)\(problem)".withoutControlCharacters
  }
}
