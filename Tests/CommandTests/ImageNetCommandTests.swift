import Corruptions
import Datasets
import Formats
import Foundation
import Images
import Runs
import TestSupport
import Testing

/// ImageNet and ImageNet-C as a user meets them.
struct ImageNetCommandTests {
  /// Validation pictures of odd sizes in the folders of five classes, one of them gray and one CMYK.
  private struct Pictures: ~Copyable {
    let folder: TemporaryFolder
    static let classes = [0, 7, 65, 66, 970]
    private static let sizes = [(300, 260), (231, 402), (256, 256), (97, 130), (500, 375)]

    init() throws { folder = try TemporaryFolder() }

    static func all() throws -> Pictures {
      let pictures = try Pictures()
      for (index, label) in classes.enumerated() {
        let (height, width) = sizes[index]
        let pixels = (0..<height * width * 3).map { place in
          let (row, column) = (place / 3 / width, place / 3 % width)
          // Gray without colors.
          let channel = index == 1 ? 0 : place % 3
          return UInt8((row * (3 + channel) / 2 + column * (2 + index) / 3 + 40 * channel) % 256)
        }
        let picture = Image(height: height, width: width, pixels: pixels)
        try pictures.write(picture.jpeg(quality: 90, file: ""), pictures.path(index, label))
      }
      // 130×97 pixels of CMYK, as Pillow writes it.
      try pictures.write(fixtureBytes("cmyk.jpg"), pictures.path(3, classes[3]))
      return pictures
    }

    func path(_ index: Int, _ label: Int) -> String {
      "val/\(ImageNetClasses.published[label])/ILSVRC2012_val_000001\(10 + index).JPEG"
    }

    func write(_ bytes: [UInt8], _ path: String) throws {
      let url = folder.file(path)
      try FolderCreation.create(url.deletingLastPathComponent())
      try Data(bytes).write(to: url)
    }

    func path(_ name: String) -> String { folder.file(name).path }

    /// What every command has: the 15 corruptions at one severity.
    var chosen: [String] {
      let names = Corruption.Name.allCases.prefix(15).flatMap { ["--corruption", $0.rawValue] }
      return ["--images", path("val"), "--resize", "256", "--crop", "224", "--severity", "3"]
        + names
    }

    func evaluate(_ output: String, _ more: [String]) -> [String] {
      [
        "evaluate", "--model", TestProgram.command("well"), "--class-order", "imagenet",
        "--bootstrap", "10", "--output", path(output),
      ] + chosen + more
    }

    func bytes(_ name: String) throws -> [UInt8] {
      try FileContents.read(folder.file(name), limit: 1 << 26)
    }
  }

  @discardableResult
  private func run(_ arguments: [String], status: Int32 = 0) throws -> MixmoProcess {
    let process = try MixmoProcess(arguments)
    try #require(process.status == status, "\(arguments): \(process.errors)")
    return process
  }

