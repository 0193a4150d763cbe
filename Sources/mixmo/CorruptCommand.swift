import ArgumentParser
import Corruptions
import Datasets
import Formats
import Foundation
import Images
import Loading

struct CorruptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "corrupt",
    abstract:
      "Writes the test images of a data set, or somebody's pictures, under common corruptions.",
    example: HelpExample(
      "the digits of mixmo demo under all corruptions",
      "mixmo corrupt --dataset digits --data demo/data --output digits-c"),
    discussion: """
      The files are those of CIFAR-10-C (npy: five severities in an array, and labels.npy) or of \
      Tiny-ImageNet-C and ImageNet-C (png, or jpeg of quality 85 as the published ones); evaluate --corruptions \
      reads both. Files that are there already are not made again. The same seed gives the same \
      images.

      Of the pictures of --images the copies are files corruption/severity/class/name (without folders \
      of classes, corruption/severity/name) with the names of the pictures and another extension. They \
      need no labels.

      Without the published textures of frost, substitutes are made, and their files are named \
      frost(substitute).

      Example: CIFAR-10-C where evaluate finds it, and a sheet that shows a picture under all \
      corruptions:

        mixmo corrupt --dataset cifar10 --data data --output data/CIFAR-10-C
        mixmo corrupt --image photo.jpg --preview sheet.png

      Example: ImageNet-C of the pictures below val, which has a folder for each class:

        mixmo corrupt --images val --resize 256 --crop 224 --output val-C
      """)

  @OptionGroup var source: ImageSourceOptions

  @Option(help: ArgumentHelp("The folder that the images go to.", valueName: "dir"))
  var output: String?

  @OptionGroup var suite: SuiteOptions

  @Option(
    help: "npy, png or jpeg (default: npy for data sets of 32×32 pixels, png for others).")
  var format: BenchmarkFiles?

  @OptionGroup var limit: ImageLimit

  @Option(
    help: ArgumentHelp(
      "Draw a picture under every corruption and severity into this file, PNG or .jpg.",
      valueName: "file"))
  var preview: String?

  @Option(
    help: ArgumentHelp(
      "The picture to draw, PNG or JPEG (default: the first test image).", valueName: "file"))
  var image: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    try source.checkOutput(output)
    guard output != nil || preview != nil else {
      throw ValidationError("Give --output for the images, --preview for a picture, or both.")
    }
    if output != nil || image == nil {
      guard source.isGiven else {
        throw ValidationError("Give --dataset and --data, or --images.")
      }
    }
    if source.images != nil {
      guard source.data == nil else {
        throw ValidationError("--data goes with --dataset; the copies of --images go to --output.")
      }
      guard format != .npy else {
        throw ValidationError(
          "--format: expected png or jpeg for the copies of --images, found npy; choose one of them."
        )
      }
    }
    if image != nil && preview == nil {
      throw ValidationError("--image needs --preview, the file of the sheet.")
    }
    try suite.checkNames()
  }

  func run() throws {
    Interruption.listen()
    let images =
      try source.isGiven
      ? source.open(needsLabels: false, workers: common.workers, common.terminal) : nil
    let selected = try suite.selected(forSide: images?.dataset.imageSide)
    if let remark = selected.remark { common.terminal.warn(remark) }
    if let preview,
      let picture = try picture(side: selected.side) ?? images?.dataset.image(at: 0)
    {
      try draw(picture, under: selected, to: URL(fileURLWithPath: preview))
    }
    if let output, let images {
      try CorruptionJob(
        clean: limit.limit.map { Subset($0, of: images.dataset) } ?? images.dataset,
        names: images.pictures?.copyFingerprint(), suite: selected, severities: suite.severities,
        files: format ?? images.kind?.corruptedFiles ?? .png,
        output: URL(fileURLWithPath: output), common: common
      ).run()
    }
  }

  private func draw(_ picture: Image, under selected: SelectedSuite, to url: URL) throws {
    let sheet = try ContactSheet.draw(
      picture, under: selected.corruptions, severities: suite.severities, seed: common.seed,
      title: \.resultName)
    let isJPEG = ["jpg", "jpeg"].contains(url.pathExtension.lowercased())
    let bytes =
      isJPEG ? try sheet.jpeg(quality: 90, file: url.path) : try sheet.png(file: url.path)
    try AtomicFile.write(bytes, to: url)
    guard !common.json else { return try common.terminal.show(json: Sheet(preview: url.path)) }
    common.terminal.say("The sheet is \(url.path).")
  }

  /// The output of `--json` for a sheet.
  private struct Sheet: Encodable {
    let preview: String
  }

  /// The given picture, cropped to its central square and resampled to a side in pixels.
  private func picture(side: Int) throws -> Image? {
    guard let image else { return nil }
    let url = URL(fileURLWithPath: image)
    return try FileForm.naming(url, expecting: .image) {
      let bytes = try FileContents.read(url, limit: 1 << 26)
      return try Image(decoding: bytes, file: image, maximumPixelCount: 1 << 26)
    }.middleSquare.boxResampled(height: side, width: side)
  }
}

extension DatasetKind: ExpressibleByArgument {}
extension BenchmarkFiles: ExpressibleByArgument {}
