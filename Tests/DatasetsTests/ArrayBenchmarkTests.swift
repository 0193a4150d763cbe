import Datasets
import Formats
import Foundation
import Images
import Loading
import Scoring
import TestSupport
import Testing

struct ArrayBenchmarkTests {
  /// Six clean images, and a folder of files whose image i at severity s has the first byte 16·s +
  /// i.
  static let clean = InMemoryDataset.random(count: 6)

  final class ArrayFolder {
    let folder: TemporaryFolder

    init(labels: [Int]? = nil, corruptions: [String] = ["fog", "snow"]) throws {
      folder = try TemporaryFolder()
      let url = folder.file("CIFAR-10-C")
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      let all = labels ?? (0..<5).flatMap { _ in ArrayBenchmarkTests.clean.labels }
      try NumPyArray.write(
        all.map(UInt8.init), shape: [all.count], to: url.appending(path: "labels.npy"))
      for name in corruptions { try write(name, shape: [30, 32, 32, 3]) }
    }

    func write(
      _ name: String, shape: [Int], folder path: String = "CIFAR-10-C", labels: Bool = false
    ) throws {
      let url = folder.file(path)
      try FolderCreation.create(url)
      if labels {
        let all = (0..<5).flatMap { _ in ArrayBenchmarkTests.clean.labels.map(UInt8.init) }
        try NumPyArray.write(all, shape: [all.count], to: url.appending(path: "labels.npy"))
      }
      let size = shape.dropFirst().reduce(1, *)
      var values: [UInt8] = []
      for row in 0..<shape[0] {
        values.append(UInt8(16 * (row / 6 + 1) + row % 6))
        values += Array(repeating: UInt8(name.count), count: size - 1)
      }
      try NumPyArray.write(values, shape: shape, to: url.appending(path: "\(name).npy"))
    }

    func benchmark(
      _ names: [String] = ["fog", "snow"], isPartial: Bool = false
    ) throws -> any CorruptionBenchmark {
      try DatasetKind.cifar10.benchmark(
        of: ArrayBenchmarkTests.clean, in: folder.url, names: names, isPartial: isPartial)
    }

