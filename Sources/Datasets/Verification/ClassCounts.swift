/// How often each class occurs.
enum ClassCounts {
  /// The first class that does not occur `expected` times, if there is one.
  static func problems(
    _ counts: some Sequence<Int>, expected: Int, name: (Int) -> String = { "class \($0)" }
  ) -> [String] {
    counts.enumerated().first { $1 != expected }.map { index, count in
      ["expected \(expected) images of \(name(index)), found \(count)"]
    } ?? []
  }
}
