import Datasets
import Formats
import Foundation
import Images
import TestSupport
import Testing

/// `mixmo corrupt`, and `mixmo evaluate` on what it wrote.
struct CorruptCommandTests {
  private func workspace(testCount: Int = 24) throws -> Workspace {
    try Workspace(epochs: 1, testCount: testCount, as: .cifar10)
  }

  private func corrupt(_ workspace: Workspace, _ output: String, _ more: String...) -> [String] {
    [
      "corrupt", "--dataset", "cifar10", "--data", workspace.data, "--output",
      workspace.path(output),
    ] + more
  }

  @Test func `evaluate on the files equals evaluate --generate, bit for bit`() throws {
    let workspace = try Workspace.trained(as: .cifar10)
    let written = try MixmoProcess(corrupt(workspace, "data/CIFAR-10-C", "--seed", "5", "--json"))
    #expect(written.status == 0, "\(written.errors)")
    let speeds =
      try JSONSerialization.jsonObject(with: Data(written.output.utf8)) as? [[String: Any]]
    #expect(speeds?.count == 19 && speeds?.allSatisfy { $0["images"] as? Int == 120 } == true)

    for (folder, more) in [("files", []), ("generated", ["--generate"])] {
      let process = try MixmoProcess(
        workspace.evaluate(
          save: "runs", "--checkpoint", "best", "--corruptions", "--temperature-scaling", "--seed",
          "5", "--quiet", "--output", workspace.path(folder)) + more)
      #expect(process.status == 0, "\(process.errors)")
    }
    var (files, generated) = (try workspace.files("files"), try workspace.files("generated"))
    // The records say what was read or generated, and how long it took.
    #expect(files.removeValue(forKey: "run.json") != nil)
    #expect(generated.removeValue(forKey: "run.json") != nil)
    // The lock, four tables, the fits and the findings; 95 cells, the clean one and the labels.
    #expect(files.count == 7 + 95 + 2)
    #expect(files.keys.sorted() == generated.keys.sorted())
    for (name, bytes) in files {
      let isSame = generated[name] == bytes
      #expect(isSame, "\(name)")
    }
    let cells = try CSVTable(contentsOf: workspace.folder.file("files/cells.csv"))
    #expect(Set(cells.column("corruption") ?? []).count == 20)
    #expect(cells.column("corruption")?.contains("frost(substitute)") == true)
  }

  @Test func `killed at any moment and started again, it ends in the same files`() throws {
    let workspace = try workspace(testCount: 200)
    let quick = ["--corruption", "fog", "--corruption", "contrast", "--corruption", "snow"]
    #expect(try MixmoProcess(corrupt(workspace, "whole") + quick).status == 0)
    var random = SeededGenerator(seed: 3)
    for _ in 0..<8 {
      let process = MixmoProcess.process(corrupt(workspace, "killed") + quick)
      process.standardError = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      Thread.sleep(forTimeInterval: Double.random(in: 0...0.3, using: &random))
      Foundation.kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    #expect(try MixmoProcess(corrupt(workspace, "killed") + quick).status == 0)
    let files = try workspace.files("whole")
    #expect(
      files.keys.sorted().filter { !$0.hasPrefix(".") } == [
        "contrast.npy", "corrupt.json", "fog.npy", "labels.npy", "snow.npy",
      ])
    let killed = try workspace.files("killed")
    #expect(killed.keys.sorted() == files.keys.sorted())
    for (name, bytes) in files {
      let isSame = killed[name] == bytes
      #expect(isSame, "\(name)")
    }
  }

  @Test func `a part of the severities goes to image files`() throws {
    let workspace = try workspace()
    let process = try MixmoProcess(
      corrupt(
        workspace,
        "out", "--format", "png", "--severity", "3", "--corruption", "fog", "--limit", "5"))
    #expect(process.status == 0, "\(process.errors)")
    let names = try workspace.files("out").keys.filter { $0.hasSuffix(".png") }
    #expect(names.count == 5 && names.allSatisfy { $0.hasPrefix("fog/3/") })
  }

