import Formats
import Foundation
import TestSupport
import Testing

/// Any value of YAML whose keys and scalars are text.
private indirect enum Value: Decodable, Equatable {
  case text(String)
  case list([Value])
  case mapping([String: Value])

  init(from decoder: any Decoder) throws {
    if let values = try? decoder.singleValueContainer().decode([String: Value].self) {
      self = .mapping(values)
    } else if let values = try? decoder.singleValueContainer().decode([Value].self) {
      self = .list(values)
    } else {
      self = .text(try decoder.singleValueContainer().decode(String.self))
    }
  }
}

struct YAMLTreeTests {
  static let url = URL(fileURLWithPath: "/a.yaml")

  private static func value(_ text: String) throws -> Value {
    try ConfigurationFile(text: text, url: url).decode()
  }

  @Test(arguments: [
    "weights are *not* averaged", "*****************", "why (?)", "lr 0.1 ? maybe 0.05",
    "see runs/*.yaml", "a && b", "**important**", "2 * 3 & 4", "&a", "*a", "? *a", "<<: *a",
    "[*a, &b {", "it's", "a \"quote", "--- |", "%YAML",
  ])
  func `comments are comments, and strings are strings`(words: String) throws {
    let expected = Value.mapping(["a": .text("1"), "b": .text(words)])
    let quoted = words.replacing("'", with: "''")
    for text in [
      "# \(words)\na: 1\nb: '\(quoted)'", "a: 1 # \(words)\nb: '\(quoted)' # \(words)\n",
      "a: 1\n#\(words)\nb: |-\n  \(words)\n# \(words)",
    ] { #expect(try Self.value(text) == expected, "\(text)") }
  }

  @Test func `the shipped configurations are read with any comments, line ends and marks`() throws {
    var generator = SeededGenerator(seed: 3)
    let words = [
      "*", "&", "?", "*a", "&b", "{", "[", "'", "\"", ":", "- ", "!!x", "|", "<<:", "é", "a",
    ]
    let folder = TestPackage.url.appending(path: "config/cifar10")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().prefix(6)
    #expect(!names.isEmpty)
    for name in names {
      let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      let expected = try Self.value(text)
      for _ in 0..<4 {
        func comment() -> String {
          "# "
            + (0..<Int.random(in: 0...6, using: &generator)).map { _ in
              words.randomElement(using: &generator) ?? ""
            }.joined(separator: Bool.random(using: &generator) ? " " : "")
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
          switch Int.random(in: 0...3, using: &generator) {
          case 0: [String(line), comment()]
          case 1: [line.isEmpty ? comment() : "\(line) \(comment())"]
          default: [String(line)]
          }
        }
        let end = ["\n", "\r\n", "\r"].randomElement(using: &generator) ?? "\n"
        #expect(try Self.value(lines.joined(separator: end)) == expected)
      }
    }
  }

  @Test func `a byte order mark before YAML is passed over`() throws {
    let folder = try TemporaryFolder()
    let url = try folder.file("a.yaml", holding: Array("\u{FEFF}a: 1\r\nb: [2]\r\n".utf8))
    let value = try ConfigurationFile(contentsOf: url).decode(Value.self)
    #expect(value == .mapping(["a": .text("1"), "b": .list([.text("2")])]))
  }

  @Test(arguments: [
    ("x: &n 5\ny: *n", "x: 5\ny: 5"),
    ("x: &n [1, 2]\ny: [*n, 3, *n]", "x: [1, 2]\ny: [[1, 2], 3, [1, 2]]"),
    // The latest anchor of a name counts.
    ("a: &n 1\nb: *n\nc: &n 2\nd: *n", "a: 1\nb: 1\nc: 2\nd: 2"),
    ("base: &base {a: 1, b: 2}\nx:\n  <<: *base\n  b: 3", "base: {a: 1, b: 2}\nx: {a: 1, b: 3}"),
    ("x: {b: 3, <<: {a: 1, b: 2}}", "x: {a: 1, b: 3}"),
    // Of several mappings that are merged, the first that has a key counts.
    (
      "p: &p {a: 1}\nq: &q {a: 2, b: 2}\nx: {<<: [*p, *q], c: 3}",
      "p: {a: 1}\nq: {a: 2, b: 2}\nx: {a: 1, b: 2, c: 3}"
    ),
    (
      "p: &p {a: 1}\nq: &q {<<: *p, b: 2}\nx: {<<: *q}",
      "p: {a: 1}\nq: {a: 1, b: 2}\nx: {a: 1, b: 2}"
    ),
    ("? a\n: 1", "a: 1"), ("a: 2*3 # *b", "a: 2*3"),
  ])
  func `aliases and merge keys stand for what they name`(text: String, plain: String) throws {
    #expect(try Self.value(text) == Self.value(plain))
  }

  @Test(arguments: [
    ("# *no\na: 1\nb: *no", "3: the alias *no stands for nothing: there is no &no before it"),
    ("a: &x [*x]", "1: the alias *x stands for nothing: there is no &x before it"),
    ("k: &k a\n*k : 1", "2: the alias *k is in a key; write out what it stands for"),
    (
      "k: &k a\nx:\n  ? [1, *k]\n  : 1", "3: the alias *k is in a key; write out what it stands for"
    ),
    ("a: 1\n<<: 2", "2: expected a mapping, or a list of them, after the merge key <<"),
    ("a: *", "1: not YAML: did not find expected alphabetic or numeric character"),
  ])
  func `what cannot be expanded is named with its line`(text: String, message: String) {
    #expect {
      try Self.value(text)
    } throws: {
      "\($0)" == "/a.yaml:\(message)"
    }
  }

  /// Aliases of aliases, eight at each of as many levels, with `end` after them.
  private static func multiplied(_ levels: Int, _ end: String) -> String {
    let lines = (1...levels).map { level in
      let aliases = Array(repeating: "*a\(level - 1)", count: 8).joined(separator: ",")
      return "a\(level): &a\(level) [\(aliases)]\n"
    }
    return "a0: &a0 [x]\n" + lines.joined() + end
  }

  @Test(arguments: [
    "", "? *a60\n: 1", "*a60 : 1", "b: {<<: [*a60]}", "b: {? *a60 : 1}", "[{*a60 : 1}]",
  ])
  func `aliases that multiply are refused at once`(end: String) {
    let clock = ContinuousClock()
    let time = clock.measure {
      #expect(throws: ConfigurationError.self) { try Self.value(Self.multiplied(60, end)) }
    }
    // Milliseconds for 61 lines; expanded, they would be 8^60 values.
    #expect(time < .seconds(5))
    #expect {
      try Self.value(Self.multiplied(60, ""))
    } throws: {
      "\($0)".hasPrefix("/a.yaml:6: its aliases (*) expand to more than 10000 values")
    }
  }

  @Test func `a chain of aliases without end is refused`() {
    let lines = (1...9000).map { "a\($0): &a\($0) [*a\($0 - 1)]\n" }
    #expect(throws: ConfigurationError.self) { try Self.value("a0: &a0 1\n" + lines.joined()) }
  }

  @Test func `nested merges are refused as soon as they multiply`() {
    let lines = (1...40).map {
      "m\($0): &m\($0) {<<: [*m\($0 - 1), *m\($0 - 1)], k\($0): *m\($0 - 1)}\n"
    }
    #expect(throws: ConfigurationError.self) { try Self.value("m0: &m0 {a: 1}\n" + lines.joined()) }
  }
}
