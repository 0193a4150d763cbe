import Formats
import Foundation
import Images
import TestSupport
import Testing

/// `mixmo corrupt --images`.
struct CorruptPicturesTests {
  /// A folder `p` with two classes of photographs of several sizes.
  private struct Pictures: ~Copyable {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    static func all() throws -> Pictures {
      let pictures = try Pictures()
      for (index, path) in ["cat/2.jpg", "cat/10.png", "dog/1.png", "dog/in/3.jpeg"].enumerated() {
        let (height, width) = (40 + 7 * index, 60 - 5 * index)
        let picture = Image(
          height: height, width: width,
          pixels: (0..<height * width * 3).map { UInt8(($0 * (3 + index) / 5) % 251) })
        try pictures.write(picture, "p/\(path)")
      }
      return pictures
    }

    func path(_ name: String) -> String { folder.file(name).path }

    func write(_ picture: Image, _ path: String) throws {
      let url = folder.file(path)
      try FolderCreation.create(url.deletingLastPathComponent())
      let bytes =
        path.hasSuffix("png")
        ? try picture.png(file: path) : try picture.jpeg(quality: 90, file: path)
      try Data(bytes).write(to: url)
    }

    func files(_ name: String) throws -> [String: [UInt8]] {
      var files: [String: [UInt8]] = [:]
      for file in try FileManager.default.subpathsOfDirectory(atPath: path(name)) {
        let url = folder.file("\(name)/\(file)")
        if let bytes = try? FileContents.read(url, limit: 1 << 24) { files[file] = bytes }
      }
      return files
    }

    func corrupt(_ output: String, _ more: String...) -> [String] {
      ["corrupt", "--images", path("p"), "--output", path(output)] + more
    }
  }

  private static let quick = ["--corruption", "fog", "--corruption", "contrast"]

