import ArgumentParser
import Datasets
import Evaluation
import Formats
import Foundation
import Images
import Loading
import PredictionFiles
import Runs
import Tensors

/// The clean images of a command: those of a data set that has a name, or somebody's pictures.
struct ImageSourceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The data set.", valueName: "name"))
  var dataset: DatasetKind?

  @Option(
    help: ArgumentHelp(
      "The folder that holds the data sets' folders; with --images, that of the corrupted copies, as "
        + "corrupt --images writes it, or of ImageNet-C.", valueName: "dir"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "Instead of a data set, the pictures (PNG, JPEG) of a folder that has a folder for each class, or "
        + "pictures alone and --labels.", valueName: "dir"))
  var images: String?

  @Option(
    help: ArgumentHelp(
      "The classes of --images without folders of classes: lines of name,class, or a class for each "
        + "picture in the order of their names, as text or .npy; also the published lists of ImageNet's "
        + "validation pictures.", valueName: "file"))
  var labels: String?

  @Option(
    help: ArgumentHelp(
      "The label of --images that are left out (default: \(standardIgnoredLabel)).",
      valueName: "number"))
  var ignoreLabel: Int?

  private static let standardIgnoredLabel = -1

  @Option(
    help: ArgumentHelp(
      "All classes of the model in the order of its outputs: imagenet, the sorted WordNet identifiers of "
        + "ImageNet's 1000 classes, or a file with the name of a folder of --images on each line (default: the "
        + "folders by the bytes of their names).", valueName: "imagenet|file"))
  var classOrder: String?

  @Flag(
    help: ArgumentHelp(
      "With --model and --class-order, compare the outputs of the classes of --images alone, as ImageNet-A "
        + "and ImageNet-R are scored."))
  var maskClasses = false

  @Option(
    help: ArgumentHelp(
      "Resize --images to this length of the short side, as torchvision does with Pillow.",
      valueName: "pixels"))
  var resize: Int?

  @Option(
    help: ArgumentHelp(
      "Crop --images to a square of this side in their middle, after --resize.",
      valueName: "pixels"))
  var crop: Int?

  /// Whether a data set or pictures are named; a folder of data sets alone names none.
  var isGiven: Bool { dataset != nil || images != nil }

  /// The first of these options that was given, but for --data; nil if none was.
  var givenName: String? {
    (dataset != nil ? "--dataset" : images != nil ? "--images" : nil) ?? ofImages
  }

  /// The first of the options that go with --images alone.
  private var ofImages: String? {
    let given = [
      ("--labels", labels != nil), ("--ignore-label", ignoreLabel != nil),
      ("--class-order", classOrder != nil), ("--mask-classes", maskClasses),
      ("--resize", resize != nil), ("--crop", crop != nil),
    ]
    return given.first { $0.1 }?.0
  }

  /// The names of the corruptions that are in no published list but have files in the folder of --data.
  var otherCorruptions: [String] {
    guard let folder = data.map({ URL(fileURLWithPath: $0) }) else { return [] }
    return images == nil
      ? DatasetKind.otherCorruptions(in: folder) : PictureFolder.otherCorruptions(in: folder)
  }

  func validate() throws {
    guard dataset == nil || images == nil else {
      throw ValidationError("--images takes the place of --dataset; give one of the two.")
    }
    guard dataset == nil || data != nil else {
      throw ValidationError("--dataset needs --data, the folder that holds the data sets' folders.")
    }
    if images == nil, let option = ofImages {
      throw ValidationError(
        "\(option) is for the pictures of --images; give them, or leave \(option) out.")
    }
    guard ignoreLabel == nil || labels != nil else {
      throw ValidationError("--ignore-label is for --labels; give them, or leave it out.")
    }
    if maskClasses && classOrder == nil {
      throw ValidationError(
        "--mask-classes needs --class-order, all classes of the model in the order of its outputs.")
    }
    for (option, length) in [("--resize", resize), ("--crop", crop)] {
      if let length, !(1...4096).contains(length) {
        throw ValidationError("\(option): expected a number from 1 to 4096, found \(length).")
      }
    }
    if let resize, let crop, crop > resize {
      throw ValidationError(
        "--crop \(crop) is larger than --resize \(resize), the length of the short side; give a smaller "
          + "--crop or a larger --resize.")
    }
  }

  /// Makes sure that nothing is written among the pictures, where it would be a class or a picture.
  ///
  /// - Throws: `ValidationError`.
  func checkOutput(_ output: String?) throws {
    guard let images, let output else { return }
    let (root, place) = (
      URL(fileURLWithPath: images).standardizedFileURL.path,
      URL(fileURLWithPath: output).standardizedFileURL.path
    )
    guard place == root || place.hasPrefix(root + "/") else { return }
    throw ValidationError(
      "--output \(output.oneLine): expected a folder outside of --images, found one in it, where results "
        + "would be taken for pictures; choose another folder.")
  }

  /// The label that pictures were left out by; nil where none was.
  func usedIgnoredLabel(of pictures: PictureFolder) -> Int? {
    pictures.labeled == nil ? nil : ignoreLabel ?? Self.standardIgnoredLabel
  }

  /// Opens the test images.
  ///
  /// - Parameters:
  ///   - cache: A folder to store decoded images of a data set in; see `DatasetKind.read`.
  ///   - needsLabels: Whether pictures without folders of classes need --labels.
  ///   - readsCopies: Whether corrupted copies of pictures are read: those of classes without copies are
  ///     left out.
  ///   - workers: The threads that read.
  ///   - terminal: Where is shown how far images are packed.
  /// - Returns: The images.
  /// - Throws: `ValidationError` where nothing is named; what is wrong with the files.
  func open(
    cache: URL? = nil, needsLabels: Bool = true, readsCopies: Bool = false, workers: Workers,
    _ terminal: Terminal
  ) throws -> ImageSource {
    let folder = data.map { URL(fileURLWithPath: $0) }
    if let dataset, let folder {
      return ImageSource(
        dataset: try dataset.read(
          .test, in: folder, cache: cache, workers: workers, showingOn: terminal),
        origin: .named(dataset), data: folder)
    }
    guard let images else {
      throw ValidationError("Give --dataset and --data, or --images.")
    }
    let all = try PictureFolder(
      URL(fileURLWithPath: images), labels: labels.map { URL(fileURLWithPath: $0) },
      classOrder: classOrder.map(ClassOrder.init),
      ignoredLabel: ignoreLabel ?? Self.standardIgnoredLabel,
      preparation: Preparation(resize: resize, crop: crop), needsLabels: needsLabels)
    let leftOut = readsCopies ? try folder.map(all.classes(withoutCopiesIn:)) ?? [] : []
    let scored = all.leavingOut(classes: leftOut)
    let pictures = maskClasses ? try scored.masked() : scored
    return ImageSource(
      dataset: pictures, origin: .pictures(pictures), data: folder, leftOut: leftOut)
  }

  /// How pictures were read, for the record of a run.
  func record(of pictures: PictureFolder, leftOut: [String]) -> RunRecord.Inputs.Pictures {
    var record = RunRecord.Inputs.Pictures(
      labels: labels, classOrder: classOrder, resize: resize, crop: crop,
      ignoredLabel: usedIgnoredLabel(of: pictures))
    record.masksClasses = maskClasses ? true : nil
    record.leftOut = leftOut.isEmpty ? nil : leftOut
    return record
  }
}

