import Datasets
import Formats
import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// Verification of complete and of damaged data sets.
struct VerificationTests {
  @Test func `digits are right as written, and damage is reported`() throws {
    let folder = try TemporaryFolder()
    try Digits.write(to: folder.url)
    let whole = try verificationRecords("digits", in: folder.url)
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
    let labeled = try verificationRecords("digits", in: folder.url)
    #expect(
      labeled["\(bin)/data_batch_2.bin"]?.problem == "expected labels from 0 to 9, found 10")
    try AtomicFile.write(Array(bytes.dropLast(3074)), to: batch)
    let short = try verificationRecords("digits", in: folder.url)
    #expect(
      short["\(bin)/data_batch_2.bin"]?.problem == "ends with 3072 of the 3073 bytes of a record")
    #expect(
      short["\(bin)/data_batch_*.bin"]?.problem?.contains("expected 1437 images, found 1436")
        == true)
    unlink(batch.path)
    let without = try verificationRecords("digits", in: folder.url)
    #expect(without["\(bin)/data_batch_2.bin"]?.status == .missing)
    #expect(without["\(bin)/data_batch_2.bin"]?.line == "missing  \(bin)/data_batch_2.bin")
    #expect(without["\(bin)/data_batch_*.bin"] == nil, "one line is enough")
    // The data set's own folder may be given as the data folder.
    #expect(
      try verificationRecords("digits", in: folder.file(bin))["data_batch_1.bin"]?.status == .ok)
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
    let right = try verificationRecords("cifar10", in: folder.url)
    #expect(
      right[path]?.line == "ok       \(path): 10000 images, 30.7 MB")
    #expect(right.values.filter { $0.status == .missing }.count == 6)
    try write { $0 == 0 ? 1 : $0 % 10 }
    let wrong = try verificationRecords("cifar10", in: folder.url)
    #expect(wrong[path]?.problem == "expected 1000 images of class 0, found 999")
  }

  @Test func `sizes and published hashes of CIFAR-100 and of torchvision's files`() throws {
    let folder = try TemporaryFolder()
    for name in ["cifar-100-binary/test.bin", "cifar-100-python/test"] {
      let file = folder.file("cifar100-data/\(name)")
      try FolderCreation.create(file.deletingLastPathComponent())
      try AtomicFile.write([UInt8](repeating: 0, count: 3074), to: file)
    }
    let found = try verificationRecords("cifar100", in: folder.url)
    let zeros = Digest(of: [UInt8](repeating: 0, count: 3074), algorithm: .md5).description
    let test = "cifar100-data/cifar-100-binary/test.bin"
    #expect(
      found[test]?.line
        == "valid    \(test): not the published file: expected 30740000 bytes, found 3074; "
        + "expected 100 images of class 0, found 1, 1 images, 3.1 kB")
    #expect(found[test]?.md5 == zeros)
    #expect(found["cifar100-data/cifar-100-binary/train.bin"]?.status == .missing)
    let pickle = try #require(found["cifar100-data/cifar-100-python/test"]?.problem)
    #expect(
      pickle.hasPrefix("expected MD5 f0ef6b0ae62326f3e7ffdfab6717acfc, found \(zeros); "),
      "\(pickle)")
    #expect(found["cifar100-data/cifar-100-python/train"]?.status == .missing)
  }

  @Test func `arrays of CIFAR-10-C have one shape, and labels repeat`() throws {
    let folder = try TemporaryFolder()
    let subfolder = folder.file("CIFAR-10-C")
    try FolderCreation.create(subfolder)
    func header(_ shape: String) -> [UInt8] {
      let text = "{'descr': '|u1', 'fortran_order': False, 'shape': \(shape), }"
      let padded = text.padding(toLength: 117, withPad: " ", startingAt: 0) + "\n"
      return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(padded.utf8)
    }
    func problem(_ name: String) throws -> String {
      try #require(
        try verificationRecords("cifar10-c", in: folder.url)["CIFAR-10-C/\(name).npy"]?.problem)
    }
    try AtomicFile.write(
      header("(2, 32, 32, 3)") + [UInt8](repeating: 0, count: 6144),
      to: subfolder.appending(path: "fog.npy"))
    #expect(try problem("fog").contains("expected MD5 7b397314b5670f825465fbcd1f6e9ccd, found "))
    #expect(try problem("fog").contains("expected uint8 [50000, 32, 32, 3], found"))
    try AtomicFile.write("not an array", to: subfolder.appending(path: "snow.npy"))
    #expect(try problem("snow").contains("; "))

    var labels = (0..<50_000).map { UInt8($0 % 10) }
    func write() throws {
      try AtomicFile.write(header("(50000,)") + labels, to: subfolder.appending(path: "labels.npy"))
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

  /// A tree of Tiny-ImageNet, where the images of a folder are hard links to one file.
  private final class TinyTree {
    let folder: TemporaryFolder
    let names = TinyImageNetClasses.published
    private let image: [UInt8]

    init() throws {
      folder = try TemporaryFolder()
      image = try TinyImageNetTree.image(1, 0).jpeg(quality: 90, file: "image")
    }

    func fill(_ path: String, _ files: [String]) throws {
      let subfolder = folder.file(path)
      try FolderCreation.create(subfolder)
      guard let first = files.first else { return }
      // A file for each folder, because some file systems allow at most 65,000 links to a file.
      let source = subfolder.appending(path: first)
      try AtomicFile.write(image, to: source)
      let (name, target) = (source.path, subfolder.path)
      for file in files.dropFirst() { link(name, "\(target)/\(file)") }
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
    }

    var annotations: String {
      (0..<10_000).map { "val_\($0).JPEG\t\(names[$0 % 200])\t0\t0\t62\t62\n" }.joined()
    }
  }

  @Test func `Tiny-ImageNet's folders, lists and annotations must agree`() throws {
    let tree = try TinyTree()
    try tree.makeTinyImageNet()
    let data = tree.folder.url
    let whole = try verificationRecords("tinyimagenet200", in: data)
    #expect(whole.count == 202)
    #expect(whole.values.allSatisfy { $0.status == .ok })
    #expect(whole["tinyimagenet200-data/val"]?.images == 10_000)

    let (first, last) = (tree.names[0], tree.names[199])
    let train = "tinyimagenet200-data/train"
    unlink(tree.folder.file("\(train)/\(first)/images/\(first)_7.JPEG").path)
    try tree.fill("\(train)/n99/images", ["a.JPEG"])
    try AtomicFile.write("", to: tree.folder.file("\(train)/\(last)/images/\(last)_0.JPEG"))
    let lost = tree.names[5..<195]
    for name in lost {
      try FileManager.default.removeItem(at: tree.folder.file("\(train)/\(name)"))
    }
    unlink(tree.folder.file("tinyimagenet200-data/val/images/val_3.JPEG").path)
    let wrong = try verificationRecords("tinyimagenet200", in: data, threads: 1)
    let expected = [
      "train/n99": "no class of the data set",
      "val": "images: expected every annotated image; missing: val_3",
    ]
    for (path, problem) in expected {
      #expect(wrong["tinyimagenet200-data/\(path)"]?.problem == problem)
    }
    let short = try #require(wrong["\(train)/\(first)"])
    #expect(short.difference == "expected 500 images of \(first), found 499")
    #expect(short.status == .valid && short.problem == nil)
    let empty = try #require(wrong["\(train)/\(last)"]?.problem)
    #expect(empty.hasPrefix("images/\(last)_0.JPEG: "), "\(empty)")
    for name in lost { #expect(wrong["\(train)/\(name)"]?.status == .missing) }
    #expect(wrong.values.filter { $0.status != .ok }.count == expected.count + 2 + lost.count)
  }

  @Test func `a cell of Tiny-ImageNet-C has 200 classes of 50 images`() throws {
    let tree = try TinyTree()
    let files = (0..<50).map { "test_\($0).JPEG" }
    for severity in 1...3 {
      for name in tree.names {
        try tree.fill("Tiny-ImageNet-C/fog/\(severity)/\(name)", files)
      }
    }
    try FileManager.default.removeItem(
      at: tree.folder.file("Tiny-ImageNet-C/fog/2/\(tree.names[199])"))
    unlink(tree.folder.file("Tiny-ImageNet-C/fog/3/\(tree.names[3])/test_9.JPEG").path)
    try tree.fill("Tiny-ImageNet-C/fog/1/n01440764", files)
    let found = try verificationRecords("tinyimagenet200-c", in: tree.folder.url)
    #expect(found.count == 75)
    #expect(
      found["Tiny-ImageNet-C/fog/1"]?.line
        == "ok       Tiny-ImageNet-C/fog/1: 10000 images, left out: n01440764")
    #expect(
      found["Tiny-ImageNet-C/fog/2"]?.problem
        == "expected the 200 classes, found 199; missing: \(tree.names[199])")
    #expect(
      found["Tiny-ImageNet-C/fog/3"]?.difference
        == "expected 50 images of \(tree.names[3]), found 49")
    #expect(found.values.filter { $0.status == .missing }.count == 72)
  }

  /// Expects valid files with too few images of each class, and no other problem.
  private func expectOnlyTooFew(
    _ tree: borrowing TinyImageNetTree, below home: String = "tinyimagenet200-data/",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try verificationRecords("tinyimagenet200", in: tree.folder.url)
    let first = TinyImageNetTree.classes[0]
    let validation = found["\(home)val"]
    #expect(
      validation?.difference == "expected 50 images of \(first), found 2",
      sourceLocation: sourceLocation)
    #expect(validation?.images == 400, sourceLocation: sourceLocation)
    for name in TinyImageNetTree.classes {
      #expect(
        found["\(home)train/\(name)"]?.difference == "expected 500 images of \(name), found 1",
        sourceLocation: sourceLocation)
    }
    let list = found["\(home)wnids.txt"]
    #expect(list == nil || list?.status == .ok, sourceLocation: sourceLocation)
    #expect(found.count == (list == nil ? 201 : 202), sourceLocation: sourceLocation)
    #expect(found.values.allSatisfy { $0.problem == nil }, sourceLocation: sourceLocation)
  }

  @Test(arguments: TinyImageNetTree.Layout.allCases, ["JPEG", "png"])
  func `Tiny-ImageNet is verified in every layout that is read`(
    layout: TinyImageNetTree.Layout, format: String
  ) throws {
    let tree = try TinyImageNetTree()
    try tree.writeTrain(withImagesFolder: layout == .published)
    try tree.writeValidation(layout, extension: format)
    try expectOnlyTooFew(tree)
    try tree.remove("wnids.txt")
    try expectOnlyTooFew(tree)
    try tree.write(text: "n01443537\n", "wnids.txt")
    let found = try verificationRecords("tinyimagenet200", in: tree.folder.url)
    let problem = try #require(found["tinyimagenet200-data/wnids.txt"]?.problem)
    #expect(problem.hasPrefix("expected the 200 classes, found 1; missing: n01629819, "))
  }

  @Test(arguments: ["tinyimagenet200-data/tiny-imagenet-200", "tiny-imagenet-200", ""])
  func `Tiny-ImageNet is verified wherever it is read`(home: String) throws {
    let tree = try TinyImageNetTree()
    try tree.writeTrain()
    try tree.writeValidation(.published)
    let (subfolder, aside) = (tree.url(""), tree.folder.file("aside"))
    try FileManager.default.moveItem(at: subfolder, to: aside)
    try FolderCreation.create(tree.folder.file(home))
    for name in ["train", "val", "wnids.txt"] {
      try FileManager.default.moveItem(
        at: aside.appending(path: name), to: tree.folder.file(home).appending(path: name))
    }
    #expect(try tree.read(.test).count == 400)
    try expectOnlyTooFew(tree, below: home.isEmpty ? "" : "\(home)/")
  }

  @Test(arguments: [
    ("cifar10-c", "cifar10-data/CIFAR-10-C/labels.npy"),
    ("cifar10-c", "labels.npy"), ("cifar100-c", "cifar100-data/CIFAR-100-C/labels.npy"),
    ("tinyimagenet200-c", "tinyimagenet200-data/Tiny-ImageNet-C/fog/1"),
    ("cifar10", "data_batch_3"), ("cifar10", "cifar-10-batches-py/test_batch"),
    ("cifar100", "test"), ("cifar100", "cifar-100-binary/test.bin"),
    ("digits", "cifar-10-batches-bin/test_batch.bin"),
  ])
  func `other data sets are verified wherever they are read`(
    name: String, path: String
  ) throws {
    let folder = try TemporaryFolder()
    let file = folder.file(path)
    try FolderCreation.create(file.deletingLastPathComponent())
    try AtomicFile.write("x", to: file)
    #expect(try verificationRecords(name, in: folder.url)[path]?.status == .wrong)
  }

  @Test func `CIFAR-10-C is where its labels are`() throws {
    let folder = try TemporaryFolder()
    for path in ["CIFAR-10-C/fog.npy", "cifar10-data/CIFAR-10-C/labels.npy"] {
      try FolderCreation.create(folder.file(path).deletingLastPathComponent())
      try AtomicFile.write("x", to: folder.file(path))
    }
    let found = try verificationRecords("cifar10-c", in: folder.url)
    #expect(found["cifar10-data/CIFAR-10-C/fog.npy"]?.status == .missing)
  }

  @Test(arguments: PublishedFileDigests.all)
  func `hashes of files are the published ones`(
    published: PublishedFileDigests
  ) throws {
    let folder = try TemporaryFolder()
    for name in published.md5.keys { try AtomicFile.write("x", to: folder.file(name)) }
    let found = try verificationRecords(published.name, in: folder.url)
    for (name, md5) in published.md5 {
      let problem = found[name]?.problem ?? ""
      #expect(problem.contains("expected MD5 \(md5), found "), "\(name): \(problem)")
    }
  }

  @Test func `every data set can be verified, and its corrupted images if they are published`() {
    #expect(
      VerifiedDataset.all.map(\.name) == [
        "cifar10", "cifar100", "tinyimagenet200", "cifar10-c", "cifar100-c", "tinyimagenet200-c",
        "digits", "cifar10.1", "cifar10.1-v4", "imagenet", "imagenet-c", "imagenet-a",
        "imagenet-r",
      ])
    #expect(VerifiedDataset.named("cifar")?.name == nil)
  }

  @Test func `where no data is found, the folders are named`() throws {
    let folder = try TemporaryFolder()
    for dataset in VerifiedDataset.all {
      #expect {
        try DatasetVerification(dataset, in: folder.url)
      } throws: { error in
        guard case .notFound(dataset.name, let folders) = error as? DatasetError else {
          return false
        }
        return folders.count > 1
          && folders.contains(folder.url) == (dataset.name != "tinyimagenet200-c")
      }
    }
  }
}