  @Test func `copies of any pictures, prepared, in a tree of their names`() throws {
    let pictures = try Pictures.all()
    let process = try MixmoProcess(
      pictures.corrupt("out", "--resize", "36", "--crop", "32", "--json") + Self.quick)
    #expect(process.status == 0, "\(process.errors)")
    let files = try pictures.files("out").filter { !$0.key.hasPrefix(".") }
    let names = ["cat/10.png", "cat/2.png", "dog/1.png", "dog/in/3.png"]
    let expected = ["contrast", "fog"].flatMap { name in
      (1...5).flatMap { severity in names.map { "\(name)/\(severity)/\($0)" } }
    }
    #expect(Set(files.keys) == Set(expected + ["corrupt.json"]))
    for name in expected {
      let image = try Image(decoding: files[name] ?? [], file: name)
      #expect(image.height == 32 && image.width == 32)
    }
    let record = String(decoding: files["corrupt.json"] ?? [], as: UTF8.self)
    #expect(record.contains(#""dataset" : "p""#) && record.contains(#""names" : ""#))
    // Of other threads, of another order of classes, and again: the same copies.
    try Data("dog\ncat\n".utf8).write(to: pictures.folder.file("order.txt"))
    let again = try MixmoProcess(
      pictures.corrupt(
        "again", "--resize", "36", "--crop", "32", "--class-order", pictures.path("order.txt"),
        "--threads", "3") + Self.quick)
    #expect(again.status == 0, "\(again.errors)")
    let others = try pictures.files("again")
    for name in expected { #expect(others[name] == files[name], "\(name)") }
    // The copies do not depend on the order, so that there is nothing left to do.
    let more = try MixmoProcess(
      pictures.corrupt("again", "--resize", "36", "--crop", "32") + Self.quick)
    #expect(more.status == 0 && more.output == "", "\(more.errors)")
  }

  @Test func `ImageNet-C made on the fly equals its files, bit for bit`() throws {
    let pictures = try Pictures.all()
    let chosen = [
      "--resize", "256", "--crop", "224", "--corruption", "snow", "--corruption", "pixelate",
      "--severity", "4", "--seed", "3",
    ]
    let process = try MixmoProcess(pictures.corrupt("tree") + chosen)
    #expect(process.status == 0, "\(process.errors)")
    #expect(try pictures.files("tree").keys.count { $0.hasSuffix(".png") } == 8)
    for (output, more) in [
      ("files", ["--data", pictures.path("tree")]), ("made", ["--generate"]),
      ("named", ["--generate", "--suite", "imagenet"]),
    ] {
      let run = try MixmoProcess(
        [
          "evaluate", "--model", TestProgram.command("well"), "--images", pictures.path("p"),
          "--bootstrap", "0", "--quiet", "--output", pictures.path(output),
        ] + chosen + more)
      #expect(run.status == 0, "\(run.errors)")
    }
    let files = try pictures.files("files")
    let cells = ["clean-0", "snow-4", "pixelate-4"].map { "predictions/\($0).npy" }
    for name in cells + ["cells.csv"] {
      #expect(files[name] != nil)
      for other in ["made", "named"] { #expect(try pictures.files(other)[name] == files[name]) }
    }
  }

  @Test func `killed and started again, it ends in the same files`() throws {
    let pictures = try Pictures.all()
    let arguments = ["--resize", "64", "--crop", "64"] + Self.quick
    #expect(try MixmoProcess(pictures.corrupt("whole") + arguments).status == 0)
    var random = SeededGenerator(seed: 9)
    for _ in 0..<5 {
      let process = MixmoProcess.process(pictures.corrupt("killed") + arguments)
      process.standardError = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      Thread.sleep(forTimeInterval: Double.random(in: 0...0.15, using: &random))
      Foundation.kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    #expect(try MixmoProcess(pictures.corrupt("killed") + arguments).status == 0)
    let (whole, killed) = (try pictures.files("whole"), try pictures.files("killed"))
    #expect(killed.keys.sorted() == whole.keys.sorted() && whole.count >= 41)
    for (name, bytes) in whole { #expect(killed[name] == bytes, "\(name)") }
  }

  @Test func `pictures without folders of classes, as JPEG, and a preview of the first`() throws {
    let folder = try TemporaryFolder()
    for (level, name) in ["b.png", "a.png"].enumerated() {
      let picture = Image(
        height: 32, width: 32, pixels: Array(repeating: UInt8(100 + level), count: 3072))
      try FolderCreation.create(folder.file("flat"))
      try Data(picture.png(file: name)).write(to: folder.file("flat/\(name)"))
    }
    try Data("b,0\na,1\n".utf8).write(to: folder.file("labels.csv"))
    let process = try MixmoProcess(
      [
        "corrupt", "--images", folder.file("flat").path, "--labels",
        folder.file("labels.csv").path, "--output", folder.file("out").path, "--format", "jpeg",
        "--severity", "3", "--preview", folder.file("sheet.png").path, "--quiet",
      ] + Self.quick)
    #expect(process.status == 0, "\(process.errors)")
    #expect(
      try FileManager.default.contentsOfDirectory(
        atPath: folder.file("out/fog/3").path
      ).sorted() == ["a.JPEG", "b.JPEG"])
    #expect(FileManager.default.fileExists(atPath: folder.file("sheet.png").path))
    let unlabeled = try MixmoProcess(
      [
        "corrupt", "--images", folder.file("flat").path, "--output", folder.file("out").path,
        "--format", "jpeg", "--severity", "3",
      ] + Self.quick)
    #expect(unlabeled.status == 0 && unlabeled.output == "", "\(unlabeled.errors)")
  }

  @Test func `what cannot be done is said before any work`() throws {
    let pictures = try Pictures.all()
    func expect(_ arguments: [String], _ status: Int32, _ message: String) throws {
      let process = try MixmoProcess(arguments)
      #expect(process.status == status, "\(arguments)")
      #expect(process.errors.contains(message), "\(message) not in \(process.errors)")
      #expect(!FileManager.default.fileExists(atPath: pictures.path("out/fog")))
    }
    let both = ["--resize", "36", "--crop", "32"]
    try expect(
      pictures.corrupt("out"), 1, "10.png: expected a square picture, found 55×47 pixels")
    try expect(
      pictures.corrupt("out", "--resize", "256", "--crop", "225"), 64,
      "Images of 225×225 pixels need --suite: there are suites for 32×32, 64×64 and 224×224")
    try expect(
      pictures.corrupt("out", "--crop", "4", "--suite", "imagenet", "--corruption", "glass_blur"),
      1,
      "glass_blur at severity 2: expected a side of at least 6, found images of 4×4 pixels")
    try expect(
      pictures.corrupt("out", "--resize", "320", "--crop", "320", "--suite", "imagenet"), 1,
      "frost at severity 1: expected a side below 315, that of the scaled textures")
    try expect(
      pictures.corrupt("out", "--resize", "32", "--crop", "36"), 64,
      "--crop 36 is larger than --resize 32")
    try expect(
      pictures.corrupt("out", "--crop", "0"), 64,
      "--crop: expected a number from 1 to 4096, found 0")
    try expect(
      pictures.corrupt("out", "--resize", "4097"), 64,
      "--resize: expected a number from 1 to 4096, found 4097")
    try expect(
      pictures.corrupt("out", "--format", "npy") + both, 64,
      "--format: expected png or jpeg for the copies of --images, found npy")
    try expect(
      pictures.corrupt("out", "--data", "data") + both, 64,
      "--data goes with --dataset; the copies of --images go to --output")
    try expect(
      pictures.corrupt("out", "--dataset", "cifar10", "--data", "data"), 64,
      "--images takes the place of --dataset; give one of the two")
    for option in ["--resize", "--crop"] {
      try expect(
        ["corrupt", "--dataset", "cifar10", "--data", "d", "--output", "o", option, "32"], 64,
        "\(option) is for the pictures of --images")
    }
    try expect(
      ["corrupt", "--dataset", "cifar10", "--output", "o"], 64,
      "--dataset needs --data, the folder that holds the data sets' folders")
    try expect(
      pictures.corrupt("out", "--crop", "46") + Self.quick, 64,
      "Images of 46×46 pixels need --suite")
    let small = Image(height: 20, width: 20, pixels: Array(repeating: 9, count: 1200))
    try pictures.write(small, "p/dog/0.png")
    try expect(
      pictures.corrupt("out", "--crop", "32") + Self.quick, 1,
      "p/dog/0.png: expected at least 32×32 pixels for --crop 32, found 20×20")
    try pictures.write(small, "p/dog/0.jpg")
    try expect(
      pictures.corrupt("out") + both + Self.quick, 1,
      "p: dog/0.jpg and dog/0.png differ only in the extension")
  }

  @Test func `a folder of copies belongs to pictures of these names and this preparation`() throws {
    let pictures = try Pictures.all()
    let both = ["--resize", "36", "--crop", "32"] + Self.quick
    #expect(try MixmoProcess(pictures.corrupt("out") + both).status == 0)
    func expect(_ arguments: [String], _ field: String) throws {
      let process = try MixmoProcess(pictures.corrupt("out") + arguments)
      #expect(process.status == 1)
      #expect(
        process.errors.contains("the folder's images were made with other settings: \(field): "),
        "\(process.errors)")
    }
    try expect(["--resize", "40", "--crop", "32"] + Self.quick, "data")
    try expect(both + ["--seed", "2"], "seed")
    try FileManager.default.moveItem(
      at: pictures.folder.file("p/dog/1.png"), to: pictures.folder.file("p/dog/0.png"))
    try expect(both, "names")
  }
}