/// Test images, and where their corrupted copies are.
struct ImageSource {
  enum Origin {
    case named(DatasetKind)
    case pictures(PictureFolder)
  }

  /// The clean images.
  let dataset: any Dataset
  let origin: Origin
  /// The folder of data sets, or that of the corrupted copies of pictures; nil where none was given.
  let data: URL?
  /// The classes whose pictures are left out, since they have no corrupted copies.
  var leftOut: [String] = []

  /// What a user should know.
  var notes: [String] {
    let outputs = pictures?.outputs.map {
      "--mask-classes: the outputs of \($0.indices.count) of \($0.modelClassCount) classes are compared, "
        + "those of the folders"
    }
    let missing =
      leftOut.isEmpty
      ? nil
      : "--data has no corrupted copies of \(leftOut.count) classes, whose pictures are left out: "
        + leftOut.listed(limit: 3)
    return [missing, outputs].compactMap(\.self)
  }

  /// The data set, if it has a name.
  var kind: DatasetKind? {
    if case .named(let kind) = origin { kind } else { nil }
  }

  /// Somebody's pictures, if they are not a data set that has a name.
  var pictures: PictureFolder? {
    if case .pictures(let pictures) = origin { pictures } else { nil }
  }

  /// The paths of the folders that the images are in, for records.
  var paths: [String] { [pictures?.root, data].compactMap(\.self).map(\.relativePath) }

  /// Which images are scored: those that have a label, or `limit` of them.
  func selection(limit: Int?) -> RowSelection {
    RowSelection(of: dataset.count, labeled: pictures?.labeled, limit: limit)
  }

  /// Whether the number of classes is not known, but only that of the largest label.
  var isClassCountGuessed: Bool { pictures?.isClassCountGuessed ?? false }

  /// Opens the corrupted images in files.
  ///
  /// - Parameters:
  ///   - names: The names of the corruptions to read, in order.
  ///   - isPartial: Whether corruptions without files are left out; otherwise they are errors.
  /// - Returns: The benchmark.
  /// - Throws: `ValidationError` for pictures without --data; what is wrong with the files.
  func benchmark(names: [String], isPartial: Bool) throws -> any CorruptionBenchmark {
    guard let data else {
      throw ValidationError(
        "Give --data, the folder of the corrupted copies, or --generate to corrupt on the fly.")
    }
    return switch origin {
    case .named(let kind):
      try kind.benchmark(of: dataset, in: data, names: names, isPartial: isPartial)
    case .pictures(let pictures):
      try pictures.benchmark(in: data, names: names, isPartial: isPartial)
    }
  }
}