  @Test func `the 15, generated and from files, are equal bit for bit, and as JPEG as Pillow's`()
    throws
  {
    let pictures = try Pictures.all()
    for format in ["png", "jpeg"] {
      try run(
        ["corrupt", "--output", pictures.path(format), "--format", format, "--quiet"]
          + pictures.chosen)
    }
    try run(pictures.evaluate("made", ["--generate"]))
    try run(pictures.evaluate("read", ["--data", pictures.path("png")]))
    let names = try FileManager.default.contentsOfDirectory(
      atPath: pictures.path("made/predictions")
    ).filter { $0.hasSuffix(".npy") }
    #expect(names.count == 17)
    for name in names.map({ "predictions/\($0)" }) + ["cells.csv", "summary.csv"] {
      #expect(try pictures.bytes("made/\(name)") == pictures.bytes("read/\(name)"), "\(name)")
    }
    #expect(
      try run(["verify", pictures.path("read")]).output.contains("ok           images of fog-3"))
    for index in Pictures.classes.indices {
      let name = pictures.path(index, Pictures.classes[index]).dropFirst(4).dropLast(5)
      for corruption in ["impulse_noise", "frost(substitute)", "contrast"] {
        let file = "\(corruption)/3/\(name)"
        let image = try Image(decoding: pictures.bytes("png/\(file).png"), file: file)
        #expect(
          try image.jpeg(quality: 85, optimizesTables: true, file: "")
            == pictures.bytes("jpeg/\(file).JPEG"))
      }
    }
    let lossy = try run(pictures.evaluate("lossy", ["--data", pictures.path("jpeg")]))
    #expect(lossy.errors.contains("the corrupted copies were made by mixmo corrupt"))
  }

  @Test func `outputs of other classes are masked, which the record and its verification know`()
    throws
  {
    let pictures = try Pictures.all()
    let arguments = ["--mask-classes", "--generate", "--corruption", "fog"]
    let process = try run(pictures.evaluate("masked", arguments))
    #expect(process.errors.contains("the outputs of 5 of 1000 classes are compared"))
    try run(pictures.evaluate("all", ["--generate", "--corruption", "fog"]))
    let (masked, all) = (
      try NumPyArray(contentsOf: pictures.folder.file("masked/predictions/fog-3.npy")),
      try NumPyArray(contentsOf: pictures.folder.file("all/predictions/fog-3.npy"))
    )
    #expect(masked.shape == [5, 1, 5] && all.shape == [5, 1, 1000])
    let (some, every) = (try masked.values(of: Float.self), try all.values(of: Float.self))
    for row in 0..<5 {
      for (place, label) in Pictures.classes.enumerated() {
        #expect(some[row * 5 + place] == every[row * 1000 + label])
      }
    }
    let record = try RunRecord.read(from: RunFolder(pictures.folder.file("masked")))
    #expect(record.inputs?.pictures?.masksClasses == true && record.program?.classes == 1000)
    #expect(
      try run(["verify", pictures.path("masked")]).output.contains("ok           images of val"))
    let mixed = try run(
      pictures.evaluate("masked", ["--generate", "--corruption", "fog"]), status: 1)
    #expect(mixed.errors.contains("classes of the program (--mask-classes)"), "\(mixed.errors)")
    let unordered = try run(
      [
        "evaluate", "--model", TestProgram.command("well"), "--mask-classes", "--output",
        pictures.path("no"),
      ] + pictures.chosen.prefix(6), status: 64)
    #expect(unordered.errors.contains("--mask-classes needs --class-order"))
  }

  @Test func `a tree of some classes, in groups, is scored on their pictures, and verified`() throws
  {
    let pictures = try Pictures.all()
    try run(["corrupt", "--output", pictures.path("all"), "--quiet"] + pictures.chosen)
    let cell = pictures.folder.file("few/weather/fog/3")
    try FolderCreation.create(cell)
    for label in [65, 7, 970] {
      let name = ImageNetClasses.published[label]
      try FileManager.default.copyItem(
        at: pictures.folder.file("all/fog/3/\(name)"), to: cell.appending(path: name))
    }
    let arguments = [
      "evaluate", "--model", TestProgram.command("probabilities"), "--probabilities", "--images",
      pictures.path("val"), "--class-order", "imagenet", "--mask-classes", "--resize", "256",
      "--crop",
      "224", "--data", pictures.path("few"), "--corruptions", "--bootstrap", "10", "--output",
      pictures.path("run"),
    ]
    let first = try run(arguments)
    #expect(
      first.errors.contains(
        "--data has no corrupted copies of 2 classes, whose pictures are left out: n01440764, n01753488"
      ),
      "\(first.errors)")
    let fog = try NumPyArray(
      contentsOf: pictures.folder.file("run/predictions/fog-3.probabilities.npy"))
    #expect(fog.shape == [3, 1, 3])
    let values = try fog.values(of: Float.self)
    for row in 0..<3 {
      // Three quotients, each rounded to Float32 once.
      #expect(abs(values[3 * row..<3 * row + 3].reduce(0, +) - 1) < 3 * 0x1p-24)
    }
    let record = try RunRecord.read(from: RunFolder(pictures.folder.file("run")))
    #expect(record.inputs?.pictures?.leftOut == ["n01440764", "n01753488"])
    #expect(record.origin.images == 3)
    let verified = try run(["verify", pictures.path("run")]).output
    #expect(verified.contains("ok           images of val"), "\(verified)")
    #expect(verified.contains("ok           images of fog-3"))
    // The same command goes on from there, and leaves the same.
    let table = try pictures.bytes("run/cells.csv")
    try run(arguments)
    #expect(try pictures.bytes("run/cells.csv") == table)
  }

  // MARK: mCE

  /// Writes predictions of six images over 1000 classes for the 15 corruptions, and their labels.
  private func writeCells(_ folder: URL, frost: String = "frost") throws {
    try FolderCreation.create(folder)
    var random = SeededGenerator(seed: 3)
    let labels = [0, 1, 2, 65, 970, 999]
    func rows(_ count: Int) -> [Float] {
      (0..<count * 1000).map { place in
        Float.random(in: 0...1, using: &random)
          + (place % 1000 == labels[place / 1000 % 6] ? Float.random(in: 0...2, using: &random) : 0)
      }
    }
    try NumPyArray.write(rows(6), shape: [6, 1000], to: folder.appending(path: "clean.npy"))
    for name in Corruption.Name.allCases.prefix(15).map(\.rawValue) {
      let file = folder.appending(path: "\(name == "frost" ? frost : name).npy")
      try NumPyArray.write(rows(30), shape: [30, 1000], to: file)
    }
    try NumPyArray.write(
      labels.map { Int64($0) }, shape: [6],
      to: folder.deletingLastPathComponent().appending(path: "labels.npy"))
  }

  @Test func `predictions in files have an mCE where --suite imagenet says what they are of`()
    throws
  {
    let folder = try TemporaryFolder()
    try writeCells(folder.file("cells"))
    func score(_ cells: String, _ output: String, _ more: [String]) throws -> MixmoProcess {
      try run(
        [
          "score", "--cells", folder.file(cells).path, "--labels", folder.file("labels.npy").path,
          "--bootstrap", "10", "--output", folder.file(output).path,
        ] + more)
    }
    let scored = try score("cells", "run", ["--suite", "imagenet"])
    #expect(scored.errors.contains("imagenet-c15: mCE ") && !scored.errors.contains("generated"))
    func summary(_ run: String) throws -> String {
      String(
        decoding: try FileContents.read(folder.file("\(run)/summary.csv"), limit: 1 << 26),
        as: UTF8.self)
    }
    let metric = "mean_corruption_error_relative_to(AlexNet)"
    for aggregate in ["macro", "fog", "jpeg_compression"] {
      #expect(
        try summary("run").contains(",imagenet-c15,\(aggregate),network,none,\(metric),"),
        "\(aggregate)")
    }
    #expect(try summary("run").contains(",imagenet-c15,macro,network,none,relative_\(metric),"))
    let table = try run([
      "table", folder.file("run").path, "--over", "imagenet-c15", "--metric", metric,
    ])
    #expect(table.output.contains("imagenet-c15"), "\(table.output)\(table.errors)")
    let standard = try run(["table", folder.file("run").path])
    #expect(!standard.output.contains("imagenet-c15"))
    try run(["report", folder.file("run").path, "--quiet"])
    let page = String(
      decoding: try FileContents.read(folder.file("run/report.html"), limit: 1 << 26),
      as: UTF8.self)
    #expect(page.contains("imagenet-c15: mCE ") && page.contains("the mean error itself is"))
    #expect(
      try run(["verify", folder.file("run").path]).output.contains("ok           summary.csv"))
    // Without the suite nothing says that they are of ImageNet-C.
    _ = try score("cells", "other", [])
    #expect(try !summary("other").contains("imagenet-c15"))
    try writeCells(folder.file("marked"), frost: "frost(substitute)")
    let marked = try score("marked", "substitute", ["--suite", "imagenet"])
    #expect(marked.errors.contains("imagenet-c15 is undefined: substitutes stand in for frost"))
    #expect(try !summary("substitute").contains("imagenet-c15"))
  }
}
