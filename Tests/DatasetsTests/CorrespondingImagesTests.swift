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

/// Corrupted copies of somebody's pictures, written and read again.
struct CorrespondingImagesTests {
  static let names = ["contrast", "impulse_noise"]

  /// Random pictures of 32×32 pixels at these paths.
  static func tree(_ paths: String...) throws -> PictureTree {
    let tree = try PictureTree()
    let images = InMemoryDataset.random(count: paths.count).images
    for (path, image) in zip(paths, images) { try tree.write(image, path) }
    return tree
  }

  static func generated(_ clean: any Dataset) throws -> GeneratedBenchmark {
    let suite = try CorruptionSuite(
      contentsOf: TestPackage.url.appending(path: "corruptions/cifar.yaml"))
    return try GeneratedBenchmark(
      suite.corruptions.filter { names.contains($0.name.rawValue) }, of: clean, seed: 7)
  }

  static func write(
    _ clean: PictureFolder, _ files: BenchmarkFiles = .png, severities: [Int] = [2, 5],
    to folder: URL
  ) throws {
    let writer = try files.writer(
      of: generated(clean), clean: clean, severities: severities, to: folder,
      workers: Workers(count: 2))
    for corruption in writer.corruptions { try writer.write(corruption) { _, _ in } }
  }

  @Test func `copies of classes in folders of their own order are read in the same order`() throws {
    // With another extension the names sort otherwise: .k is before .p, but not before .J.
    let tree = try Self.tree(
      "p/b/x.JPG", "p/b/x.k.JPG", "p/b/in/y.png", "p/a/x.png", "p/a/x-1.jpeg", "p/c/1.png")
    let order = try tree.write(text: "c\nb\na\n", "order.txt")
    let clean = try PictureFolder(tree.folder.file("p"), classOrder: .file(order))
    #expect(clean.labels == [2, 2, 1, 1, 1, 0])
    try Self.write(clean, to: tree.folder.file("p-C"))
    #expect(
      try FileManager.default.subpathsOfDirectory(
        atPath: tree.folder.file("p-C/contrast/2").path
      ).filter { $0.hasSuffix(".png") }.sorted() == [
        "a/x-1.png", "a/x.png", "b/in/y.png", "b/x.k.png", "b/x.png", "c/1.png",
      ])
    let read = try clean.benchmark(
      in: tree.folder.file("p-C"), names: Self.names, isPartial: true)
    #expect(read.cells.map(\.severity) == [2, 5, 2, 5] && !read.isGenerated)
    try Self.expectSameImages(read, Self.generated(clean))
  }

  @Test func `copies of pictures with labels stand in no folders of classes`() throws {
    let tree = try Self.tree("p/x.png", "p/y.png", "p/z.k.png")
    let labels = try tree.write(text: "x,1\nz.k,0\ny,1\n", "labels.csv")
    let clean = try PictureFolder(tree.folder.file("p"), labels: labels)
    try Self.write(clean, to: tree.folder.file("p-C"))
    #expect(
      try FolderListing.names(in: tree.folder.file("p-C/impulse_noise/5")) == [
        "x.png", "y.png", "z.k.png",
      ])
    let read = try clean.benchmark(
      in: tree.folder.file("p-C"), names: Self.names, isPartial: true)
    let cell = Cell(corruption: "contrast", severity: 5)
    #expect(try read.images(of: cell).labels == [1, 1, 0] && read.images(of: cell).cell == cell)
    try Self.expectSameImages(read, Self.generated(clean))
  }

  static func expectSameImages(
    _ read: any CorruptionBenchmark, _ generated: any CorruptionBenchmark
  ) throws {
    for cell in read.cells {
      let (stored, made) = (try read.images(of: cell), try generated.images(of: cell))
      #expect(stored.labels == made.labels)
      for index in made.labels.indices {
        let isSame = try stored.image(at: index) == made.image(at: index)
        #expect(isSame, "\(cell), image \(index)")
      }
    }
  }

  @Test func `JPEG copies have the quality of the published ones`() throws {
    let tree = try Self.tree("p/a/x.png", "p/b/x.png")
    let clean = try PictureFolder(tree.folder.file("p"))
    try Self.write(clean, .jpeg, to: tree.folder.file("p-C"))
    let made = try Self.generated(clean).images(of: Cell(corruption: "contrast", severity: 2))
    let stored = try FileContents.read(
      tree.folder.file("p-C/contrast/2/b/x.JPEG"), limit: 1 << 20)
    #expect(try stored == made.image(at: 1).jpeg(quality: 85, optimizesTables: true, file: ""))
    let read = try clean.benchmark(
      in: tree.folder.file("p-C"), names: Self.names, isPartial: true)
    let image = try read.images(of: read.cells[0]).image(at: 1)
    #expect(try image == Image(decoding: stored, file: ""))
  }

  @Test func `missing, other, ambiguous and wrong copies are named`() throws {
    let tree = try Self.tree("p/a/x.png", "p/a/y.png", "p/b/z.png")
    let clean = try PictureFolder(tree.folder.file("p"))
    try Self.write(clean, to: tree.folder.file("p-C"))
    let read = try clean.benchmark(
      in: tree.folder.file("p-C"), names: Self.names, isPartial: true)
    let cell = Cell(corruption: "contrast", severity: 2)
    func expect(_ message: String) {
      let found = tree.message {
        let images = try read.images(of: cell)
        for index in 0..<3 { _ = try images.image(at: index) }
      }
      #expect(found.hasPrefix("p-C/contrast/2" + message), "\(found)")
    }
    try tree.write(PictureTree.picture(1, 32, 32), "p-C/contrast/2/a/x.JPEG")
    expect(": a/x.JPEG and a/x.png differ only in the extension")
    try FileManager.default.removeItem(at: tree.folder.file("p-C/contrast/2/a/x.JPEG"))
    try FileManager.default.moveItem(
      at: tree.folder.file("p-C/contrast/2/a/x.png"), to: tree.folder.file("p-C/moved.png"))
    expect(
      ": expected a copy of every picture in p, found none of a/x; give the pictures that the ")
    try tree.write(PictureTree.picture(1, 31, 32), "p-C/contrast/2/a/x.png")
    expect("/a/x.png: expected 32×32 pixels, found 31×32")
    #expect(
      tree.message {
        _ = try clean.benchmark(in: tree.folder.file("q-C"), names: Self.names, isPartial: true)
      } == "q-C: expected a folder of corrupted copies, found none; make them with mixmo corrupt "
        + "--images, or corrupt on the fly with --generate")
  }

  @Test func `pictures whose copies would have one name are named`() throws {
    let tree = try Self.tree("p/a/x.png", "p/a/x.jpg", "p/b/x.png")
    let clean = try PictureFolder(tree.folder.file("p"))
    #expect(
      tree.message { _ = try clean.copyFingerprint() }
        == "p: a/x.jpg and a/x.png differ only in the extension, so that their corrupted copies would "
        + "have the same name; rename one of them")
    #expect(throws: DatasetError.sameImageName(dataset: "p", class: "a", name: "x")) {
      try Self.write(clean, to: tree.folder.file("p-C"))
    }
  }
}
