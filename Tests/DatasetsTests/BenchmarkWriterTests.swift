import Corruptions
import Datasets
import Formats
import Foundation
import Images
import Loading
import Scoring
import Tensors
import TestSupport
import Testing

struct BenchmarkWriterTests {
  /// Twelve images of ten classes, two quick random corruptions and a substitute.
  static let clean = InMemoryDataset.random(count: 12)
  static let names: [Corruption.Name] = [.impulseNoise, .frost, .brightness]

  static func suite(_ file: String = "cifar") throws -> [Corruption] {
    try CorruptionSuite(
      contentsOf: TestPackage.url.appending(path: "corruptions/\(file).yaml")
    ).corruptions.filter { names.contains($0.name) }
  }

  static func generated(_ clean: any Dataset = clean) throws -> GeneratedBenchmark {
    try GeneratedBenchmark(
      suite(clean.imageSide == 64 ? "tiny-imagenet" : "cifar"), of: clean, seed: 7)
  }

  static func writer(
    _ files: BenchmarkFiles, _ clean: any Dataset = clean, severities: [Int] = Array(1...5),
    to folder: URL, threads: Int = 2
  ) throws -> any BenchmarkWriter {
    try files.writer(
      of: generated(clean), clean: clean, severities: severities, to: folder,
      workers: Workers(count: threads))
  }

  static func write(_ writer: any BenchmarkWriter) throws {
    for corruption in writer.corruptions { try writer.write(corruption) { _, _ in } }
  }

