import Corruptions

/// The names that files and folders of corrupted images have.
enum CorruptedFiles {
  /// The 15 corruptions of the benchmark, sorted.
  static let benchmark = Set(Corruption.Name.allCases.map(\.rawValue)).subtracting(extra).sorted()
  /// The four that are meant for tuning, which Tiny-ImageNet-C has in an archive of their own.
  static let extra = names([.gaussianBlur, .saturate, .spatter, .speckleNoise])

  /// The name under which a corruption's files are among `present`, with `suffix` behind it: its own,
  /// or the one that marks a substitute; nil where there is neither.
  static func storedName(
    of corruption: String, in present: [String], suffix: String = ""
  ) -> String? {
    [corruption, Corruption.substituteLabel(corruption)].first { present.contains($0 + suffix) }
  }

  private static func names(_ corruptions: [Corruption.Name]) -> [String] {
    corruptions.map(\.rawValue)
  }
}
