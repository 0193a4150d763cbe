import Foundation
import Yams

/// A YAML file that is decoded strictly: unknown keys and impossible values are errors.
public struct ConfigurationFile {
  /// The file, for messages.
  public let url: URL
  private let root: Node

  /// The largest file that is read, in bytes.
  public static let maximumSize = 1 << 20

  /// Reads a YAML file.
  ///
  /// - Throws: `FileError` if it cannot be read or is larger than `maximumSize`, `FileFormError` for
  ///   UTF-16 and other forms, or `ConfigurationError` with the line if it is empty or not YAML.
  public init(contentsOf url: URL) throws {
    let text = try FileText.read(url, limit: Self.maximumSize, expecting: "YAML")
    try self.init(text: text, url: url)
  }

  /// Reads YAML from `text`; `url` is named in messages.
  ///
  /// Aliases and merge keys are replaced by what they stand for, at most ten thousand values. An alias
  /// within a key is refused.
  ///
  /// - Throws: `ConfigurationError` with the line if it is empty, not YAML or has aliases that are not
  ///   read.
  public init(text: String, url: URL) throws {
    self.url = url
    do {
      guard let root = try YAMLTree.root(of: text, file: url) else {
        throw ConfigurationError(url, nil, [], "expected YAML, found an empty file")
      }
      self.root = root
    } catch let error as YamlError {
      throw ConfigurationError(url, error.line, [], "not YAML: \(error.reason)")
    }
  }

  /// Decodes the file as `Value`.
  ///
  /// - Throws: `ConfigurationError` naming the file, the line and the key.
  public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
    do {
      return try YAMLDecoder().decode(type, from: root)
    } catch let error as DecodingError {
      throw describe(error)
    }
  }
}

extension ConfigurationFile {
  private func describe(_ error: DecodingError) -> ConfigurationError {
    switch error {
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      mismatch(at: context.codingPath, expected: Self.name(of: type))
    case .keyNotFound(let key, let context): missing(key, at: context.codingPath)
    case .dataCorrupted(let context):
      ConfigurationError(
        url, line(of: context.codingPath), context.codingPath.map(\.stringValue),
        context.debugDescription)
    @unknown default:
      ConfigurationError(url, nil, [], "\(error)")
    }
  }

  /// A key that is not there, or only as text where a number is meant.
  private func missing(_ key: any CodingKey, at path: [any CodingKey]) -> ConfigurationError {
    let keys = (node(at: path)?.mapping?.map(\.key) ?? []).compactMap(\.scalar)
    let quoted = keys.first { $0.string == key.stringValue && $0.isQuoted }
    return ConfigurationError(
      url, quoted?.mark?.line ?? line(of: path), path.map(\.stringValue),
      quoted == nil
        ? "the key \"\(key.stringValue)\" is missing"
        : "expected the number \(key.stringValue) as a key, found \"\(key.stringValue)\""
          + Self.quotes)
  }

  private func mismatch(at path: [any CodingKey], expected: String) -> ConfigurationError {
    let found: String
    switch node(at: path) {
    case .scalar(let scalar)?: found = "\"\(scalar.string)\"" + Self.remark(on: scalar, expected)
    case .mapping?: found = "a mapping"
    case .sequence?: found = "a list"
    default: found = "nothing"
    }
    return ConfigurationError(
      url, line(of: path), path.map(\.stringValue), "expected \(expected), found \(found)")
  }

  /// What a number or truth value in quotes is, which looks like one.
  private static func remark(on scalar: Node.Scalar, _ expected: String) -> String {
    guard scalar.isQuoted else { return "" }
    let isNumber = expected.hasSuffix("number") && Double(scalar.string) != nil
    let isTruth = expected == name(of: Bool.self) && ["true", "false"].contains(scalar.string)
    return isNumber || isTruth ? quotes : ""
  }

  private static let quotes = " in quotes, which make it text; remove them"

  private func node(at path: [any CodingKey]) -> Node? {
    path.reduce(Optional(root)) { node, key in
      key.intValue.flatMap { node?.sequence?[safely: $0] } ?? node?.mapping?[Node(key.stringValue)]
    }
  }

  /// The line of the longest part of `path` that exists in the file.
  private func line(of path: [any CodingKey]) -> Int? {
    for length in stride(from: path.count, through: 0, by: -1) {
      if let mark = node(at: Array(path.prefix(length)))?.mark { return mark.line }
    }
    return nil
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is any FixedWidthInteger.Type: "a whole number"
    case is any BinaryFloatingPoint.Type: "a number"
    case is Bool.Type: "true or false"
    case is String.Type: "text"
    case is any ExpressibleByDictionaryLiteral.Type: "a mapping"
    case is any Sequence.Type: "a list"
    default: "a single value"
    }
  }
}

extension Node.Scalar {
  fileprivate var isQuoted: Bool { [.singleQuoted, .doubleQuoted].contains(style) }
}

extension Node.Sequence {
  fileprivate subscript(safely index: Int) -> Node? {
    indices.contains(index) ? self[index] : nil
  }
}

extension YamlError {
  fileprivate var line: Int? {
    switch self {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
      mark.line
    case .duplicatedKeysInMapping(_, let context): context.mark.line
    default: nil
    }
  }

  fileprivate var reason: String {
    switch self {
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _),
      .composer(_, let problem, _, _):
      problem
    case .duplicatedKeysInMapping(let duplicates, _):
      "the key \"\(duplicates.map { "\($0)" }.joined(separator: "\", \""))\" is given twice, first here"
    default: "\(self)"
    }
  }
}

/// A configuration file with an unknown key, an impossible value or a syntax error.
public struct ConfigurationError: Error, CustomStringConvertible, Equatable {
  /// The configuration file.
  public let file: URL
  /// The line in the file, counted from 1, if it is known.
  public let line: Int?
  /// The keys that lead to the value, outermost first.
  public let path: [String]
  /// What was expected and what was found.
  public let problem: String

  /// Creates an error.
  public init(_ file: URL, _ line: Int?, _ path: [String], _ problem: String) {
    self.file = file
    self.line = line
    self.path = path
    self.problem = problem
  }

  public var description: String {
    let location = line.map { "\(file.path):\($0)" } ?? file.path
    let keys = path.isEmpty ? "" : "\(path.joined(separator: ".")): "
    return "\(location): \(keys)\(problem)".withoutControlCharacters
  }
}
