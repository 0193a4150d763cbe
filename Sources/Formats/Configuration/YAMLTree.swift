import Foundation
import Yams

/// The tree of a YAML text, in which aliases and merge keys are replaced by what they stand for.
///
/// A few lines of aliases of aliases can stand for more values than any memory holds, and Yams looks
/// at all of them when it compares keys. So the text is first read with every alias as an anchor,
/// which tells what the aliases would expand to; only then are they expanded.
enum YAMLTree {
  /// The most values that a text with aliases may have after their expansion.
  static let maximumNodeCount = 10_000

  /// The root of `text`, which `file` holds; nil if the text is empty.
  ///
  /// - Throws: `ConfigurationError` with the line of an alias that has no anchor, is in a key or
  ///   expands to too much, or of a merge key without a mapping; `YamlError`.
  static func root(of text: String, file: URL) throws -> Node? {
    if text.utf8.contains(UInt8(ascii: "*")) { try YAMLSurvey(text, file: file).check() }
    return try Yams.compose(yaml: text).map { try expanded($0, file: file) }
  }

  /// The tree below `node` with the values of merge keys among those of their mappings.
  private static func expanded(_ node: Node, file: URL) throws -> Node {
    switch node {
    case .scalar, .alias: return node
    case .sequence(let sequence):
      let nodes = try sequence.map { try expanded($0, file: file) }
      return .sequence(.init(nodes, sequence.tag, sequence.style, sequence.mark))
    case .mapping(let mapping):
      var pairs: [(Node, Node)] = []
      var merged: [(Node, Node)] = []
      for (key, value) in mapping {
        let value = try expanded(value, file: file)
        guard key.tag == Tag(.merge) else {
          pairs.append((key, value))
          continue
        }
        for source in try mappings(value, mergedAt: key, file: file) {
          merged += source.map { ($0.key, $0.value) }
        }
      }
      // The mapping's own keys come first, then those of the first mapping that is merged.
      var keys = Set(pairs.map(\.0))
      pairs += merged.filter { keys.insert($0.0).inserted }
      return .mapping(.init(pairs, mapping.tag, mapping.style, mapping.mark))
    }
  }

  /// The mappings that a merge key names: one, or a list of them.
  private static func mappings(
    _ value: Node, mergedAt key: Node, file: URL
  ) throws -> [Node.Mapping] {
    let nodes = value.sequence.map(Array.init) ?? [value]
    return try nodes.map { node in
      guard let mapping = node.mapping else {
        throw ConfigurationError(
          file, key.mark?.line, [], "expected a mapping, or a list of them, after the merge key <<")
      }
      return mapping
    }
  }
}

/// The aliases and anchors of a YAML text, and what the aliases expand to.
private struct YAMLSurvey {
  private let text: String
  private let file: URL

  /// The number of values below a node after expansion, itself included, and of levels.
  private struct Size {
    var nodes = 1
    var depth = 1

    mutating func contain(_ other: Size) {
      nodes = min(nodes + other.nodes, YAMLTree.maximumNodeCount + 1)
      depth = max(depth, other.depth + 1)
    }
  }

  /// As many levels as the parser allows without aliases.
  private static let maximumDepth = 1000
  private static let (aliasMark, anchorMark): (Unicode.Scalar, Unicode.Scalar) = ("a", "n")

  /// Rewrites `text`: each `*name` that could be an alias becomes the anchor `&aname`, and each
  /// `&name` that could be an anchor becomes `&nname`.
  ///
  /// Those in comments and strings are rewritten as well, which changes no other value.
  init(_ text: String, file: URL) {
    self.file = file
    var rewritten = String.UnicodeScalarView()
    var previous: Unicode.Scalar = " "
    let scalars = text.unicodeScalars
    for (scalar, next) in zip(scalars, scalars.dropFirst().map(Optional.init) + [nil]) {
      let begins = !Self.isOfName(previous) && next.map(Self.isOfName) ?? false
      if begins, scalar == "*" || scalar == "&" {
        rewritten.append("&")
        rewritten.append(scalar == "*" ? Self.aliasMark : Self.anchorMark)
      } else {
        rewritten.append(scalar)
      }
      previous = scalar
    }
    self.text = String(rewritten)
  }

  /// Whether a character can be of the name of an anchor.
  private static func isOfName(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
    default: false
    }
  }

  /// - Throws: As `YAMLTree.root` does.
  func check() throws {
    let parser = try Parser(yaml: text)
    // The tree has weak references to the names of anchors, which the parser holds.
    try withExtendedLifetime(parser) {
      var sizes: [Substring: Size] = [:]
      if let root = try parser.singleRoot() { _ = try measure(root, &sizes, isInKey: false) }
    }
  }

  /// The size of `node`; those of the anchors so far are in `sizes`, by their names.
  private func measure(
    _ node: Node, _ sizes: inout [Substring: Size], isInKey: Bool
  ) throws -> Size {
    let name = node.anchor?.rawValue
    if let name, name.unicodeScalars.first == Self.aliasMark {
      return try size(ofAlias: name.dropFirst(), node, sizes, isInKey: isInKey)
    }
    var size = Size()
    for child in node.sequence.map(Array.init) ?? [] {
      size.contain(try measure(child, &sizes, isInKey: isInKey))
    }
    for (key, value) in node.mapping.map(Array.init) ?? [] {
      size.contain(try measure(key, &sizes, isInKey: true))
      size.contain(try measure(value, &sizes, isInKey: isInKey))
    }
    guard size.nodes <= YAMLTree.maximumNodeCount, size.depth <= Self.maximumDepth else {
      throw error(
        node,
        "its aliases (*) expand to more than \(YAMLTree.maximumNodeCount) values or "
          + "\(Self.maximumDepth) levels; write out what they stand for")
    }
    if let name { sizes[name.dropFirst()] = size }
    return size
  }

  private func size(
    ofAlias name: Substring, _ node: Node, _ sizes: [Substring: Size], isInKey: Bool
  ) throws -> Size {
    guard !isInKey else {
      throw error(node, "the alias *\(name) is in a key; write out what it stands for")
    }
    guard let size = sizes[name] else {
      throw error(node, "the alias *\(name) stands for nothing: there is no &\(name) before it")
    }
    return size
  }

  private func error(_ node: Node, _ problem: String) -> ConfigurationError {
    ConfigurationError(file, node.mark?.line, [], problem)
  }
}
