import Datasets
import Formats
import Foundation
import Tensors
import TestSupport
import Testing

/// Data sets with something wrong, and what is said about them.
struct VerificationTests {
  /// The records of a data set below `data` by their paths.
  private func records(
    _ name: DatasetVerification.Name, in data: URL, threads: Int = 2
  ) throws -> [String: VerificationRecord] {
    let found = try DatasetVerification(name, in: data).run(workers: Workers(count: threads))
    #expect(Set(found.map(\.path)).count == found.count)
    return Dictionary(uniqueKeysWithValues: found.map { ($0.path, $0) })
  }

  @Test func `digits are right as they are written, and wrong when something is`() throws {
    let folder = try TemporaryFolder()
    try Digits.write(to: folder.url)
    let whole = try records(.digits, in: folder.url)
    #expect(whole.count == 7)
    #expect(whole.values.allSatisfy { $0.status == .ok })
    let bin = "digits-data/cifar-10-batches-bin"
    #expect(whole["\(bin)/data_batch_*.bin"]?.images == 1437)
    #expect(whole["\(bin)/test_batch.bin"]?.images == 360)

    let batch = folder.file("\(bin)/data_batch_2.bin")
    let bytes = try FileContents.read(batch, limit: 1 << 24)
    var wrong = bytes
    wrong[3073] = 10
    try AtomicFile.write(wrong, to: batch)
    let labelled = try records(.digits, in: folder.url)
    #expect(
      labelled["\(bin)/data_batch_2.bin"]?.problem == "expected labels from 0 to 9, found 10")
    try AtomicFile.write(Array(bytes.dropLast(3074)), to: batch)
    let short = try records(.digits, in: folder.url)
    #expect(
      short["\(bin)/data_batch_2.bin"]?.problem == "ends with 3072 of the 3073 bytes of a record")
    #expect(
      short["\(bin)/data_batch_*.bin"]?.problem?.contains("expected 1437 images, found 1436")
        == true)
    unlink(batch.path)
    let without = try records(.digits, in: folder.url)
    #expect(without["\(bin)/data_batch_2.bin"]?.status == .missing)
    #expect(without["\(bin)/data_batch_2.bin"]?.line == "missing  \(bin)/data_batch_2.bin")
    // The folder may be given itself.
    #expect(try records(.digits, in: folder.file(bin))["data_batch_1.bin"]?.status == .ok)
  }

  @Test func `the test images of CIFAR-10 are counted by class`() throws {
    let folder = try TemporaryFolder()
    let file = folder.file("cifar10-data/cifar-10-batches-bin/test_batch.bin")
    try FolderCreation.create(file.deletingLastPathComponent())
    func write(_ label: (Int) -> Int) throws {
      var bytes = [UInt8](repeating: 0, count: 30_730_000)
      for record in 0..<10_000 { bytes[3073 * record] = UInt8(label(record)) }
      try AtomicFile.write(bytes, to: file)
    }
    try write { $0 % 10 }
    let path = "cifar10-data/cifar-10-batches-bin/test_batch.bin"
    let right = try records(.cifar10, in: folder.url)
    #expect(
      right[path]?.line == "ok       \(path): 10000 images, 30.7 MB")
    #expect(right.values.filter { $0.status == .missing }.count == 6)
    try write { $0 == 0 ? 1 : $0 % 10 }
    let wrong = try records(.cifar10, in: folder.url)
    #expect(wrong[path]?.problem == "expected 1000 images of class 0, found 999")
  }

  @Test func `sizes and published hashes of CIFAR-100 and of torchvision's files`() throws {
    let folder = try TemporaryFolder()
    for name in ["cifar-100-binary/test.bin", "cifar-100-python/meta"] {
      let file = folder.file("cifar100-data/\(name)")
      try FolderCreation.create(file.deletingLastPathComponent())
      try AtomicFile.write([UInt8](repeating: 0, count: 3074), to: file)
    }
    let found = try records(.cifar100, in: folder.url)
    let zeros = Digest(of: [UInt8](repeating: 0, count: 3074), algorithm: .md5).description
    #expect(
      found["cifar100-data/cifar-100-binary/test.bin"]?.problem
        == "expected 30740000 bytes, found 3074; "
        + "expected MD5 4499cfba6c016c1be1438163640a0898, found \(zeros); "
        + "expected 100 images of class 0, found 1")
    #expect(found["cifar100-data/cifar-100-binary/train.bin"]?.status == .missing)
    #expect(
      found["cifar100-data/cifar-100-python/meta"]?.problem
        == "expected MD5 7973b15100ade9c7d40fb424638fde48, found \(zeros)")
    #expect(found["cifar100-data/cifar-100-python/train"]?.status == .missing)
  }

  @Test func `arrays of CIFAR-10-C have one shape, and labels repeat`() throws {
    let folder = try TemporaryFolder()
    let place = folder.file("CIFAR-10-C")
    try FolderCreation.create(place)
    func header(_ shape: String) -> [UInt8] {
      let text = "{'descr': '|u1', 'fortran_order': False, 'shape': \(shape), }"
      let padded = text.padding(toLength: 117, withPad: " ", startingAt: 0) + "\n"
      return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(padded.utf8)
    }
    func problem(_ name: String) throws -> String {
      try #require(try records(.cifar10C, in: folder.url)["CIFAR-10-C/\(name).npy"]?.problem)
    }
    try AtomicFile.write(
      header("(2, 32, 32, 3)") + [UInt8](repeating: 0, count: 6144),
      to: place.appending(path: "fog.npy"))
    #expect(try problem("fog").contains("expected MD5 7b397314b5670f825465fbcd1f6e9ccd, found "))
    #expect(try problem("fog").contains("expected uint8 [50000, 32, 32, 3], found"))
    try AtomicFile.write("not an array", to: place.appending(path: "snow.npy"))
    #expect(try problem("snow").contains("; "))

    var labels = (0..<50_000).map { UInt8($0 % 10) }
    func write() throws {
      try AtomicFile.write(header("(50000,)") + labels, to: place.appending(path: "labels.npy"))
    }
    try write()
    #expect(try !problem("labels").contains(";"), "only its hash is wrong")
    labels.swapAt(20_000, 20_001)
    try write()
    #expect(try problem("labels").contains("the labels of severity 3 are not those of 1"))
    labels = labels.map { $0 == 9 ? 8 : $0 }
    labels.swapAt(20_000, 20_001)
    try write()
    #expect(try problem("labels").contains("expected 1000 images of class 8, found 2000"))
    labels[7] = 10
    try write()
    #expect(try problem("labels").contains("expected labels from 0 to 9"))
  }

  /// Tiny-ImageNet's tree: every image is the same file by another name.
  private final class TinyTree {
    let folder: TemporaryFolder
    let names = (0..<200).map { "n\(10_000_000 + $0)" }
    private let image: URL

    init() throws {
      folder = try TemporaryFolder()
      image = try folder.file("image", holding: [1, 2, 3])
    }

    func fill(_ path: String, _ files: [String]) throws {
      let place = folder.file(path)
      try FolderCreation.create(place)
      let (source, target) = (image.path, place.path)
      for file in files { link(source, "\(target)/\(file)") }
    }

    func write(_ text: String, _ path: String) throws {
      try AtomicFile.write(text, to: folder.file(path))
    }

    func makeTinyImageNet() throws {
      for name in names {
        try fill(
          "tinyimagenet200-data/train/\(name)/images", (0..<500).map { "\(name)_\($0).JPEG" })
      }
      try fill("tinyimagenet200-data/val/images", (0..<10_000).map { "val_\($0).JPEG" })
      try write(annotations, "tinyimagenet200-data/val/val_annotations.txt")
      try write(names.joined(separator: "\n") + "\n", "tinyimagenet200-data/wnids.txt")
      try write("words", "tinyimagenet200-data/words.txt")
    }

    var annotations: String {
      (0..<10_000).map { "val_\($0).JPEG\t\(names[$0 % 200])\t0\t0\t62\t62\n" }.joined()
    }
  }

  @Test func `Tiny-ImageNet's folders, lists and annotations must agree`() throws {
    let tree = try TinyTree()
    try tree.makeTinyImageNet()
    let data = tree.folder.url
    let whole = try records(.tinyimagenet200, in: data)
    #expect(whole.count == 204)
    #expect(whole.values.allSatisfy { $0.status == .ok })
    #expect(whole["tinyimagenet200-data/val/images"]?.images == 10_000)

    let (first, last) = (tree.names[0], tree.names[199])
    let train = "tinyimagenet200-data/train"
    unlink(tree.folder.file("\(train)/\(first)/images/\(first)_7.JPEG").path)
    try tree.fill("\(train)/n99/images", ["a.JPEG"])
    try AtomicFile.write("", to: tree.folder.file("\(train)/\(last)/images/\(last)_0.JPEG"))
    try FileManager.default.removeItem(at: tree.folder.file("\(train)/\(tree.names[5])"))
    try tree.write(
      tree.names.dropLast().joined(separator: "\n"), "tinyimagenet200-data/wnids.txt")
    unlink(tree.folder.file("tinyimagenet200-data/val/images/val_3.JPEG").path)
    unlink(tree.folder.file("tinyimagenet200-data/words.txt").path)
    let wrong = try records(.tinyimagenet200, in: data, threads: 1)
    let expected = [
      "train/\(first)": "expected 500 images, found 499",
      "train/\(last)": "\(last)_0.JPEG is empty; not in wnids.txt",
      "train/n99": "expected 500 images, found 1; not in wnids.txt",
      "wnids.txt": "expected 200 different classes, found 199, 199 different",
      "val/images": "expected 10000 images, found 9999",
      "val/val_annotations.txt": "images/val_3.JPEG is missing; \(last) is not in wnids.txt",
    ]
    for (path, problem) in expected {
      #expect(wrong["tinyimagenet200-data/\(path)"]?.problem == problem)
    }
    let missing = wrong.values.filter { $0.status == .missing }.map(\.path).sorted()
    #expect(missing == ["\(train)/\(tree.names[5])", "tinyimagenet200-data/words.txt"])
    #expect(wrong.values.filter { $0.status != .ok }.count == expected.count + missing.count)
  }

  @Test func `a cell of Tiny-ImageNet-C has 200 classes of 50 images`() throws {
    let tree = try TinyTree()
    let files = (0..<50).map { "test_\($0).JPEG" }
    for name in tree.names { try tree.fill("Tiny-ImageNet-C/fog/1/\(name)", files) }
    for name in tree.names.dropLast() { try tree.fill("Tiny-ImageNet-C/fog/2/\(name)", files) }
    unlink(tree.folder.file("Tiny-ImageNet-C/fog/2/\(tree.names[3])/test_9.JPEG").path)
    let found = try records(.tinyimagenet200C, in: tree.folder.url)
    #expect(found.count == 75)
    #expect(found["Tiny-ImageNet-C/fog/1"]?.line == "ok       Tiny-ImageNet-C/fog/1: 10000 images")
    #expect(
      found["Tiny-ImageNet-C/fog/2"]?.problem
        == "expected 200 class folders, found 199; "
        + "\(tree.names[3]): expected 50 images, found 49")
    #expect(found.values.filter { $0.status == .missing }.count == 73)
  }

  @Test func `where no data is found, the places are named`() throws {
    let folder = try TemporaryFolder()
    for name in DatasetVerification.Name.allCases {
      #expect {
        try DatasetVerification(name, in: folder.url)
      } throws: { error in
        guard case .notFound(name.rawValue, let places) = error as? DatasetError else {
          return false
        }
        return places.count > 1 && places.contains(folder.url)
      }
    }
  }
}
