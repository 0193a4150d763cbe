import Datasets
import Formats
import Foundation
import Images
import TestSupport
import Testing

/// Verification of files that are right but not the published ones.
struct ValidFileTests {
  @Test func `a part of CIFAR is valid, not the published file, and a damaged file is wrong`()
    throws
  {
    let folder = try TemporaryFolder()
    try Digits.writeFirst(train: 48, test: 24, as: .cifar10, below: folder.url)
    let bin = "cifar10-data/cifar-10-batches-bin"
    let part = try verificationRecords("cifar10", in: folder.url)
    #expect(part.count == 8)
    let names = part.values.filter { $0.status == .ok }.map(\.path)
    #expect(names == ["\(bin)/batches.meta.txt"])
    #expect(part.values.count { $0.status == .valid && $0.problem == nil } == 7)
    #expect(
      part["\(bin)/test_batch.bin"]?.difference
        == "expected 30730000 bytes, found 73752; expected 1000 images of class 0, found 2")
    #expect(part["\(bin)/data_batch_*.bin"]?.images == 48)

    let file = folder.file("\(bin)/test_batch.bin")
    let bytes = try FileContents.read(file, limit: 1 << 20)
    try AtomicFile.write(Array(bytes.dropLast(9)), to: file)
    #expect(
      try verificationRecords("cifar10", in: folder.url)["\(bin)/test_batch.bin"]?.problem
        == "expected 30730000 bytes, found 73743; ends with 3064 of the 3073 bytes of a record; "
        + "expected 1000 images of class 0, found 2")
    try AtomicFile.write("", to: file)
    #expect(
      try verificationRecords("cifar10", in: folder.url)["\(bin)/test_batch.bin"]?.status == .wrong)
  }

  @Test func `a pickle of CIFAR with fewer images is valid`() throws {
    let found = try verificationRecords("cifar100", in: fixture("cifar"))["cifar-100-python/test"]
    #expect(found?.status == .valid && found?.difference == "expected 10000 images, found 3")
    #expect(found?.images == 3)
  }

  @Test func `a file with all images but another MD5 is wrong`() throws {
    let folder = try TemporaryFolder()
    var bytes = [UInt8](repeating: 0, count: 30_740_000)
    for record in 0..<10_000 { bytes[3074 * record + 1] = UInt8(record % 100) }
    try AtomicFile.write(bytes, to: folder.file("test.bin"))
    let found = try verificationRecords("cifar100", in: folder.url)["test.bin"]
    #expect(found?.status == .wrong && found?.difference == nil)
    #expect(
      found?.problem?.hasPrefix("expected MD5 4499cfba6c016c1be1438163640a0898, found ") == true)
  }

  @Test func `images that corrupt made are valid, as far as they are what it records`() throws {
    let folder = try TemporaryFolder()
    func record(_ dataset: String, _ images: Int) throws {
      let home = folder.file(dataset == "cifar10" ? "CIFAR-10-C" : "Tiny-ImageNet-C")
      let lock = try BenchmarkRecord(
        dataset: dataset, images: images, data: "", suite: "", seed: 4, format: .npy, version: ""
      ).claim(home)
      lock.release()
    }
    try record("cifar10", 3)
    let home = folder.file("CIFAR-10-C")
    func write(_ rows: Int, _ name: String) throws {
      try NumPyArray.write(
        [UInt8](repeating: 9, count: rows * 3072), shape: [rows, 32, 32, 3],
        to: home.appending(path: name))
    }
    try write(15, "fog.npy")
    try write(15, "frost(substitute).npy")
    let labels = (0..<5).flatMap { _ in [1, 0, 7] as [UInt8] }
    try NumPyArray.write(labels, shape: [15], to: home.appending(path: "labels.npy"))
    let made = try verificationRecords("cifar10-c", in: folder.url)
    #expect(
      made.keys.sorted() == ["fog", "frost(substitute)", "labels"].map { "CIFAR-10-C/\($0).npy" })
    let maker = "made by mixmo corrupt with the seed 4"
    for record in made.values { #expect(record.status == .valid && record.difference == maker) }
    try write(20, "fog.npy")
    let other = try verificationRecords("cifar10-c", in: folder.url)["CIFAR-10-C/fog.npy"]?.problem
    #expect(other?.contains("expected uint8 [15, 32, 32, 3], found uint8 [20, 32, 32, 3]") == true)

    let names = TinyImageNetClasses.published
    let image = try TinyImageNetTree.image(1, 0).png(file: "image")
    try record("tinyimagenet200", 2)
    for severity in [2, 3] {
      let cell = "Tiny-ImageNet-C/frost(substitute)/\(severity)"
      for name in names { try FolderCreation.create(folder.file("\(cell)/\(name)")) }
      for name in names.prefix(severity) {
        try AtomicFile.write(image, to: folder.file("\(cell)/\(name)/a.png"))
      }
    }
    let cells = try verificationRecords("tinyimagenet200-c", in: folder.url)
    #expect(cells.count == 2)
    #expect(cells["Tiny-ImageNet-C/frost(substitute)/2"]?.difference == maker)
    #expect(
      cells["Tiny-ImageNet-C/frost(substitute)/3"]?.problem
        == "expected 2 images, found 3; \(maker)")
  }
}
