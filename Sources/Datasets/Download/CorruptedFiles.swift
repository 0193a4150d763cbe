import Corruptions

/// The names that the published corrupted data sets give their files and folders.
enum CorruptedFiles {
  /// The 15 corruptions of the benchmark, sorted.
  static let benchmark = Set(Corruption.Name.allCases.map(\.rawValue)).subtracting(extra).sorted()
  /// The four that are meant for tuning, which Tiny-ImageNet-C has in an archive of their own.
  static let extra = names([.gaussianBlur, .saturate, .spatter, .speckleNoise])

  private static func names(_ corruptions: [Corruption.Name]) -> [String] {
    corruptions.map(\.rawValue)
  }
}
