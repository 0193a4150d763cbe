import Datasets
import Formats
import Foundation
import TestSupport
import Testing

/// `mixmo evaluate` on the files of CIFAR-10-C.
struct CorruptedFilesTests {
  /// A trained network, 24 clean images, and fog and contrast of them: each severity adds 10.
  final class Place {
    let folder: TemporaryFolder

    init() throws {
      folder = try TemporaryFolder()
      let digits = Digits.dataset(.test)
      let clean = InMemoryDataset(
        name: "cifar10", classCount: 10, imageSide: 32, labels: Array(digits.labels.prefix(24)),
        images: Array(digits.images.prefix(24)))
      try CIFARWriter.write(
        train: clean, test: clean, classNames: [],
        to: folder.file("data/cifar10-data/cifar-10-batches-bin"))
      let recipe = try TestRecipe.small(epochs: 1, ["dataset": "cifar10"])
      try AtomicFile.write(recipe.text, to: folder.file("small.yaml"))
      try FolderCreation.create(folder.file("data/CIFAR-10-C"))
      try NumPyArray.write(
        (0..<5).flatMap { _ in clean.labels.map(UInt8.init) }, shape: [120],
        to: folder.file("data/CIFAR-10-C/labels.npy"))
      let pixels = (1...5).flatMap { severity in
        clean.images.flatMap { $0.pixels.map { $0 &+ UInt8(10 * severity) } }
      }
      for name in ["fog", "contrast"] { try write(name, pixels) }
    }

    func write(_ name: String, _ pixels: [UInt8]) throws {
      try NumPyArray.write(
        pixels, shape: [120, 32, 32, 3], to: folder.file("data/CIFAR-10-C/\(name).npy"))
    }

    func train() throws { try #require(mixmo("train", "--quiet").status == 0) }

    func mixmo(_ subcommand: String, _ more: String...) throws -> MixmoProcess {
      try MixmoProcess(
        [
          subcommand, "--config", folder.file("small.yaml").path, "--data",
          folder.file("data").path, "--save", folder.file("runs").path,
        ] + more)
    }
  }

  @Test func `corrupted files are scored, and those that are missing are named`() throws {
    let place = try Place()
    try place.train()
    let all = try place.mixmo("evaluate", "--checkpoint", "best", "--corruptions")
    #expect(all.status == 0, "\(all.errors)")
    #expect(all.errors.contains("no files, left out: gaussian_noise, shot_noise, "))
    let cells = try CSVTable(contentsOf: place.folder.file("runs/small/cells.csv"))
    let scored = Set(zip(cells.column("corruption") ?? [], cells.column("severity") ?? []).map(+))
    #expect(
      scored
        == Set(["clean0"] + (1...5).flatMap { ["contrast\($0)", "fog\($0)"] }))
    #expect(Set(cells.column("samples") ?? []) == ["24"])

    let missing = try place.mixmo("evaluate", "--checkpoint", "best", "--corruption", "snow")
    #expect(missing.status == 1)
    #expect(missing.errors.contains("CIFAR-10-C/snow.npy: cannot be read: No such file"))

    let named = try place.mixmo(
      "evaluate", "--checkpoint", "best", "--corruptions", "--corruption", "snw")
    #expect(named.status == 64 && named.errors.contains("did you mean \"snow\"?"))
    #expect(named.errors.contains("Usage: mixmo evaluate"), "\(named.errors)")

    // Predictions of other files must not be scored as those of these.
    try place.write("fog", Array(repeating: 7, count: 120 * 3072))
    let changed = try place.mixmo("evaluate", "--checkpoint", "best", "--corruption", "fog")
    #expect(changed.status == 1)
    #expect(changed.errors.contains("belongs to another evaluation: fog-1"), "\(changed.errors)")
    let made = try place.mixmo(
      "evaluate", "--checkpoint", "best", "--corruption", "contrast", "--generate")
    #expect(made.status == 1)
    #expect(made.errors.contains("belongs to another evaluation: suite"), "\(made.errors)")
  }

  @Test func `a benchmark without any of the corruptions is an error`() throws {
    let place = try Place()
    try place.train()
    for name in ["fog", "contrast"] {
      try FileManager.default.removeItem(at: place.folder.file("data/CIFAR-10-C/\(name).npy"))
    }
    let process = try place.mixmo("evaluate", "--checkpoint", "best", "--corruptions")
    #expect(process.status == 1)
    #expect(process.errors.contains("cifar10: expected corrupted images below"))
  }
}
