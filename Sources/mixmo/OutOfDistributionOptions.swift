import ArgumentParser
import Datasets
import Evaluation
import Formats
import Foundation
import Images
import Loading
import PredictionFiles
import Runs
import Scoring
import Tensors

/// A name and what it stands for, as `--ood` takes them.
struct NamedImages: Equatable {
  let name: String
  /// What is behind the equals sign; nil where there is none.
  let place: String?

  /// - Throws: `ValidationError` for a name that cannot be one of a folder, and for nothing behind the sign.
  init(_ argument: String) throws {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    name = String(parts[0])
    place = parts.count > 1 ? String(parts[1]) : nil
    guard OutOfDistributionName.isValid(name) else {
      throw ValidationError(
        "--ood \(argument.oneLine): expected \(OutOfDistributionName.expectation) before \"=\", found "
          + "\"\(name.oneLine)\".")
    }
    if place?.isEmpty ?? false {
      throw ValidationError(
        "--ood \(argument.oneLine): expected a file or folder behind \"=\", found nothing; name it."
      )
    }
  }

  /// The sets that are named.
  ///
  /// - Throws: `ValidationError` where one is wrong, or a name is used twice.
  static func all(_ arguments: [String]) throws -> [NamedImages] {
    let sets = try arguments.map(NamedImages.init)
    var seen: Set<String> = []
    if let twice = sets.first(where: { !seen.insert($0.name).inserted }) {
      throw ValidationError("--ood \(twice.name): the name is used twice; give each set its own.")
    }
    return sets
  }
}

/// Predictions of images of no class, in files.
struct OutOfDistributionFiles: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Write ood.csv as well: how well each cell is told from images of no class, whose predictions these "
        + "files hold, in the form of --logits; the files of several members with commas between them.",
      valueName: "name=file"))
  var ood: [String] = []

  func validate() throws {
    for set in try sets where set.place == nil {
      throw ValidationError("--ood \(set.name): expected name=file, such as svhn=svhn.npy.")
    }
  }

  private var sets: [NamedImages] { get throws { try NamedImages.all(ood) } }

  /// The names, for the record of the scoring; nil for none.
  var names: [String]? { get throws { ood.isEmpty ? nil : try sets.map(\.name) } }

  /// Reads the files.
  ///
  /// - Parameters:
  ///   - reader: How files are read.
  ///   - clean: The predictions of the images that they are told from.
  /// - Returns: The sets, in the order in which they were named.
  /// - Throws: What `GivenOutOfDistribution.init` throws.
  func read(
    _ reader: PredictionReader, like clean: @autoclosure () throws -> LabeledLogits
  ) throws -> [GivenOutOfDistribution] {
    guard !ood.isEmpty else { return [] }
    let clean = try clean()
    return try sets.map { set in
      try GivenOutOfDistribution(
        set.name, Self.files(set.place ?? ""), reader, like: clean)
    }
  }

  /// The file of that path or, where there is none, those of its parts between commas.
  private static func files(_ place: String) -> [URL] {
    let isFile = FileManager.default.fileExists(atPath: place)
    let paths = isFile ? [place] : place.split(separator: ",").map(String.init)
    return (paths.isEmpty ? [place] : paths).map { URL(fileURLWithPath: $0) }
  }
}

/// Images of no class, of data sets or in folders.
struct OutOfDistributionImages: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Write ood.csv as well: how well each cell is told from the test images of another data set of --data, "
        + "such as cifar100, or from the pictures of a folder, in folders of classes or not, which are "
        + "resized and cropped as --images are, else to the side of the test images.",
      valueName: "name|name=dir"))
  var ood: [String] = []

  func validate() throws {
    for set in try sets where set.place == nil && DatasetKind(rawValue: set.name) == nil {
      let names = DatasetKind.allCases.map(\.rawValue)
      throw ValidationError(
        "--ood \(set.name): expected the name of a data set or name=dir, "
          + "such as \(set.name)=pictures; \(Spelling.suggestion(for: set.name, from: names))")
    }
  }

  private var sets: [NamedImages] { get throws { try NamedImages.all(ood) } }

  /// The names, for the record of the scoring; nil for none.
  var names: [String]? { get throws { ood.isEmpty ? nil : try sets.map(\.name) } }

  /// Opens the images.
  ///
  /// - Parameters:
  ///   - images: The images that they are told from, which have the same side.
  ///   - source: Where these are, and how pictures are prepared.
  ///   - cache: A folder to store decoded images of a data set in.
  ///   - workers: The threads that read.
  ///   - terminal: Where is shown how far images are packed.
  /// - Returns: The sets, in the order in which they were named.
  /// - Throws: `ValidationError` for images of another side, for those that are evaluated, and for a data set
  ///   without --data; what is wrong with the files.
  func open(
    beside images: ImageSource, _ source: ImageSourceOptions, cache: URL?, workers: Workers,
    _ terminal: Terminal
  ) throws -> [EvaluationPlan.OtherImages] {
    let side = images.dataset.imageSide
    return try sets.map { set in
      let dataset: any Dataset
      if let place = set.place {
        dataset = try PictureFolder(
          URL(fileURLWithPath: place),
          preparation: Preparation(resize: source.resize ?? side, crop: source.crop ?? side),
          needsLabels: false)
      } else {
        dataset = try Self.known(set.name, beside: images, source, cache: cache, workers, terminal)
      }
      guard dataset.imageSide == side else {
        throw ValidationError(
          "--ood \(set.name): expected images of \(side)×\(side) pixels, as those that they are told "
            + "from, found \(dataset.imageSide)×\(dataset.imageSide).")
      }
      return EvaluationPlan.OtherImages(
        name: set.name, images: dataset, source: [set.place ?? set.name])
    }
  }

  private static func known(
    _ name: String, beside images: ImageSource, _ source: ImageSourceOptions, cache: URL?,
    _ workers: Workers, _ terminal: Terminal
  ) throws -> any Dataset {
    guard let kind = DatasetKind(rawValue: name), kind != images.kind else {
      throw ValidationError(
        "--ood \(name): these are the images that are evaluated; name another data set.")
    }
    guard let data = source.data else {
      throw ValidationError(
        "--ood \(name) needs --data, the folder that holds the data sets' folders.")
    }
    return try kind.read(
      .test, in: URL(fileURLWithPath: data), cache: cache, workers: workers, showingOn: terminal)
  }
}
