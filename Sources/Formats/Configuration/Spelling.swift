/// Guesses what a misspelt name should have been.
public enum Spelling {
  /// A phrase naming the known name nearest to `name`, or all of them where none is near.
  public static func suggestion(for name: String, from known: [String]) -> String {
    let nearest = known.min { distance(name, $0) < distance(name, $1) }
    if let nearest, distance(name, nearest) <= max(2, name.count / 3) {
      return "did you mean \"\(nearest)\"?"
    }
    return "known are \(known.joined(separator: ", "))"
  }

  /// The number of insertions, deletions and replacements that turn one name into the other
  /// (Levenshtein).
  public static func distance(_ first: String, _ second: String) -> Int {
    let second = Array(second)
    var row = Array(0...second.count)
    for (i, character) in first.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in second.enumerated() {
        let replaced = diagonal + (character == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[second.count]
  }
}
