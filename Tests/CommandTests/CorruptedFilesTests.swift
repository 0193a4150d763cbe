import Datasets
import Formats
import Foundation
import TestSupport
import Testing

/// `mixmo evaluate` on the files of CIFAR-10-C.
struct CorruptedFilesTests {
  /// A trained network, 24 clean images, and fog and contrast of them: each severity adds 10.
  private func place() throws -> Place {
    let place = try Place.trained(as: .cifar10)
    let clean = try DatasetKind.cifar10.read(.test, in: place.folder.file("data"))
    try FolderCreation.create(place.folder.file("data/CIFAR-10-C"))
    try NumPyArray.write(
      (0..<5).flatMap { _ in clean.labels.map(UInt8.init) }, shape: [120],
      to: place.folder.file("data/CIFAR-10-C/labels.npy"))
    let images = try (0..<clean.count).map { try clean.image(at: $0) }
    let pixels = (1...5).flatMap { severity in
      images.flatMap { $0.pixels.map { $0 &+ UInt8(10 * severity) } }
    }
    for name in ["fog", "contrast"] { try write(name, pixels, place) }
    return place
  }

  private func write(_ name: String, _ pixels: [UInt8], _ place: Place) throws {
    try NumPyArray.write(
      pixels, shape: [120, 32, 32, 3], to: place.folder.file("data/CIFAR-10-C/\(name).npy"))
  }

  private func evaluate(_ place: Place, _ more: String...) throws -> MixmoProcess {
    try MixmoProcess(place.evaluate(save: "runs", "--checkpoint", "best") + more)
  }

  @Test func `corrupted files are scored, and those that are missing are named`() throws {
    let place = try place()
    let all = try evaluate(place, "--corruptions")
    #expect(all.status == 0, "\(all.errors)")
    #expect(all.errors.contains("no files, left out: gaussian_noise, shot_noise, "))
    let cells = try CSVTable(contentsOf: place.folder.file("runs/small/cells.csv"))
    let scored = Set(zip(cells.column("corruption") ?? [], cells.column("severity") ?? []).map(+))
    #expect(
      scored
        == Set(["clean0"] + (1...5).flatMap { ["contrast\($0)", "fog\($0)"] }))
    #expect(Set(cells.column("samples") ?? []) == ["24"])

    let missing = try evaluate(place, "--corruption", "snow")
    #expect(missing.status == 1)
    #expect(missing.errors.contains("CIFAR-10-C/snow.npy: cannot be read: No such file"))

    let named = try evaluate(
      place, "--corruptions", "--corruption", "snw")
    #expect(named.status == 64 && named.errors.contains("did you mean \"snow\"?"))
    #expect(named.errors.contains("Usage: mixmo evaluate"), "\(named.errors)")

    // Predictions of other files must not be scored as those of these.
    try write("fog", Array(repeating: 7, count: 120 * 3072), place)
    let changed = try evaluate(place, "--corruption", "fog")
    #expect(changed.status == 1)
    #expect(changed.errors.contains("belongs to another evaluation: fog-1"), "\(changed.errors)")
    let made = try evaluate(
      place, "--corruption", "contrast", "--generate")
    #expect(made.status == 1)
    #expect(made.errors.contains("belongs to another evaluation: suite"), "\(made.errors)")
  }

  @Test func `a benchmark without any of the corruptions is an error`() throws {
    let place = try place()
    for name in ["fog", "contrast"] {
      try FileManager.default.removeItem(at: place.folder.file("data/CIFAR-10-C/\(name).npy"))
    }
    let process = try evaluate(place, "--corruptions")
    #expect(process.status == 1)
    #expect(process.errors.contains("cifar10: expected corrupted images below"))
  }
}
