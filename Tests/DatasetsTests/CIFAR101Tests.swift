import Datasets
import Formats
import Foundation
import Images
import Loading
import TestSupport
import Testing

/// CIFAR-10.1's two NumPy arrays.
struct CIFAR101Tests {
  static let kinds: [(DatasetKind, String)] = [(.cifar101, "v6"), (.cifar101v4, "v4")]
  static let clean = InMemoryDataset.random(count: 12)

  /// Writes images, and labels of the type `Label`, where they are looked for.
  static func write<Label: NumPyElement & FixedWidthInteger>(
    _ images: InMemoryDataset = clean, labels: Label.Type = Int64.self, version: String = "v6",
    to folder: URL
  ) throws {
    try FolderCreation.create(folder)
    try NumPyArray.write(
      images.images.flatMap(\.pixels), shape: [images.count, 32, 32, 3],
      to: folder.appending(path: "cifar10.1_\(version)_data.npy"))
    try NumPyArray.write(
      images.labels.map { Label($0) }, shape: [images.count],
      to: folder.appending(path: "cifar10.1_\(version)_labels.npy"))
  }

  static func message(in folder: URL, _ body: () throws -> Void) -> String {
    do {
      try body()
      return "done"
    } catch {
      return "\(error)".replacing(folder.path + "/", with: "")
    }
  }

  @Test(arguments: kinds)
  func `both selections are read, with labels of 4 and 8 bytes`(
    kind: DatasetKind, version: String
  ) throws {
    let places = [
      "CIFAR-10.1", "CIFAR-10.1/datasets", "cifar10.1-data", "cifar10.1-data/datasets",
      "cifar10.1", ".",
    ]
    for (index, place) in places.enumerated() {
      let folder = try TemporaryFolder()
      if index % 2 == 0 {
        try Self.write(labels: Int32.self, version: version, to: folder.file(place))
      } else {
        try Self.write(labels: Int64.self, version: version, to: folder.file(place))
      }
      let read = try kind.read(.test, in: folder.url)
      #expect(read.name == kind.rawValue && read.classCount == 10 && read.imageSide == 32)
      #expect(read.labels == Self.clean.labels)
      #expect(try (0..<12).map { try read.image(at: $0) } == Self.clean.images)
    }
    #expect(kind.normalization == DatasetKind.cifar10.normalization)
  }

