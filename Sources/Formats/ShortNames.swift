/// Names that people type shortened, such as `auroc` for `auroc_misclassification`.
package enum ShortNames {
  /// What a text means among known names.
  package enum Meaning: Equatable, Sendable {
    /// This name.
    case name(String)
    /// Any of these, so none of them.
    case several([String])
    /// No name.
    case nothing
  }

  /// The name among `known` that `text` means: the name itself, else the only one that begins with it,
  /// else the only one that has it as one of its words, in capital or small letters.
  ///
  /// A dash counts as an underscore.
  package static func meaning(of text: String, among known: [String]) -> Meaning {
    if known.contains(text) { return .name(text) }
    let short = plain(text)
    guard !short.isEmpty else { return .nothing }
    let tests: [(String) -> Bool] = [
      { $0 == short }, { $0.hasPrefix(short) },
      { $0.split(separator: "_").contains { $0 == short } },
    ]
    for test in tests {
      let found = known.filter { test(plain($0)) }
      if found.count == 1 { return .name(found[0]) }
      if found.count > 1 { return .several(found) }
    }
    return .nothing
  }

  private static func plain(_ name: String) -> String {
    name.lowercased().replacing("-", with: "_")
  }
}
