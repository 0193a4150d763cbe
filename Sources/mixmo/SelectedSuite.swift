import ArgumentParser
import Corruptions
import Datasets
import Formats
import Foundation
import Scoring

/// The options that select corruptions and severities.
struct SuiteOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The table of corruptions: cifar, tiny-imagenet, imagenet, or a file (default: by the size of the "
        + "images).", valueName: "name or file"))
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
    let named = try suite.map(SelectedSuite.url).map {
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

  var severities: [Int] {
    severity.isEmpty ? Array(1...5) : (1...5).filter(severity.contains)
  }

  /// The selected corruptions of the given suite, or of the published one for images of
  /// `side × side` pixels.
  ///
  /// - Parameters:
  ///   - side: The height and width of the images in pixels; nil where they are those that the suite is
  ///     meant for, or Tiny-ImageNet-C's where no suite is given.
  ///   - isGenerating: Whether images are made; of images in files, which may have any size, a suite
  ///     tells the names alone.
  /// - Returns: The corruptions.
  /// - Throws: `ValidationError` where no suite is given or published; what is wrong with the suite;
  ///   `CorruptionError.unfitSize` where it cannot be applied to images of this side.
  func selected(forSide side: Int?, isGenerating: Bool = true) throws -> SelectedSuite {
    let standard = SelectedSuite.standardName(forSide: side ?? 64)
    if let side, suite == nil, standard == nil, isGenerating {
      throw ValidationError(
        "Images of \(side)×\(side) pixels need --suite: there are suites for 32×32, 64×64 and 224×224; "
          + "--resize and --crop prepare pictures of these sizes.")
    }
    var selected = try SelectedSuite(
      suite.map(SelectedSuite.url)
        ?? SharedFiles.url("corruptions/\(standard ?? "cifar").yaml"),
      names: corruption.isEmpty ? nil : corruption,
      textures: frostTextures.map { try FrostTextures(folder: URL(fileURLWithPath: $0)) })
    for corruption in selected.corruptions {
      for wanted in severity where !corruption.severities.contains(wanted) {
        throw CorruptionError.unknownSeverity(
          corruption.name, expected: corruption.severities, found: wanted)
      }
    }
    if let side, isGenerating { try selected.apply(toSide: side) }
    return selected
  }
}

/// The selected corruptions of a suite, and the files that define them.
struct SelectedSuite {
  /// The whole suite.
  let suite: CorruptionSuite
  /// The selected corruptions, in the order of the suite.
  private(set) var corruptions: [Corruption]
  /// The height and width of the images that they are applied to, in pixels.
  private(set) var side: Int
  private let files: [URL]

  /// The corruptions `names` of the suite in `url`; all of them if `names` is nil.
  init(_ url: URL, names: [String]?, textures: FrostTextures? = nil) throws {
    let suite = try CorruptionSuite(contentsOf: url)
    self.suite = textures.map(suite.using) ?? suite
    corruptions = self.suite.corruptions.filter { names?.contains($0.name.rawValue) ?? true }
    side = suite.side
    files = [url] + (textures?.files ?? [])
  }

  /// Takes the severities for images of another side than they are meant for, as substitutes.
  ///
  /// - Throws: `CorruptionError.unfitSize`.
  fileprivate mutating func apply(toSide side: Int) throws {
    corruptions = try corruptions.map { try $0.stretched(toHeight: side, width: side) }
    self.side = side
  }

  /// What is said where the severities are meant for images of another side; nil where they are not.
  var remark: String? {
    side == suite.side
      ? nil
      : "the severities of \(suite.name.oneLine) are meant for images of \(suite.side)×\(suite.side) "
        + "pixels, these have \(side)×\(side): all are marked as substitutes, not comparable with "
        + "published results"
  }

  /// SHA-256 of the table, and of the textures if they were given.
  var fingerprint: String {
    get throws { try Digest(ofFiles: files).description }
  }

  /// The names of the published suites by the side of their images in pixels.
  private static let published = [32: "cifar", 64: "tiny-imagenet", 224: "imagenet"]

  /// The file that a user means: that of the published suite of this name, or one at this path.
  ///
  /// - Throws: `ValidationError` where it can be no path and is no published name.
  static func url(named name: String) throws -> URL {
    let names = published.sorted { $0.key < $1.key }.map(\.value)
    if names.contains(name) { return try SharedFiles.url("corruptions/\(name).yaml") }
    let url = URL(fileURLWithPath: name)
    guard FileManager.default.fileExists(atPath: url.path) || name.contains(where: "/.".contains)
    else {
      throw ValidationError(
        "--suite: expected a file, or the name of a published table, found \"\(name.oneLine)\"; "
          + Spelling.suggestion(for: name, from: names))
    }
    return url
  }

  /// The published suite for a data set's images.
  static func standardURL(for kind: DatasetKind) throws -> URL {
    try SharedFiles.url("corruptions/\(standardName(forSide: kind.imageSide) ?? "cifar").yaml")
  }

  /// The name of the published suite for images of `side × side` pixels; nil if there is none.
  fileprivate static func standardName(forSide side: Int) -> String? { published[side] }
}

extension CorruptionSuite {
  /// The facts about the corruptions that aggregates need.
  var kinds: [CorruptionKind] {
    corruptions.map { corruption in
      CorruptionKind(
        name: corruption.name.rawValue, family: corruption.family.rawValue,
        isBenchmark: corruption.group == .benchmark,
        reference: reference.flatMap { reference in
          reference.errors[corruption.name].map {
            ReferenceError(
              model: reference.model, classCount: reference.classCount, error: $0,
              cleanError: reference.cleanError)
          }
        })
    }
  }
}