  @Test func `arrays hold what is generated, and CIFAR-10-C's reader reads them`() throws {
    let folder = try TemporaryFolder()
    try Self.write(Self.writer(.npy, to: folder.file("CIFAR-10-C")))
    let read = try DatasetKind.cifar10.benchmark(
      of: Self.clean, in: folder.url, names: Self.names.map(\.rawValue), isPartial: true)
    let generated = try Self.generated()
    #expect(read.cells == generated.cells)
    #expect(
      read.cells.map(\.name)
        == ["impulse_noise", "frost(substitute)", "brightness"].flatMap { name in
          (1...5).map { "\(name)-\($0)" }
        })
    try Self.expectSameImages(read, generated)
    let labels = try NumPyArray(contentsOf: folder.file("CIFAR-10-C/labels.npy"))
    #expect(labels.elementType == .uint8)
    #expect(try labels.values(of: Int.self) == (0..<5).flatMap { _ in Self.clean.labels })
  }

  @Test func `folders hold what is generated, and Tiny-ImageNet-C's reader reads them`() throws {
    let tree = try TinyImageNetTree()
    try tree.writeTrain()
    try tree.writeValidation(.published)
    let clean = try tree.read(.test)
    #expect(clean.imageName(at: 0) == "val_199" && clean.classNames == TinyImageNetTree.classes)
    let writer = try Self.writer(
      .png, clean, severities: [2, 5], to: tree.folder.file("Tiny-ImageNet-C"))
    try Self.write(writer)
    let read = try DatasetKind.tinyimagenet200.benchmark(
      of: clean, in: tree.folder.url, names: Self.names.map(\.rawValue), isPartial: true)
    #expect(read.cells == writer.cells)
    try Self.expectSameImages(read, Self.generated(clean))
  }

  /// Expects each cell of `read` to have the images and labels of the same cell of `generated`.
  static func expectSameImages(
    _ read: any CorruptionBenchmark, _ generated: any CorruptionBenchmark
  ) throws {
    for cell in read.cells {
      let stored = try read.images(of: cell)
      let made = try generated.images(of: cell)
      #expect(stored.labels == made.labels)
      for index in stride(from: 0, to: made.labels.count, by: made.labels.count / 8) {
        let isSame = try stored.image(at: index) == made.image(at: index)
        #expect(isSame, "\(cell), image \(index)")
      }
    }
  }

  @Test func `JPEG files are of quality 85, as the published ones`() throws {
    let folder = try TemporaryFolder()
    try Self.write(Self.writer(.jpeg, severities: [3], to: folder.url))
    let made = try Self.generated().images(of: Cell(corruption: "brightness", severity: 3)).image(
      at: 11)
    // Image 11 is of class 1.
    let stored = try FileContents.read(folder.file("brightness/3/1/11.JPEG"), limit: 1 << 20)
    #expect(try stored == made.jpeg(quality: 85, optimizesTables: true, file: ""))
  }

  @Test(arguments: [BenchmarkFiles.npy, .png])
  func `the same bytes on 1 and 3 threads`(files: BenchmarkFiles) throws {
    let folder = try TemporaryFolder()
    for threads in [1, 3] {
      try Self.write(Self.writer(files, to: folder.file("\(threads)"), threads: threads))
    }
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.file("1").path)
    #expect(names.count >= 4)
    let others = try FileManager.default.subpathsOfDirectory(atPath: folder.file("3").path)
    #expect(Set(others) == Set(names))
    for name in names {
      let (one, three) = (folder.file("1/\(name)"), folder.file("3/\(name)"))
      #expect(FileManager.default.contentsEqual(atPath: one.path, andPath: three.path), "\(name)")
    }
  }

  @Test(arguments: [BenchmarkFiles.npy, .png])
  func `a stopped run leaves only whole files, and continues`(
    files: BenchmarkFiles
  ) throws {
    struct Stop: Error {}
    let folder = try TemporaryFolder()
    let writer = try Self.writer(files, to: folder.url)
    let (first, second) = (writer.corruptions[0], writer.corruptions[1])
    try writer.write(first) { _, _ in }
    let before = try folder.names
    #expect(throws: Stop.self) {
      try writer.write(second) { cell, _ in if cell.severity == 2 { throw Stop() } }
    }
    #expect(writer.missingImageCount(of: first) == 0)
    // The array is written anew; of the folders, that of severity 1 is whole.
    #expect(writer.missingImageCount(of: second) == (files == .npy ? 60 : 48))
    let inside = files == .npy ? [] : ["1"]
    let after = try folder.names.filter { !before.contains($0) }
    #expect(after == (files == .npy ? [] : [second]))
    for name in after {
      #expect(
        try FileManager.default.contentsOfDirectory(
          atPath: folder.file(name).path) == inside)
    }
    var calls = 0
    try writer.write(first) { _, _ in calls += 1 }
    #expect(calls == 0)
    try writer.write(second) { _, _ in calls += 1 }
    #expect(calls == (files == .npy ? 5 : 4))
    #expect(writer.missingImageCount(of: second) == 0)
  }

  @Test func `an array needs five severities, and files of a class need different names`() throws {
    let folder = try TemporaryFolder()
    #expect(
      throws: DatasetError.severitiesOfArray(folder.file("impulse_noise.npy"), found: [2, 3])
    ) {
      try Self.writer(.npy, severities: [3, 2], to: folder.url)
    }
    #expect(
      throws: DatasetError.sameImageName(dataset: "random", class: "0", name: "same")
    ) {
      try Self.writer(.png, SameNames(), to: folder.url)
    }
  }

  /// Twelve images whose files would all have the same name.
  private struct SameNames: Dataset {
    var name: String { BenchmarkWriterTests.clean.name }
    var classCount: Int { 10 }
    var imageSide: Int { 32 }
    var labels: [Int] { BenchmarkWriterTests.clean.labels }
    func image(at index: Int) -> Image { BenchmarkWriterTests.clean.images[index] }
    func imageName(at index: Int) -> String { "same" }
  }

  static let record = BenchmarkRecord(
    dataset: "cifar10", images: 12, data: "d", suite: "s", seed: 1, format: .npy, version: "1")

  @Test func `a folder belongs to one set of images, and to one process`() throws {
    let folder = try TemporaryFolder()
    let destination = folder.file("new/folder")
    let lock = try Self.record.claim(destination)
    #expect(throws: FileError.inUse(destination.appending(path: ".corrupt.lock"))) {
      try Self.record.claim(destination)
    }
    lock.release()
    try Self.record.claim(destination).release()
    for (field, change) in Self.changes {
      var other = Self.record
      change(&other)
      #expect {
        try other.claim(destination)
      } throws: {
        "\($0)".contains("the folder's images were made with other settings: \(field): expected")
      }
    }
  }

  static let changes: [(String, @Sendable (inout BenchmarkRecord) -> Void)] = [
    ("dataset", { $0.dataset = "cifar100" }), ("images", { $0.images = 13 }),
    ("data", { $0.data = "e" }), ("suite", { $0.suite = "t" }), ("seed", { $0.seed = 2 }),
    ("format", { $0.format = "png" }), ("version", { $0.version = "2" }),
  ]

  @Test func `a folder with other files, or with a malformed record, is left alone`() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("fog.npy", holding: [1])
    #expect {
      try Self.record.claim(folder.url)
    } throws: {
      "\($0)".contains("an empty folder or the record of one, found fog.npy")
    }
    _ = try folder.file("corrupt.json", holding: Array("{}".utf8))
    #expect {
      try Self.record.claim(folder.url)
    } throws: {
      "\($0)".contains("corrupt.json: expected the record of corrupted images")
    }
  }
}
