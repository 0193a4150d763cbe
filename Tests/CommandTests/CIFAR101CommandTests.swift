import Datasets
import Formats
import Foundation
import TestSupport
import Testing

/// A network that was trained on CIFAR-10, on CIFAR-10.1.
struct CIFAR101CommandTests {
  /// Writes the first digits as the two arrays, and a configuration that names the data set.
  private static func prepare(_ workspace: Workspace) throws {
    let digits = Digits.first(24, of: .test)
    try FolderCreation.create(workspace.folder.file("data/CIFAR-10.1"))
    try NumPyArray.write(
      digits.images.flatMap(\.pixels), shape: [24, 32, 32, 3],
      to: workspace.folder.file("data/CIFAR-10.1/cifar10.1_v6_data.npy"))
    try NumPyArray.write(
      digits.labels.map(Int32.init), shape: [24],
      to: workspace.folder.file("data/CIFAR-10.1/cifar10.1_v6_labels.npy"))
    let text = String(decoding: try workspace.bytes("small.yaml"), as: UTF8.self)
    try AtomicFile.write(
      text.replacing("dataset: cifar10\n", with: "dataset: cifar10.1\n"),
      to: workspace.folder.file("new.yaml"))
  }

  private static func evaluate(_ workspace: Workspace, _ output: String, _ more: String...) throws {
    let process = try MixmoProcess(
      [
        "evaluate", "--config", workspace.path("new.yaml"), "--data", workspace.data,
        "--checkpoint", workspace.path("runs/small/checkpoint_epoch_001.ckpt"), "--output",
        workspace.path(output), "--corruption", "fog", "--corruption", "contrast", "--quiet",
      ] + more)
    #expect(process.status == 0, "\(process.errors)")
  }

  @Test func `it is corrupted, and evaluated from files as on the fly`() throws {
    let workspace = try Workspace.trained(as: .cifar10)
    try Self.prepare(workspace)
    let written = try MixmoProcess(
      "corrupt", "--dataset", "cifar10.1", "--data", workspace.data, "--output",
      workspace.path("data/CIFAR-10.1-C"), "--corruption", "fog", "--corruption", "contrast")
    #expect(written.status == 0, "\(written.errors)")
    try Self.evaluate(workspace, "files")
    try Self.evaluate(workspace, "generated", "--generate")
    let (files, generated) = (try workspace.files("files"), try workspace.files("generated"))
    #expect(files.count > 12 && files.keys.sorted() == generated.keys.sorted())
    for (name, bytes) in files where name != "run.json" {
      let isSame = generated[name] == bytes
      #expect(isSame, "\(name)")
    }
    let cells = try CSVTable(contentsOf: workspace.folder.file("files/cells.csv"))
    #expect(Set(cells.column("dataset") ?? []) == ["cifar10.1"])
  }

  @Test func `it is not trained on, downloaded or a recipe`() throws {
    let workspace = try Workspace(as: .cifar10)
    try Self.prepare(workspace)
    let trained = try MixmoProcess(
      "train", "--config", workspace.path("new.yaml"), "--data", workspace.data, "--save",
      workspace.path("runs"))
    #expect(trained.status == 1)
    #expect(
      trained.errors.contains(
        "cifar10.1: has test images alone, found none to train on; train on cifar10"))
    let downloaded = try MixmoProcess("data", "download", "cifar10.1", "--data", workspace.data)
    #expect(downloaded.status == 64, "\(downloaded.errors)")
    let recipes = try MixmoProcess("config", "create", "--dataset", "cifar10.1", "--list")
    #expect(recipes.status == 64)
    let verified = try MixmoProcess(
      "data", "verify", "--dataset", "cifar10.1", "--data", workspace.data)
    #expect(verified.status == 0 && verified.output.contains("expected 2000 images, found 24"))
  }
}
