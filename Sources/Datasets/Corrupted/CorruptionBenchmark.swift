import Corruptions
import Formats
import Foundation
import Images
import Loading
import Scoring

/// The images of a test set under corruptions; each cell is opened when it is needed.
package protocol CorruptionBenchmark: Sendable {
  /// The cells in the order of evaluation: corruption by corruption, severities ascending.
  var cells: [Cell] { get }

  /// Whether the images are a function of the clean ones, the suite and the seed, not of files.
  var isGenerated: Bool { get }

  /// What a user should know about the files as a whole, such as that there are no labels.
  var notes: [String] { get }

  /// The images of one cell: as many as the clean ones, of the same classes in the same order.
  ///
  /// - Throws: what is wrong with the files; `DatasetError.unknownCorruption` for generated images.
  func images(of cell: Cell) throws -> any CorruptedDataset
}

extension CorruptionBenchmark {
  package var notes: [String] { [] }
}

/// The images of one cell.
package protocol CorruptedDataset: Dataset {
  /// The cell of the images that were opened, by the files' own folder or row.
  var cell: Cell { get }
  /// What a user should know about the files, such as folders that were left out.
  var notes: [String] { get }
}

extension CorruptedDataset {
  package var notes: [String] { [] }
}

extension Corruption {
  /// The name in results and file names: the published one, with the mark of a substitute if the
  /// images only stand in for those of the published corruption.
  package var resultName: String {
    isSubstitute ? Cell.substitute(for: name.rawValue) : name.rawValue
  }
}

/// Clean images that are corrupted when they are read.
package struct GeneratedBenchmark: CorruptionBenchmark {
  private let clean: any Dataset
  private let suite: [Corruption]
  private let seed: UInt64

  /// The corruptions of `suite` of the images of `clean`, with random numbers that depend on
  /// `seed`.
  ///
  /// - Throws: `CorruptionError.wrongSize` if the suite is for images of another size; see
  ///   `Corruption.stretched(toHeight:width:)`.
  package init(_ suite: [Corruption], of clean: any Dataset, seed: UInt64) throws {
    let side = clean.imageSide
    for corruption in suite where (corruption.height, corruption.width) != (side, side) {
      throw CorruptionError.wrongSize(
        corruption.name, expectedHeight: corruption.height, expectedWidth: corruption.width,
        foundHeight: side, foundWidth: side)
    }
    self.suite = suite
    self.clean = clean
    self.seed = seed
  }

  package var cells: [Cell] {
    suite.flatMap { corruption in
      corruption.severities.map { Cell(corruption: corruption.resultName, severity: $0) }
    }
  }

  package var isGenerated: Bool { true }

  package func images(of cell: Cell) throws -> any CorruptedDataset {
    guard let found = suite.first(where: { $0.resultName == cell.corruption }) else {
      throw DatasetError.unknownCorruption(cell.corruption, known: suite.map(\.resultName))
    }
    return GeneratedImages(clean: clean, corruption: found, severity: cell.severity, seed: seed)
  }
}

private struct GeneratedImages: CorruptedDataset {
  let clean: any Dataset
  let corruption: Corruption
  let severity: Int
  let seed: UInt64

  var name: String { clean.name }
  var classCount: Int { clean.classCount }
  var imageSide: Int { clean.imageSide }
  var labels: [Int] { clean.labels }
  var cell: Cell { Cell(corruption: corruption.resultName, severity: severity) }

  func image(at index: Int) throws -> Image {
    try corruption.apply(
      to: clean.image(at: index), severity: severity, seed: seed, imageIndex: index)
  }
}

/// The names of corruptions as files and folders of corrupted images have them.
package enum CorruptionNames {
  /// The 15 corruptions of the benchmark, sorted.
  static let benchmark = Set(Corruption.Name.allCases.map(\.rawValue)).subtracting(extra).sorted()
  /// The four that are meant for tuning, which Tiny-ImageNet-C has in an archive of their own.
  static let extra = [Corruption.Name.gaussianBlur, .saturate, .spatter, .speckleNoise]
    .map(\.rawValue)

  /// Whether `name` is that of a published corruption, or of a substitute for one.
  package static func isPublished(_ name: String) -> Bool {
    (benchmark + extra).contains(Cell.publishedName(of: name))
  }

  /// Whether files of this name can be those of a corruption that is in no published list.
  static func canBeOther(_ name: String) -> Bool {
    !isPublished(name) && name != Cell.clean.corruption && !name.contains(Cell.substituteMark)
  }

  /// What is said of files of other corruptions that are not scored; nil if there are none.
  static func note(onOthers names: [String], in folder: URL) -> String? {
    guard !names.isEmpty else { return nil }
    return "\(folder.path): not scored, as no published list has them: "
      + "\(MisnamedCorruptions.hinted(names).listed()); --corruption NAME scores one"
  }

  /// The name in results under which a corruption's files are among `present`, with `suffix` after
  /// it: the published name, or that of a substitute; nil if there is neither.
  static func stored(
    _ corruption: String, in present: [String], suffix: String = ""
  ) -> String? {
    [corruption, Cell.substitute(for: corruption)].first { present.contains($0 + suffix) }
  }
}