    /// The message that `body` fails with, without the folder's path.
    func message(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "done"
      } catch {
        return "\(error)".replacing(folder.url.path + "/", with: "")
      }
    }
  }

  @Test func `a severity is its fifth of the rows, and the images name their cell`() throws {
    let arrays = try ArrayFolder()
    let benchmark = try arrays.benchmark()
    #expect(
      benchmark.cells
        == ["fog", "snow"].flatMap { name in
          (1...5).map { Cell(corruption: name, severity: $0) }
        })
    for severity in 1...5 {
      let cell = Cell(corruption: "snow", severity: severity)
      let images = try benchmark.images(of: cell)
      #expect(images.cell == cell)
      #expect(images.labels == Self.clean.labels)
      for index in 0..<6 {
        let image = try images.image(at: index)
        #expect(image.height == 32 && image.width == 32)
        #expect(Int(image.pixels[0]) == 16 * severity + index)
        #expect(image.pixels[1...].allSatisfy { $0 == 4 })
      }
    }
  }

  @Test func `a corruption without a file is left out when all are asked for`() throws {
    let arrays = try ArrayFolder()
    let benchmark = try arrays.benchmark(["frost", "snow"], isPartial: true)
    #expect(benchmark.cells == (1...5).map { Cell(corruption: "snow", severity: $0) })
    let whole = try arrays.benchmark(["frost", "snow"])
    #expect(
      arrays.message { _ = try whole.images(of: Cell(corruption: "frost", severity: 1)) }
        == "CIFAR-10-C/frost.npy: cannot be read: No such file or directory")
  }

  @Test func `labels may be whole numbers of any type, in a column`() throws {
    let arrays = try ArrayFolder()
    let labels = (0..<5).flatMap { _ in Self.clean.labels }
    let url = arrays.folder.file("CIFAR-10-C/labels.npy")
    try NumPyArray.write(labels.map { Float($0) }, shape: [30, 1], to: url)
    #expect(try arrays.benchmark().cells.count == 10)
    try NumPyArray.write(labels.map { Float($0) + 0.5 }, shape: [30], to: url)
    #expect(
      arrays.message { _ = try arrays.benchmark() }
        == "CIFAR-10-C/labels.npy: row 0: expected a class index, found \(Double(labels[0]) + 0.5)")
  }

  @Test func `labels must be the clean ones, five times`() throws {
    var labels = (0..<5).flatMap { _ in Self.clean.labels }
    labels[20] += 1
    let arrays = try ArrayFolder(labels: labels)
    #expect(
      arrays.message { _ = try arrays.benchmark() }
        == "CIFAR-10-C/labels.npy: row 20: expected class 2, that of the clean test set, found 3")
    let short = try ArrayFolder(labels: Self.clean.labels)
    #expect(
      short.message { _ = try short.benchmark() }
        == "CIFAR-10-C/labels.npy: expected shape [30], five times the 6 test images, "
        + "found shape [6]")
  }

  @Test func `without labels they are the clean ones, which is said`() throws {
    let arrays = try ArrayFolder()
    #expect(try arrays.benchmark().notes == [])
    let folder = arrays.folder.file("CIFAR-10-C")
    try FileManager.default.removeItem(at: folder.appending(path: "labels.npy"))
    for isPartial in [true, false] {
      let benchmark = try arrays.benchmark(isPartial: isPartial)
      #expect(
        benchmark.notes == [
          "\(folder.path): no labels.npy; the labels are those of the clean test images, 5 times"
        ])
      let images = try benchmark.images(of: Cell(corruption: "snow", severity: 4))
      #expect(images.labels == Self.clean.labels)
      #expect(Int(try images.image(at: 2).pixels[0]) == 16 * 4 + 2)
    }
    // A folder with labels counts before one without.
    try arrays.write(
      "fog", shape: [30, 32, 32, 3], folder: "cifar10-data/CIFAR-10-C", labels: true)
    #expect(try arrays.benchmark(["fog"]).notes == [])
  }

  @Test func `files of other names are named once, and read when asked for`() throws {
    let arrays = try ArrayFolder(corruptions: ["fog", "caustic_noise", "brownish noise", "odd"])
    try arrays.write("odd", shape: [30, 16, 32, 3])
    let folder = arrays.folder.file("CIFAR-10-C")
    #expect(
      try arrays.benchmark(isPartial: true).notes == [
        "\(folder.path): not scored, as no published list has them: brownish noise, caustic_noise; "
          + "--corruption NAME scores one"
      ])
    let benchmark = try arrays.benchmark(["fog", "caustic_noise"])
    #expect(benchmark.notes == [])
    let images = try benchmark.images(of: Cell(corruption: "caustic_noise", severity: 2))
    #expect(images.cell == Cell(corruption: "caustic_noise", severity: 2))
    #expect(try images.image(at: 1).pixels[1] == UInt8("caustic_noise".count))
    #expect(
      DatasetKind.otherCorruptions(in: arrays.folder.url) == [
        "brownish noise", "caustic_noise", "odd",
      ])
  }

  @Test(arguments: [[30, 32, 32], [29, 32, 32, 3], [30, 16, 32, 3], [30, 3, 32, 32]])
  func `another shape is refused by name`(shape: [Int]) throws {
    let arrays = try ArrayFolder()
    try arrays.write("fog", shape: shape)
    let benchmark = try arrays.benchmark()
    #expect(
      arrays.message { _ = try benchmark.images(of: Cell(corruption: "fog", severity: 3)) }
        == "CIFAR-10-C/fog.npy: expected bytes of shape [30, 32, 32, 3], "
        + "found uint8 of shape \(shape)")
  }

  @Test func `images of another type and truncated files are refused by name`() throws {
    let arrays = try ArrayFolder()
    let url = arrays.folder.file("CIFAR-10-C/fog.npy")
    let benchmark = try arrays.benchmark()
    let bytes = try FileContents.read(url, limit: 1 << 20)
    try AtomicFile.write(Array(bytes.dropLast()), to: url)
    #expect(
      arrays.message { _ = try benchmark.images(of: Cell(corruption: "fog", severity: 1)) }
        == "CIFAR-10-C/fog.npy: the shape needs 92160 bytes of data, found 92159")
    try NumPyArray.write(
      [Float](repeating: 0, count: 30 * 3072), shape: [30, 32, 32, 3], to: url)
    #expect(
      arrays.message { _ = try benchmark.images(of: Cell(corruption: "fog", severity: 1)) }
        == "CIFAR-10-C/fog.npy: expected bytes of shape [30, 32, 32, 3], "
        + "found float32 of shape [30, 32, 32, 3]")
  }

  @Test(
    arguments: [
      (
        ["gaussian-noise", "Fog", "jpeg"],
        "Fog.npy (fog.npy?), gaussian-noise.npy (gaussian_noise.npy?), "
          + "jpeg.npy (jpeg_compression.npy?)"
      ),
      (
        ["c10_fog_images", "shot_nois", "odd"],
        "c10_fog_images.npy (fog.npy?), odd.npy, shot_nois.npy (shot_noise.npy?)"
      ),
    ], [false, true])
  func `misnamed arrays are named with what they were probably meant for`(
    names: ([String], String), hasLabels: Bool
  ) throws {
    let arrays = try ArrayFolder(corruptions: names.0)
    if !hasLabels {
      try FileManager.default.removeItem(at: arrays.folder.file("CIFAR-10-C/labels.npy"))
    }
    #expect(
      arrays.message { _ = try arrays.benchmark(isPartial: true) }
        == "CIFAR-10-C: CIFAR-10-C: expected arrays named after corruptions, such as fog.npy, found "
        + "\(names.1); rename them, or score one with --corruption NAME")
  }

  @Test func `a misnamed array beside others is named with what it was probably meant for`() throws
  {
    let arrays = try ArrayFolder(corruptions: ["fog", "motion blur"])
    #expect(
      try arrays.benchmark(["fog"], isPartial: true).notes.first?.contains(
        "no published list has them: motion blur (motion_blur?); --corruption") == true)
  }

  @Test(arguments: ["cifar-10-c", "CIFAR10C", "Cifar_10_C"])
  func `a misnamed folder is named`(name: String) throws {
    let folder = try TemporaryFolder()
    try FolderCreation.create(folder.file(name))
    #expect {
      try DatasetKind.cifar10.benchmark(
        of: Self.clean, in: folder.url, names: ["fog"], isPartial: true)
    } throws: {
      "\($0)"
        == "CIFAR-10-C: \(folder.url.path): expected a folder named CIFAR-10-C, found \(name); "
        + "rename it"
    }
  }

  @Test func `a published array that was not asked for is not misnamed`() throws {
    let arrays = try ArrayFolder(corruptions: ["fog"])
    #expect(try arrays.benchmark(["snow"], isPartial: true).cells.isEmpty)
  }

  @Test func `a folder that is not there is named`() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.path
    #expect {
      try DatasetKind.cifar100.benchmark(
        of: Self.clean, in: folder.url, names: ["fog"], isPartial: true)
    } throws: {
      "\($0)" == "CIFAR-100-C: no data found; looked in \(path)/CIFAR-100-C, "
        + "\(path)/cifar100-data/CIFAR-100-C, \(path); "
        + "name another folder with --data, or fetch it with mixmo data download"
    }
  }
}
