import Datasets
import Foundation
import Images
import Scoring
import TestSupport
import Testing

struct FolderBenchmarkTests {
  typealias Tree = TinyImageNetTree

  /// Two validation images of each class, clean and under fog at severities 2 and 5.
  static func tree() throws -> Tree {
    let tree = try Tree()
    try tree.writeTrain()
    try tree.writeValidation(.published)
    for severity in [2, 5] {
      for (index, name) in Tree.classes.enumerated() {
        for copy in 0..<2 {
          try tree.write(
            Tree.image(index, copy + severity),
            "Tiny-ImageNet-C/fog/\(severity)/\(name)/val_\(copy).JPEG")
        }
      }
    }
    return tree
  }

  static func benchmark(_ tree: borrowing Tree) throws -> any CorruptionBenchmark {
    try DatasetKind.tinyimagenet200.benchmark(
      of: tree.read(.test), in: tree.folder.url, names: ["snow", "fog"], isPartial: true)
  }

  @Test func `each severity has its folder, and the images name their cell`() throws {
    let tree = try Self.tree()
    let benchmark = try Self.benchmark(tree)
    #expect(benchmark.cells == [2, 5].map { Cell(corruption: "fog", severity: $0) })
    let images = try benchmark.images(of: Cell(corruption: "fog", severity: 5))
    #expect(images.cell == Cell(corruption: "fog", severity: 5) && images.notes == [])
    #expect(images.labels == (0..<200).flatMap { [$0, $0] })
    #expect(try images.image(at: 7) == Tree.image(3, 6))
  }

  @Test func `folders of other classes are reported`() throws {
    let tree = try Self.tree()
    try tree.write(Tree.image(0, 0), "Tiny-ImageNet-C/fog/5/n01440764/a.JPEG")
    let images = try Self.benchmark(tree).images(of: Cell(corruption: "fog", severity: 5))
    #expect(images.count == 400)
    #expect(images.notes.count == 1 && images.notes[0].hasSuffix("fog/5: left out: n01440764"))
  }

  @Test func `misnamed folders are named with what they were probably meant for`() throws {
    let tree = try Self.tree()
    let root = tree.url("Tiny-ImageNet-C")
    for (name, other) in [("fog", "Fog"), ("Fog", "jpeg-compression")] {
      try FileManager.default.moveItem(
        at: root.appending(path: name), to: root.appending(path: other))
      let hint = other == "Fog" ? "Fog (fog?)" : "jpeg-compression (jpeg_compression?)"
      #expect {
        try Self.benchmark(tree)
      } throws: {
        "\($0)".hasSuffix(
          "Tiny-ImageNet-C: expected folders named after corruptions, such as fog, found \(hint); "
            + "rename them, or score one with --corruption NAME")
      }
    }
  }

  @Test func `folders of other names are named once, and read when asked for`() throws {
    let tree = try Self.tree()
    for (index, name) in Tree.classes.enumerated() {
      for copy in 0..<2 {
        try tree.write(
          Tree.image(index, copy), "Tiny-ImageNet-C/caustic_noise/4/\(name)/val_\(copy).JPEG")
      }
    }
    try tree.write(Tree.image(0, 0), "Tiny-ImageNet-C/pictures/a.JPEG")
    let notes = try Self.benchmark(tree).notes
    #expect(notes.count == 1)
    #expect(
      notes.first?.hasSuffix(
        "Tiny-ImageNet-C: not scored, as no published list has them: caustic_noise; "
          + "--corruption NAME scores one") == true, "\(notes)")
    #expect(DatasetKind.otherCorruptions(in: tree.folder.url) == ["caustic_noise"])
    let asked = try DatasetKind.tinyimagenet200.benchmark(
      of: tree.read(.test), in: tree.folder.url, names: ["caustic_noise"], isPartial: false)
    #expect(asked.notes == [])
    let cell = Cell(corruption: "caustic_noise", severity: 4)
    #expect(try asked.images(of: cell).cell == cell)
  }

  @Test func `a missing class or image is named`() throws {
    let tree = try Self.tree()
    let benchmark = try Self.benchmark(tree)
    try tree.remove("Tiny-ImageNet-C/fog/5/n02124075/val_1.JPEG")
    #expect(
      tree.message { _ = try benchmark.images(of: Cell(corruption: "fog", severity: 5)) }
        == "Tiny-ImageNet-C/fog/5/n02124075: expected 2 images, as in the clean test set, found 1")
    try tree.remove("Tiny-ImageNet-C/fog/5/n02124075")
    #expect(
      tree.message { _ = try benchmark.images(of: Cell(corruption: "fog", severity: 5)) }
        == "Tiny-ImageNet-C/fog/5: expected the 200 classes, found 199; missing: n02124075")
    let asked = try DatasetKind.tinyimagenet200.benchmark(
      of: tree.read(.test), in: tree.folder.url, names: ["fog"], isPartial: false)
    #expect(asked.cells.map(\.severity) == [1, 2, 3, 4, 5])
    #expect(
      tree.message { _ = try asked.images(of: Cell(corruption: "fog", severity: 3)) }
        == "Tiny-ImageNet-C/fog/3: cannot be read: No such file or directory")
  }
}
