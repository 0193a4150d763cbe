import Corruptions
import Images

/// Clean images that are corrupted as they are read.
package struct GeneratedBenchmark: CorruptionBenchmark {
  private let clean: any Dataset
  private let suite: [Corruption]
  private let seed: UInt64

  /// The corruptions of `suite` on the images of `clean`, with draws that `seed` decides.
  ///
  /// - Throws: `CorruptionError.wrongSize` where the suite is for images of another size.
  package init(_ suite: [Corruption], of clean: any Dataset, seed: UInt64) throws {
    let side = clean.imageSide
    for corruption in suite where corruption.side != side {
      throw CorruptionError.wrongSize(
        corruption.name, expectedSide: corruption.side, foundHeight: side, foundWidth: side)
    }
    self.suite = suite
    self.clean = clean
    self.seed = seed
  }

  package var corruptions: [CorruptionSeries] {
    suite.map { CorruptionSeries(name: $0.label, severities: $0.severities) }
  }

  package var isGenerated: Bool { true }

  package func images(under corruption: String, severity: Int) throws -> any CorruptedDataset {
    guard let found = suite.first(where: { $0.label == corruption }) else {
      throw DatasetError.unknownCorruption(corruption, known: suite.map(\.label))
    }
    return GeneratedImages(clean: clean, source: found, severity: severity, seed: seed)
  }
}

private struct GeneratedImages: CorruptedDataset {
  let clean: any Dataset
  let source: Corruption
  let severity: Int
  let seed: UInt64

  var name: String { clean.name }
  var classCount: Int { clean.classCount }
  var imageSide: Int { clean.imageSide }
  var labels: [Int] { clean.labels }
  var corruption: String { source.label }

  func image(at index: Int) throws -> Image {
    try source.apply(
      to: clean.image(at: index), severity: severity, seed: seed, imageIndex: index)
  }
}
