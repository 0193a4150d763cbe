import Datasets
import Formats
import Foundation
import TestSupport
import Testing

/// CIFAR's Python files; the fixtures hold the same images as the binary ones.
struct CIFARPythonTests {
  static let pairs: [(kind: DatasetKind, python: String, binary: String)] = [
    (.cifar10, "cifar/cifar-10-batches-py", "cifar/cifar-10-batches-bin"),
    (.cifar100, "cifar/cifar-100-python", "cifar/cifar-100-binary"),
    (.cifar10, "cifar/repickled", "cifar/cifar-10-batches-bin"),
    (.cifar10, "cifar/repickled-0", "cifar/cifar-10-batches-bin"),
    (.cifar10, "cifar/repickled-0-python2", "cifar/cifar-10-batches-bin"),
    (.cifar10, "cifar/repickled-1", "cifar/cifar-10-batches-bin"),
    (.cifar10, "cifar/repickled-2", "cifar/cifar-10-batches-bin"),
    (.cifar10, "cifar/repickled-4-floats", "cifar/cifar-10-batches-bin"),
    (.cifar10, "cifar/repickled-4-bytes", "cifar/cifar-10-batches-bin"),
    (.cifar10, "cifar/repickled-4-one-hot", "cifar/cifar-10-batches-bin"),
    (.cifar10, "cifar/repickled-4-one-hot-lists", "cifar/cifar-10-batches-bin"),
    (.cifar10, "cifar/repickled-4-rows", "cifar/cifar-10-batches-bin"),
    (.cifar10, "cifar/repickled-5", "cifar/cifar-10-batches-bin"),
    (.cifar10, "cifar/repickled-5-columns", "cifar/cifar-10-batches-bin"),
    (.cifar10, "cifar/repickled-5-old", "cifar/cifar-10-batches-bin"),
    (.cifar10, "cifar/repickled-2-numbers", "cifar/cifar-10-batches-bin"),
  ]

  @Test(arguments: pairs)
  func `both forms give the same images and classes`(
    kind: DatasetKind, python: String, binary: String
  ) throws {
    let read = try kind.read(.test, in: fixture(python))
    let expected = try kind.read(.test, in: fixture(binary))
    #expect(read.count == 3)
    #expect(read.labels == expected.labels)
    for index in 0..<3 { #expect(try read.image(at: index) == expected.image(at: index)) }
  }

  @Test func `the five training files are read in order`() throws {
    let folder = try TemporaryFolder()
    let subfolder = folder.file("cifar10-data/cifar-10-batches-py")
    try FileManager.default.createDirectory(at: subfolder, withIntermediateDirectories: true)
    for number in 1...5 {
      try FileManager.default.copyItem(
        at: fixture("cifar/cifar-10-batches-py/test_batch"),
        to: subfolder.appending(path: "data_batch_\(number)"))
    }
    let read = try DatasetKind.cifar10.read(.train, in: folder.url)
    #expect(read.labels == Array(repeating: [3, 9, 0], count: 5).flatMap { $0 })
    #expect(try read.image(at: 14) == read.image(at: 2))
  }

  static func latin1(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8($0.value) }
  }

  /// The labels or the error of CIFAR-10's file after the first occurrence of `old` is replaced.
  static func message(_ old: String, _ new: String) throws -> String {
    let folder = try TemporaryFolder()
    var bytes = try fixtureBytes("cifar/cifar-10-batches-py/test_batch")
    let (old, new) = (latin1(old), latin1(new))
    let range = try #require(bytes.firstRange(of: old))
    bytes.replaceSubrange(range, with: new)
    _ = try folder.file("test_batch", holding: bytes)
    do {
      return "\(try DatasetKind.cifar10.read(.test, in: folder.url).labels)"
    } catch {
      return "\(error)".replacing(folder.url.path + "/", with: "")
    }
  }

  /// The labels 3, 9, 0 as pickled: K and a byte for each, between the opcodes of a list.
  static let labels = "(K\u{3}K\u{9}K\0e"

