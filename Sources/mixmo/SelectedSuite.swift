import ArgumentParser
import Corruptions
import Datasets
import Formats
import Foundation
import Scoring

/// The options that select corruptions and severities.
struct SuiteOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A table of corruptions.", valueName: "file"))
  var suite: String?

  @Option(
    help: ArgumentHelp(
      "Only this corruption (repeatable); in files, also one that no suite has.", valueName: "name")
  )
  var corruption: [String] = []

  @Option(help: ArgumentHelp("Only this severity (repeatable).", valueName: "1…5"))
  var severity: [Int] = []

  @Option(
    help: ArgumentHelp(
      "The published textures of frost, frost1.png to frost5.jpg; without them substitutes are made.",
      valueName: "dir"))
  var frostTextures: String?

  func validate() throws {
    if let wrong = severity.first(where: { !(1...5).contains($0) }) {
      throw ValidationError("--severity: expected a number from 1 to 5, found \(wrong).")
    }
  }

  /// Refuses a name that neither the suite nor `others` has.
  func checkNames(orAmong others: [String] = []) throws {
    guard !corruption.isEmpty else { return }
    // The published suites have all corruptions.
    let named = try suiteURL.map {
      try CorruptionSuite(contentsOf: $0).corruptions.map(\.name.rawValue)
    }
    let known = (named ?? Corruption.Name.allCases.map(\.rawValue)) + others
    for name in corruption where !known.contains(name) {
      throw ValidationError(
        "--corruption: \(suite.map { "\($0.oneLine) has no" } ?? "unknown") \"\(name.oneLine)\"; "
          + Spelling.suggestion(for: name, from: known))
    }
  }

  /// The names of the selected corruptions, those of the suite first.
  func names(in selected: SelectedSuite) -> [String] {
    let names = selected.corruptions.map(\.name.rawValue)
    return corruption.reduce(into: names) { if !$0.contains($1) { $0.append($1) } }
  }

  private var suiteURL: URL? { suite.map { URL(fileURLWithPath: $0) } }

  var severities: [Int] {
    severity.isEmpty ? Array(1...5) : (1...5).filter(severity.contains)
  }

  /// The selected corruptions of the given suite, or of the published one for the data set's
  /// images.
  func selected(for kind: DatasetKind) throws -> SelectedSuite {
    try selected(forSide: kind.imageSide)
  }

  /// The selected corruptions of the given suite, or of the published one for images of
  /// `side × side` pixels.
  ///
  /// - Parameters:
  ///   - side: The height and width of the images.
  ///   - isGenerating: Whether images are made; of images in files, which may have any size, a suite
  ///     tells the names alone.
  /// - Returns: The corruptions.
  /// - Throws: `ValidationError` where no suite is given or published; what is wrong with the suite.
  func selected(forSide side: Int, isGenerating: Bool = true) throws -> SelectedSuite {
    let standard = SelectedSuite.standardName(forSide: side)
    guard suite != nil || standard != nil || !isGenerating else {
      throw ValidationError(
        "Images of \(side)×\(side) pixels need --suite: there are suites for 32×32 and 64×64; "
          + "--resize and --crop prepare pictures of these sizes.")
    }
    let selected = try SelectedSuite(
      suiteURL ?? SharedFiles.url("corruptions/\(standard ?? "cifar.yaml")"),
      names: corruption.isEmpty ? nil : corruption,
      textures: frostTextures.map { try FrostTextures(folder: URL(fileURLWithPath: $0)) })
    for corruption in selected.corruptions {
      for wanted in severity where !corruption.severities.contains(wanted) {
        throw CorruptionError.unknownSeverity(
          corruption.name, expected: corruption.severities, found: wanted)
      }
    }
    return selected
  }
}

/// The selected corruptions of a suite, and the files that define them.
struct SelectedSuite {
  /// The whole suite.
  let suite: CorruptionSuite
  /// The selected corruptions, in the order of the suite.
  let corruptions: [Corruption]
  private let files: [URL]

  /// The corruptions `names` of the suite in `url`; all of them if `names` is nil.
  init(_ url: URL, names: [String]?, textures: FrostTextures? = nil) throws {
    let suite = try CorruptionSuite(contentsOf: url)
    self.suite = textures.map(suite.using) ?? suite
    corruptions = self.suite.corruptions.filter { names?.contains($0.name.rawValue) ?? true }
    files = [url] + (textures?.files ?? [])
  }

  /// SHA-256 of the table, and of the textures if they were given.
  var fingerprint: String {
    get throws { try Digest(ofFiles: files).description }
  }

  /// The published suite for a data set's images.
  static func standardURL(for kind: DatasetKind) throws -> URL {
    try SharedFiles.url("corruptions/\(standardName(forSide: kind.imageSide) ?? "cifar.yaml")")
  }

  /// The file of the published suite for images of `side × side` pixels; nil if there is none.
  static func standardName(forSide side: Int) -> String? {
    [32: "cifar.yaml", 64: "tiny-imagenet.yaml"][side]
  }
}

extension CorruptionSuite {
  /// The facts about the corruptions that aggregates need.
  var kinds: [CorruptionKind] {
    corruptions.map {
      CorruptionKind(
        name: $0.name.rawValue, family: $0.family.rawValue, isBenchmark: $0.group == .benchmark)
    }
  }
}