  @Test func `a preview of a picture needs no data`() throws {
    let folder = try TemporaryFolder()
    let picture = Image(height: 90, width: 70, pixels: (0..<18900).map { UInt8($0 % 251) })
    let source = try folder.file("a.png", holding: picture.png(file: ""))
    let sheet = folder.file("sheet.png")
    let process = try MixmoProcess(
      "corrupt", "--image", source.path, "--preview", sheet.path, "--corruption", "contrast",
      "--json")
    #expect(process.status == 0, "\(process.errors)")
    #expect(process.output == #"{"preview":"\#(sheet.path)"}"# + "\n")
    let drawn = try Image(decoding: FileContents.read(sheet, limit: 1 << 20), file: "")
    // One row: a name of 8 letters, and six pictures of 64 pixels.
    #expect(drawn.width == 108 + 6 * 70 + 12 && drawn.height == 30 + 76)
  }

  @Test func `wrong textures, other images and misuse are named`() throws {
    let workspace = try workspace()
    func expect(_ arguments: [String], _ status: Int32, _ messages: String...) throws {
      let process = try MixmoProcess(arguments)
      #expect(process.status == status, "\(arguments)")
      for message in messages {
        #expect(process.errors.contains(message), "\(message) not in \(process.errors)")
      }
    }
    try expect(["corrupt"], 64, "Give --output for the images, --preview for a picture, or both")
    try expect(["corrupt", "--output", "a"], 64, "Give --dataset and --data, or --images")
    try expect(
      corrupt(workspace, "out", "--severity", "2"), 1, "an array holds severities 1 to 5, found [2]"
    )
    try expect(
      corrupt(workspace, "out", "--frost-textures", workspace.path("data")), 1,
      "missing: frost1.png, frost2.png, frost3.png, frost4.jpg, frost5.jpg")
    try expect(
      corrupt(workspace, "out", "--suite", "imagnet"), 64,
      "found \"imagnet\"; did you mean \"imagenet\"?")
    try expect(corrupt(workspace, "out", "--suite", "no.yaml"), 1, "no.yaml")
    try AtomicFile.write(
      "suite: mine\nside: 32\ncorruptions:\n"
        + "  contrast: {family: digital, group: extra, severities: {1: {factor: 0.5}}}\n",
      to: workspace.folder.file("mine.yaml"))
    let mine = ["--suite", workspace.path("mine.yaml"), "--format", "png"]
    try expect(
      corrupt(workspace, "out", "--severity", "4") + mine, 1,
      "contrast: the suite has severities 1; asked for 4")
    #expect(try MixmoProcess(corrupt(workspace, "mine") + mine).status == 0)
    #expect(try workspace.files("mine").keys.filter { $0.hasSuffix(".png") }.count == 24)
    #expect(try MixmoProcess(corrupt(workspace, "out", "--corruption", "fog")).status == 0)
    try expect(
      corrupt(workspace, "out", "--seed", "1"), 1,
      "the folder's images were made with other settings: seed: expected 1, found 0")
  }

  @Test func `severities for another size are taken where they are asked for, and marked`() throws {
    let workspace = try workspace()
    let published = try MixmoProcess(
      corrupt(workspace, "own", "--suite", "cifar", "--corruption", "fog"))
    #expect(published.status == 0 && !published.errors.contains("warning"), "\(published.errors)")
    #expect(try workspace.files("own").keys.contains("fog.npy"))
    for suite in ["tiny-imagenet", TestPackage.url.path + "/corruptions/tiny-imagenet.yaml"] {
      let process = try MixmoProcess(
        corrupt(workspace, "other", "--suite", suite, "--corruption", "fog"))
      #expect(process.status == 0, "\(process.errors)")
      #expect(
        process.errors.contains(
          "the severities of Tiny-ImageNet-C are meant for images of 64×64 pixels, these have 32×32"
        ))
    }
    #expect(try workspace.files("other").keys.contains("fog(substitute).npy"))
    let sheet = workspace.folder.file("sheet.png")
    let drawn = try MixmoProcess(
      corrupt(workspace, "other", "--suite", "imagenet", "--corruption", "fog") + [
        "--preview", sheet.path, "--severity", "1", "--format", "png",
      ])
    // The sheet is drawn before the folder is found to have copies by another table.
    #expect(drawn.status == 1 && drawn.errors.contains("other settings"), "\(drawn.errors)")
    #expect(FileManager.default.fileExists(atPath: sheet.path))
  }
}
