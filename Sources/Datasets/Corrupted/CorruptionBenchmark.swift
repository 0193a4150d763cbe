/// The images of a test set under corruptions, each cell opened when it is asked for.
package protocol CorruptionBenchmark: Sendable {
  /// The corruptions by their names in results, in the order of evaluation.
  var corruptions: [CorruptionSeries] { get }

  /// Whether the images are a function of the clean ones, the suite and the seed, not of files.
  var isGenerated: Bool { get }

  /// The images under one corruption at one severity: as many as the clean ones, of the same classes
  /// in the same order.
  ///
  /// - Throws: what is wrong with the files.
  func images(under corruption: String, severity: Int) throws -> any CorruptedDataset
}

/// One corruption of a benchmark.
package struct CorruptionSeries: Sendable, Equatable {
  /// The name in results.
  package let name: String
  /// The severities from 1 to 5 that there are, in ascending order.
  package let severities: [Int]

  package init(name: String, severities: [Int]) {
    self.name = name
    self.severities = severities
  }
}

/// The images of a test set under one corruption at one severity.
package protocol CorruptedDataset: Dataset {
  /// The corruption's name in results.
  var corruption: String { get }
  /// The severity that the images have, by the place they were read from.
  var severity: Int { get }
  /// What a user should know about the files, such as folders that were left out.
  var notes: [String] { get }
}

extension CorruptedDataset {
  package var notes: [String] { [] }
}