  @Test(arguments: [
    (labels, "(K\u{4}K\u{9}K\0e", "[4, 9, 0]"),
    (
      "U\u{6}labels", "U\u{6}lapels",
      "expected a dictionary with data and labels, found the keys batch_label, lapels, data, "
        + "filenames"
    ),
    (labels, "(K\u{3}K\u{A}K\0e", "labels[1]: expected a label from 0 to 9, found 10"),
    (
      labels, "(K\u{3}J\0\0\0\u{7F}K\0e",
      "labels[1]: expected a label from 0 to 9, found 2130706432"
    ),
    (labels, "(K\u{3}K\u{9}Ne", "labels[2]: expected a class, found None"),
    (labels, "(K\u{3}\u{88}K\0e", "labels[1]: expected a class, found a truth value"),
    (labels, "(K\u{3}U\u{3}catK\0e", "labels[1]: expected a class, found the text \"cat\""),
    (labels, "(K\u{3}}K\0e", "labels[1]: expected a class, found a dictionary"),
    (
      labels, "(K\u{3}cmodels\nLabel\n)RK\0e",
      "labels[1]: expected a class, found an object of models.Label"
    ),
    (
      labels, "(K\u{3}G@\u{4}\0\0\0\0\0\0K\0e",
      "labels: row 1: expected a class index, found 2.5"
    ),
    (
      labels, "(K\u{3}K\u{9}K\0\u{86}K\0e",
      "labels[1]: expected as many numbers as in the first label, 1, found 2"
    ),
    (
      labels, "(K\0K\u{1}\u{86}K\u{1}K\0\u{86}K\0K\u{1}\u{86}e",
      "labels: expected one-hot rows of 10 classes, found rows of 2"
    ),
    (
      labels, "(K\u{3}K\u{9}\u{86}K\u{1}K\0\u{86}K\0K\u{1}\u{86}e",
      "labels: row 0: expected a class index, or one 1 among zeros; found an array of shape [3, 2] "
        + "with other numbers"
    ),
    (
      labels, "(K\u{3}K\u{9}e",
      "data: expected bytes of shape [2, 3072], one row for each label, "
        + "found uint8 of shape [3, 3072]"
    ),
    (labels, "(e", "labels: expected classes, found none"),
    (
      "U\u{2}u1", "U\u{2}i1",
      "data: expected bytes of shape [3, 3072], one row for each label, "
        + "found int8 of shape [3, 3072]"
    ),
    (
      "K\u{3}M\0\u{C}\u{86}", "K\u{2}M\0\u{C}\u{86}",
      "data: the shape needs 6144 bytes of data, found 9216"
    ),
  ])
  func `what is wrong is named with its key`(old: String, new: String, expected: String) throws {
    let message = try Self.message(old, new)
    #expect(message == expected || message == "test_batch: \(expected)")
  }

  @Test func `a pickle that asks for a function is refused, and nothing is called`() throws {
    let folder = try TemporaryFolder()
    let mark = folder.file("mark").path
    let count = UInt8(mark.utf8.count + 6)
    let command =
      Self.latin1("cposix\nsystem\nX") + [count, 0, 0, 0] + Array("touch \(mark)".utf8)
      + Self.latin1("\u{85}R")
    let attacks: [([UInt8], String)] = [
      (Self.latin1("\u{80}\u{2}") + command + Self.latin1("."), "found no dictionary"),
      (
        Self.latin1("\u{80}\u{2}}(U\u{4}data") + command + Self.latin1("U\u{6}labels](K\0eu."),
        "data: not a pickled"
      ),
    ]
    for (attack, expected) in attacks {
      _ = try folder.file("test_batch", holding: attack)
      #expect {
        try DatasetKind.cifar10.read(.test, in: folder.url)
      } throws: {
        "\($0)".contains("test_batch: ") && "\($0)".contains(expected)
      }
      #expect(!FileManager.default.fileExists(atPath: mark))
    }
  }
}
