import Datasets
import Formats
import Foundation
import Images
import Loading
import TestSupport
import Testing

struct CIFARTests {
  /// A record of CIFAR-10 whose planes hold 0…1023, 1…1024 and 2…1025, each modulo 251.
  static func record(_ labels: UInt8...) -> [UInt8] {
    labels + (0..<3).flatMap { plane in (0..<1024).map { UInt8(($0 + plane) % 251) } }
  }

  static func writeTrain(_ files: [[UInt8]], in folder: URL) throws {
    for (number, bytes) in files.enumerated() {
      try Data(bytes).write(to: folder.appendingPathComponent("data_batch_\(number + 1).bin"))
    }
  }

  @Test func `records are a label and three planes`() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.url
    let records = (0..<7).map { Self.record($0) }
    try Self.writeTrain(
      [records[0] + records[1], records[2], records[3], records[4], records[5] + records[6]],
      in: folder)
    let dataset = try DatasetKind.cifar10.read(.train, in: folder)
    #expect(dataset.labels == Array(0..<7))
    #expect(dataset.classCount == 10)
    for index in 0..<7 {
      let image = try dataset.image(at: index)
      #expect(image[0, 0, 0] == 0 && image[0, 0, 2] == 2)
      #expect(image[3, 5, 1] == 102)  // 3·32 + 5 + 1
      #expect(image[31, 31, 2] == 1025 % 251)
    }
  }

  @Test func `the fine label of CIFAR-100 is the class`() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.url
    let subfolder = folder.appendingPathComponent("cifar100-data/cifar-100-binary")
    try FileManager.default.createDirectory(at: subfolder, withIntermediateDirectories: true)
    let bytes = Self.record(3, 99) + Self.record(19, 0)
    try Data(bytes).write(to: subfolder.appendingPathComponent("test.bin"))
    let dataset = try DatasetKind.cifar100.read(.test, in: folder)
    #expect(dataset.labels == [99, 0])
    #expect(try dataset.image(at: 1)[0, 1, 0] == 1)
  }

  @Test func `images written are read back`() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.url
    let train = InMemoryDataset.random(count: 13)
    let test = InMemoryDataset.random(count: 3, seed: 2)
    let names = (0..<10).map { "class \($0)" }
    try CIFARWriter.write(train: train, test: test, classNames: names, to: folder)
    for (written, split) in [(train, DatasetSplit.train), (test, .test)] {
      let read = try DatasetKind.cifar10.read(split, in: folder)
      #expect(read.labels == written.labels)
      #expect(try (0..<read.count).map { try read.image(at: $0) } == written.images)
    }
    let sizes = try (1...5).map {
      try Data(contentsOf: folder.appendingPathComponent("data_batch_\($0).bin")).count
    }
    #expect(sizes.sorted() == [2, 2, 3, 3, 3].map { $0 * 3073 })
    let meta = folder.appendingPathComponent("batches.meta.txt")
    #expect(try String(contentsOf: meta, encoding: .utf8).split(separator: "\n").count == 10)
  }

  @Test func `files read and written again are the same bytes`() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.url
    let files = (0..<5).map { file in (0..<2).flatMap { Self.record(UInt8(2 * file + $0)) } }
    try Self.writeTrain(files, in: folder)
    try Data(Self.record(9)).write(to: folder.appendingPathComponent("test_batch.bin"))
    let copy = folder.appendingPathComponent("copy/nested")
    try CIFARWriter.write(
      train: DatasetKind.cifar10.read(.train, in: folder),
      test: DatasetKind.cifar10.read(.test, in: folder), classNames: [], to: copy)
    for (number, bytes) in files.enumerated() {
      let url = copy.appendingPathComponent("data_batch_\(number + 1).bin")
      #expect(try [UInt8](Data(contentsOf: url)) == bytes)
    }
    let test = copy.appendingPathComponent("test_batch.bin")
    #expect(try [UInt8](Data(contentsOf: test)) == Self.record(9))
  }

  @Test(arguments: [
    ("cifar10-data/cifar-10-batches-bin", DatasetKind.cifar10), ("cifar-10-batches-bin", .cifar10),
    ("", .cifar10), ("digits-data/cifar-10-batches-bin", .digits), ("", .digits),
  ])
  func `a data set is found in each folder that it may be in`(path: String, kind: DatasetKind)
    throws
  {
    let temporary = try TemporaryFolder()
    let folder = temporary.url
    let subfolder = folder.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: subfolder, withIntermediateDirectories: true)
    try Data(Self.record(4)).write(to: subfolder.appendingPathComponent("test_batch.bin"))
    #expect(try kind.read(.test, in: folder).labels == [4])
  }

  static let brokenFiles: [(bytes: [UInt8], message: String)] = [
    ([], "expected records of 3073 bytes, found an empty file"),
    (record(1).dropLast(), "byte 0: expected a record of 3073 bytes, found 3072"),
    (record(1) + record(2) + [3], "byte 6146: expected a record of 3073 bytes, found 1"),
    (record(1) + record(10), "byte 3073: expected a label from 0 to 9, found 10"),
    (record(255), "byte 0: expected a label from 0 to 9, found 255"),
  ]

  @Test(arguments: brokenFiles)
  func `a broken file is named with byte, expected and found`(
    bytes: [UInt8], message: String
  ) throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.url
    let url = folder.appendingPathComponent("test_batch.bin")
    try Data(bytes).write(to: url)
    #expect {
      try DatasetKind.cifar10.read(.test, in: folder)
    } throws: { error in
      #expect("\(error)" == "\(url.path): \(message)")
      return error is DatasetError
    }
  }

  @Test func `a broken fine label is named with its own byte`() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.url
    let url = folder.appendingPathComponent("test.bin")
    try Data(Self.record(0, 99) + Self.record(0, 100)).write(to: url)
    let error = DatasetError.labelOutOfRange(
      url, at: "byte 3075", classCount: 100, found: 100)
    #expect(throws: error) { try DatasetKind.cifar100.read(.test, in: folder) }
  }

  @Test func `what is missing is named`() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.url
    #expect {
      try DatasetKind.cifar10.read(.test, in: folder)
    } throws: { error in
      let path = folder.path
      return "\(error)" == "cifar10: no data found; looked in "
        + "\(path)/cifar10-data/cifar-10-batches-bin, \(path)/cifar10-data/cifar-10-batches-py, "
        + "\(path)/cifar-10-batches-bin, \(path)/cifar-10-batches-py, \(path); "
        + "name another folder with --data, or fetch it with mixmo data download"
    }
    try Self.writeTrain([Self.record(1), Self.record(2)], in: folder)
    let third = folder.appendingPathComponent("data_batch_3.bin")
    #expect(throws: FileError.unreadable(third, ENOENT)) {
      try DatasetKind.cifar10.read(.train, in: folder)
    }
  }

  @Test func `images that do not fit the form are refused`() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.url
    func write(_ train: InMemoryDataset, _ test: InMemoryDataset) throws {
      try CIFARWriter.write(train: train, test: test, classNames: [], to: folder)
    }
    let good = InMemoryDataset.random(count: 5)
    #expect {
      try write(.random(count: 4), good)
    } throws: {
      "\($0)" == "random: CIFAR's binary form needs at least 5 images, found 4"
    }
    #expect {
      try write(good, .random(count: 1, classCount: 257))
    } throws: {
      "\($0)" == "random: expected at most 256 classes, found 257"
    }
    #expect {
      try write(good, .random(count: 1, side: 31))
    } throws: {
      "\($0)" == "random: image 0: expected 32×32 pixels, found 31×31"
    }
  }
}