  @Test func `training images and missing files are named, with what to do`() throws {
    let folder = try TemporaryFolder()
    #expect(
      Self.message(in: folder.url) { _ = try DatasetKind.cifar101.read(.train, in: folder.url) }
        == "cifar10.1: has test images alone, found none to train on; train on cifar10, and evaluate "
        + "on cifar10.1")
    #expect(
      Self.message(in: folder.url) { _ = try DatasetKind.cifar101v4.read(.test, in: folder.url) }
        .hasSuffix(
          "name another folder with --data, or fetch its two .npy files from "
            + "https://github.com/modestyachts/CIFAR-10.1"))
    try Self.write(to: folder.url)
    try FileManager.default.removeItem(at: folder.file("cifar10.1_v6_labels.npy"))
    #expect(
      Self.message(in: folder.url) { _ = try DatasetKind.cifar101.read(.test, in: folder.url) }
        == "cifar10.1_v6_labels.npy: cannot be read: No such file or directory")
    #expect(
      Self.message(in: folder.url) {
        _ = try DatasetKind.cifar101.benchmark(
          of: Self.clean, in: folder.url, names: ["fog"], isPartial: true)
      }.hasSuffix("or make it with mixmo corrupt, or corrupt on the fly with --generate"))
  }

  @Test func `arrays of other shapes, types and classes are named`() throws {
    let folder = try TemporaryFolder()
    let (data, labels) = (
      folder.file("cifar10.1_v6_data.npy"), folder.file("cifar10.1_v6_labels.npy")
    )
    func expect(_ message: String, _ change: () throws -> Void) throws {
      try Self.write(to: folder.url)
      try change()
      let found = Self.message(in: folder.url) {
        _ = try DatasetKind.cifar101.read(.test, in: folder.url)
      }
      #expect(found.hasPrefix(message), "\(found)")
    }
    let bytes = [UInt8](repeating: 1, count: 12 * 3072)
    try expect(
      "cifar10.1_v6_data.npy: expected uint8 of shape [N, 32, 32, 3], found uint8 of shape [12, 3, 32, 32]"
    ) { try NumPyArray.write(bytes, shape: [12, 3, 32, 32], to: data) }
    try expect(
      "cifar10.1_v6_data.npy: expected uint8 of shape [N, 32, 32, 3], found int64 of shape [12]"
    ) { try NumPyArray.write(Array(repeating: Int64(1), count: 12), shape: [12], to: data) }
    try expect(
      "cifar10.1_v6_data.npy: expected uint8 of shape [N, 32, 32, 3], found uint8 of shape [0, 32, 32, 3]"
    ) { try NumPyArray.write([UInt8](), shape: [0, 32, 32, 3], to: data) }
    try expect(
      "cifar10.1_v6_labels.npy: expected 12 labels, one for each image of cifar10.1_v6_data.npy, found 11"
    ) { try NumPyArray.write(Array(repeating: Int64(1), count: 11), shape: [11], to: labels) }
    try expect(
      "cifar10.1_v6_labels.npy: expected whole numbers of shape [N], found float64 of shape [12]"
    ) { try NumPyArray.write(Array(repeating: 1.0, count: 12), shape: [12], to: labels) }
    try expect(
      "cifar10.1_v6_labels.npy: expected whole numbers of shape [N], found int64 of shape [12, 1]"
    ) { try NumPyArray.write(Array(repeating: Int64(1), count: 12), shape: [12, 1], to: labels) }
    for wrong in [10, -1, Int64.max] {
      try expect("cifar10.1_v6_labels.npy: row 3: expected a label from 0 to 9, found \(wrong)") {
        try NumPyArray.write(
          [0, 1, 2, wrong] + Array(repeating: 0, count: 8), shape: [12], to: labels)
      }
    }
    try expect("cifar10.1_v6_data.npy: expected a NumPy array (.npy), found text") {
      try Data("no array".utf8).write(to: data)
    }
  }

  @Test func `random changes of both files never end the program`() throws {
    let folder = try TemporaryFolder()
    try Self.write(to: folder.url)
    let names = ["cifar10.1_v6_data.npy", "cifar10.1_v6_labels.npy"]
    let whole = try names.map { try FileContents.read(folder.file($0), limit: 1 << 20) }
    var random = SeededGenerator(seed: 2)
    for index in 0..<400 {
      for (name, bytes) in zip(names, whole) { try Data(bytes).write(to: folder.file(name)) }
      let chosen = index % 2
      // Most changes are to the header, which is what can go wrong.
      let changed = Array(whole[chosen].prefix(128)).mutated(using: &random)
      try Data(changed + whole[chosen].dropFirst(128)).write(to: folder.file(names[chosen]))
      guard let read = try? DatasetKind.cifar101.read(.test, in: folder.url) else { continue }
      #expect(read.labels.allSatisfy { (0..<10).contains($0) })
      _ = try read.image(at: read.count - 1)
    }
  }

  @Test func `verification tells the published files from others of their form`() throws {
    let folder = try TemporaryFolder()
    try Self.write(to: folder.file("CIFAR-10.1"))
    let part = try verificationRecords("cifar10.1", in: folder.url)
    #expect(
      Set(part.keys) == ["CIFAR-10.1/cifar10.1_v6_data.npy", "CIFAR-10.1/cifar10.1_v6_labels.npy"])
    #expect(part.values.allSatisfy { $0.status == .valid })
    #expect(
      part["CIFAR-10.1/cifar10.1_v6_data.npy"]?.difference == "expected 2000 images, found 12")
    // As many images, but not the published ones.
    let images = Array(repeating: Self.clean.images[0], count: 2000)
    let balanced = InMemoryDataset(
      name: "", classCount: 10, imageSide: 32, labels: (0..<2000).map { $0 % 10 }, images: images)
    try Self.write(balanced, to: folder.file("CIFAR-10.1"))
    let other = try verificationRecords("cifar10.1", in: folder.url)
    #expect(other.values.allSatisfy { $0.status == .wrong && $0.problem?.contains("MD5") == true })
    let v4 = InMemoryDataset(
      name: "", classCount: 10, imageSide: 32, labels: (0..<2021).map { $0 % 7 },
      images: images + images.prefix(21))
    try Self.write(v4, version: "v4", to: folder.file("CIFAR-10.1"))
    let records = try verificationRecords("cifar10.1-v4", in: folder.url)
    #expect(records.values.allSatisfy { $0.status == .ok } && records.count == 2)
    try FileManager.default.removeItem(at: folder.file("CIFAR-10.1/cifar10.1_v4_labels.npy"))
    let missing = try verificationRecords("cifar10.1-v4", in: folder.url)
    #expect(missing["CIFAR-10.1/cifar10.1_v4_labels.npy"]?.status == .missing)
  }
}
