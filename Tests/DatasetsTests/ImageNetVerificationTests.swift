import Corruptions
import Datasets
import Formats
import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// `mixmo data verify` of ImageNet's pictures and trees.
struct ImageNetVerificationTests {
  private static let classes = ImageNetClasses.published

  /// Writes a picture to the first of these paths, and links to it to the others.
  private static func fill(
    _ tree: borrowing PictureTree, _ folder: String, _ names: [String], side: Int = 8
  ) throws {
    try tree.write(PictureTree.picture(9, side, side), "\(folder)/\(names[0])")
    let source = tree.folder.file("\(folder)/\(names[0])").path
    for name in names.dropFirst() { link(source, tree.folder.file("\(folder)/\(name)").path) }
  }

  @Test func `ImageNet-A is counted and decoded`() throws {
    let tree = try PictureTree()
    // 7500 pictures of 200 classes, not as many of each.
    for index in 0..<200 {
      let count = index < 100 ? 37 : 38
      try Self.fill(
        tree, "imagenet-a/\(Self.classes[5 * index])", (0..<count).map { "0.\($0)_fox_0.9.jpg" })
    }
    try tree.write(text: "", "imagenet-a/README.txt")
    var found = try verificationRecords("imagenet-a", in: tree.url)
    #expect(found.count == 201 && found.values.allSatisfy { $0.status == .ok })
    #expect(found["imagenet-a/n01440764"]?.images == 37)
    try FileManager.default.removeItem(at: tree.folder.file("imagenet-a/n01440764"))
    try tree.write(text: "no picture", "imagenet-a/\(Self.classes[5])/broken.jpg")
    try tree.write(PictureTree.picture(1), "imagenet-a/misc/x.jpg")
    found = try verificationRecords("imagenet-a", in: tree.url)
    #expect(
      found["imagenet-a"]?.difference
        == "expected 200 classes, found 199; expected 7500 pictures, found 7464")
    #expect(found["imagenet-a"]?.status == .valid)
    #expect(
      found["imagenet-a/\(Self.classes[5])"]?.problem?.contains(
        "expected a PNG or JPEG image, found text") ?? false)
    #expect(found["imagenet-a/misc"]?.problem == "no class of the data set")
    // A part of the validation pictures, in the data folder itself.
    let part = try verificationRecords("imagenet", in: tree.folder.file("imagenet-a"))
    #expect(
      part["."]?.difference
        == "expected 1000 classes, found 199; expected 50000 pictures, found 7464; expected 50 pictures of "
        + "\(Self.classes[5]), found 38")
  }

  @Test func `ImageNet-C's cells are looked for in groups or not`() throws {
    let tree = try PictureTree()
    for folder in ["blur/defocus_blur/1", "fog/5", "extra/spatter/2"] {
      for index in 0..<3 {
        try Self.fill(
          tree, "ImageNet-C/\(folder)/\(Self.classes[index])",
          (0..<50).map { "ILSVRC2012_val_\(10_000_000 + $0).JPEG" }, side: 224)
      }
    }
    try tree.write(PictureTree.picture(9, 200, 224), "ImageNet-C/fog/5/\(Self.classes[2])/z.JPEG")
    try tree.write(PictureTree.picture(9, 224, 224), "ImageNet-C/extra/spatter/2/misc/z.JPEG")
    let found = try verificationRecords("imagenet-c", in: tree.url)
    #expect(found.count == 76)
    #expect(found.values.count { $0.status == .missing } == 73)
    #expect(found["ImageNet-C/snow/3"]?.status == .missing)
    let blur = found["ImageNet-C/blur/defocus_blur/1"]
    #expect(blur?.status == .valid && blur?.images == 150)
    #expect(
      blur?.difference == "expected 1000 classes, found 3; expected 50000 pictures, found 150")
    #expect(
      found["ImageNet-C/fog/5"]?.problem?.contains("expected 224×224 pixels, found 200×224")
        ?? false)
    #expect(
      found["ImageNet-C/extra/spatter/2"]?.problem?.hasPrefix("no classes: misc") ?? false)
    try tree.write(PictureTree.picture(9, 224, 224), "ImageNet-C/weather/fog/5/n/z.JPEG")
    #expect(
      try verificationRecords("imagenet-c", in: tree.url)["ImageNet-C"]?.problem?.contains(
        "found fog and weather/fog") ?? false)
  }

  @Test func `a tree that mixmo corrupt made is what its record says`() throws {
    let tree = try PictureTree()
    for index in 0..<2 {
      try tree.write(
        PictureTree.picture(50 + index, 224, 224), "val/\(Self.classes[index])/\(index).png")
    }
    let clean = try PictureFolder(tree.folder.file("val"), classOrder: .imagenet)
    let suite = try CorruptionSuite(
      contentsOf: TestPackage.url.appending(path: "corruptions/imagenet.yaml"))
    let made = try GeneratedBenchmark(
      suite.corruptions.filter { $0.name == .contrast }, of: clean, seed: 1)
    let output = tree.folder.file("ImageNet-C")
    let lock = try BenchmarkRecord(
      dataset: "val", images: 2, data: clean.pixelFingerprint(workers: Workers(count: 1)),
      names: clean.copyFingerprint(), suite: "suite", seed: 1, format: .jpeg, version: "1"
    ).claim(output)
    lock.release()
    let writer = try BenchmarkFiles.jpeg.writer(
      of: made, clean: clean, severities: [1, 4], to: output, workers: Workers(count: 2))
    try writer.write("contrast") { _, _ in }
    #expect(try clean.classes(withoutCopiesIn: output).isEmpty)
    var found = try verificationRecords("imagenet-c", in: tree.url)
    #expect(found.count == 2)
    #expect(found["ImageNet-C/contrast/4"]?.status == .valid)
    #expect(found["ImageNet-C/contrast/4"]?.images == 2)
    try FileManager.default.removeItem(at: output.appending(path: "contrast/4/\(Self.classes[1])"))
    found = try verificationRecords("imagenet-c", in: tree.url)
    #expect(
      found["ImageNet-C/contrast/4"]?.problem?.hasPrefix("expected 2 images, found 1") ?? false)
  }
}
