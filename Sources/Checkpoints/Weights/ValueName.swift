/// The name of a value of a checkpoint, or of the entries of a dictionary that share a prefix, as
/// `inspect` prints it and `--weights` takes it.
struct ValueName: Equatable {
  /// The keys that lead to the value; list elements count by their index.
  let path: [CheckpointKey]
  /// The prefix of the entries' names, which ends in a dot; empty for all entries.
  let prefix: String

  init(_ path: [CheckpointKey], prefix: String = "") {
    self.path = path
    self.prefix = prefix
  }

  /// The name of the file's own dictionary.
  static let wholeFile = "."

  /// The keys, then the prefix, with dots between them.
  var dotted: String {
    let keys = path.map(\.description) + (prefix.isEmpty ? [] : [String(prefix.dropLast())])
    return keys.isEmpty ? Self.wholeFile : keys.joined(separator: ".")
  }

  /// The keys as subscripts of Python, then the prefix, such as `['a.b'][0].net`: another value never has
  /// the same name.
  var subscripts: String {
    let keys = path.map { key in
      switch key {
      case .string(let text): "['\(text.escaped)']"
      case .int, .other: "[\(key)]"
      }
    }
    let end = prefix.isEmpty ? "" : "." + prefix.dropLast()
    return keys.isEmpty && end.isEmpty ? Self.wholeFile : keys.joined() + end
  }

  /// Whether `text` is the name in either form.
  func matches(_ text: String) -> Bool { text == dotted || text == subscripts }

  /// The name among others: with dots, unless another has the same.
  func text(among names: [ValueName]) -> String {
    names.contains { $0 != self && $0.dotted == dotted } ? subscripts : dotted
  }

  /// The names, with dots unless several are the same.
  static func texts(_ names: [ValueName]) -> [String] {
    let counts = Dictionary(names.map { ($0.dotted, 1) }, uniquingKeysWith: +)
    return names.map { counts[$0.dotted] == 1 ? $0.dotted : $0.subscripts }
  }
}

extension String {
  /// The text between quotes in Python.
  fileprivate var escaped: String {
    unicodeScalars.map { scalar in
      switch scalar {
      case "'", "\\": "\\\(scalar)"
      case "\n": "\\n"
      case "\r": "\\r"
      case "\t": "\\t"
      case _ where scalar.value < 0x20 || 0x7F...0x9F ~= scalar.value:
        "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: String(scalar)
      }
    }.joined()
  }
}
