import Datasets
import Formats
import Foundation
import Images
import Scoring
import TestSupport
import Testing

/// ImageNet's classes, the published lists of its validation pictures, and ImageNet-C's trees.
struct ImageNetTests {
  static let classes = ImageNetClasses.published

  /// The path of a validation picture in the folder of its class.
  static func path(_ number: Int, _ label: Int? = nil) -> String {
    let digits = String(number)
    let name = "ILSVRC2012_val_" + String(repeating: "0", count: 8 - digits.count) + digits
    return (label.map { "\(classes[$0])/" } ?? "") + name
  }

  /// The classes of the first validation pictures, by lists of names and indices that others publish.
  static let first = [65, 970, 230, 809, 516, 57, 334, 415, 674, 332]
  /// The same in ILSVRC2012_validation_ground_truth.txt.
  static let firstIDs = [490, 361, 171, 822, 297, 482, 13, 704, 599, 164]

  @Test func `the classes are the 1000 identifiers, in the order of outputs and in that of ids`() {
    #expect(Self.classes.count == 1000 && ImageNetClasses.developmentKit.count == 1000)
    #expect(Self.classes == ImageNetClasses.developmentKit.sorted())
    // Of timm 1.0.31's imagenet_synsets.txt, which has them in the order of its models' outputs.
    #expect(
      Digest(of: Array(Self.classes.joined(separator: "\n").utf8)).description
        == "385e0240499426c022b773be1ae4da780f057b89c9694c7f47199f62746b6edd")
    #expect(
      Self.firstIDs.map { ImageNetClasses.developmentKit[$0 - 1] }
        == Self.first.map { Self.classes[$0] })
  }

  /// Pictures of four classes, alone in `flat` and in the folders of their classes in `val`: the first
  /// validation pictures, but for the second.
  static func tree() throws -> PictureTree {
    let tree = try PictureTree()
    for number in [1, 3, 4, 5] {
      let image = PictureTree.picture(number)
      try tree.write(image, "flat/\(path(number)).JPEG")
      try tree.write(image, "val/\(path(number, first[number - 1])).JPEG")
    }
    return tree
  }

  static let labels = [65, 230, 809, 516]

  static func pairs(_ value: (Int) -> String) -> String {
    zip([1, 3, 4, 5], labels).map { "\(path($0)).JPEG \(value($1))\n" }.joined()
  }

  static let lists: [(String, String)] = [
    (
      "ILSVRC2012_validation_ground_truth.txt",
      firstIDs.map { "\($0)\n" }.joined()
    ),
    ("val.txt", pairs { "\($0)" }),
    ("names.txt", pairs { classes[$0] }),
    (
      "LOC_val_solution.csv",
      "ImageId,PredictionString\n"
        + zip([4, 1, 5, 3], [809, 65, 516, 230]).map {
          "\(path($0)),\(classes[$1]) 85 1 499 272 \(classes[$1]) 1 2 30 40 \n"
        }.joined()
    ),
    ("indices.txt", "65\n230\n809\n516\n"),
  ]

  @Test(arguments: lists)
  func `every published list gives the classes of the folders`(name: String, text: String) throws {
    let tree = try Self.tree()
    let file = try tree.write(text: text, name)
    let flat = try PictureFolder(
      tree.folder.file("flat"), labels: file, classOrder: ClassOrder("imagenet"))
    #expect(flat.labels == Self.labels && flat.classCount == 1000)
    let folders = try PictureFolder(tree.folder.file("val"), classOrder: .imagenet)
    let byName = Dictionary(
      uniqueKeysWithValues: (0..<4).map { (folders.imageName(at: $0), folders.labels[$0]) })
    for index in 0..<4 {
      #expect(byName[flat.imageName(at: index)] == flat.labels[index])
      #expect(flat.imagePath(at: index).hasPrefix(Self.classes[flat.labels[index]] + "/"))
    }
  }

  static let wrong: [(name: String, text: String, isOrdered: Bool, message: String)] = [
    (
      "ILSVRC2012_validation_ground_truth.txt", "490\n361\n171\n822\n297\n", false,
      "the ids of ILSVRC2012's development kit have an order of their own; give the order of the "
        + "model's outputs with --class-order imagenet"
    ),
    (
      "ILSVRC2012_validation_ground_truth.txt", "490\n0\n171\n822\n297\n", true,
      "line 2: expected an id of ILSVRC2012's development kit, from 1 to 1000, found \"0\""
    ),
    (
      "ILSVRC2012_validation_ground_truth.txt", "490\n361\n171\n822\n", true,
      "expected pictures with the names of ImageNet's validation pictures, from 1 to the 4 lines of the "
        + "list, such as ILSVRC2012_val_00000001.JPEG, found ILSVRC2012_val_00000005.JPEG"
    ),
    // Ids under another name are indices, and the classes of all pictures are others.
    (
      "truth.txt", "490\n171\n822\n297\n", true,
      "expected the classes of ImageNet's validation pictures, found others for all of"
    ),
    (
      "truth.txt", "1000\n171\n822\n297\n", true,
      "line 1: expected a class from 0 to 999, found 1000; ids"
    ),
    (
      "LOC_val_solution.csv", "\(path(1)),\(classes[65]) 1 2 3 4 n01440764 1 2 3 4\n", true,
      "line 1: expected a class index from 0, or a name that --class-order lists, found"
    ),
  ]

  @Test(arguments: wrong)
  func `a list that means other classes is refused`(
    name: String, text: String, isOrdered: Bool, message: String
  ) throws {
    let tree = try Self.tree()
    let file = try tree.write(text: text, name)
    let found = tree.message {
      _ = try PictureFolder(
        tree.folder.file("flat"), labels: file, classOrder: isOrdered ? .imagenet : nil)
    }
    #expect(found.hasPrefix("\(name): \(message)"), "\(found)")
  }

  @Test func `classes of the folders alone, among the outputs of a model`() throws {
    let tree = try Self.tree()
    let all = try PictureFolder(tree.folder.file("val"), classOrder: .imagenet)
    #expect(all.outputs == nil && all.classCount == 1000)
    let masked = try all.masked()
    #expect(masked.outputs?.modelClassCount == 1000)
    #expect(masked.outputs?.indices == [65, 230, 516, 809])
    #expect(masked.labels == [0, 1, 2, 3] && masked.classCount == 4)
    #expect(masked.classNames == [65, 230, 516, 809].map { Self.classes[$0] })
    #expect((0..<4).map(masked.imagePath) == (0..<4).map(all.imagePath))
    let fewer = all.leavingOut(classes: [Self.classes[230], "n"])
    #expect(fewer.labels == [65, 516, 809] && fewer.classCount == 1000)
    #expect(try fewer.masked().labels == [0, 1, 2])
    #expect(try fewer.image(at: 1) == all.image(at: 2))
    let flat = try PictureFolder(
      tree.folder.file("flat"), labels: tree.write(text: "0\n1\n2\n1\n", "labels.txt"))
    #expect(
      tree.message { _ = try flat.masked() }
        == "flat: which outputs of a model stand for these classes is not known; give all classes of the "
        + "model with --class-order")
  }

  // MARK: ImageNet-C

  /// Writes copies of the pictures below these folders, in the folders of their classes.
  static func writeCopies(_ tree: borrowing PictureTree, _ folders: String...) throws {
    for folder in folders {
      for number in [1, 3, 4, 5] {
        try tree.write(
          PictureTree.picture(10 * number), "\(folder)/\(path(number, first[number - 1])).JPEG")
      }
    }
  }

  static let names = ["gaussian_noise", "fog", "spatter"]

  @Test func `folders of groups are optional`() throws {
    let tree = try Self.tree()
    try Self.writeCopies(tree, "C/noise/gaussian_noise/2", "C/weather/fog/5", "C/spatter/1")
    let clean = try PictureFolder(tree.folder.file("val"), classOrder: .imagenet)
    let read = try clean.benchmark(in: tree.folder.file("C"), names: Self.names, isPartial: true)
    #expect(read.cells.map(\.name) == ["gaussian_noise-2", "fog-5", "spatter-1"])
    for cell in read.cells {
      let images = try read.images(of: cell)
      #expect(images.cell == cell && images.labels == clean.labels && images.notes.isEmpty)
      #expect(try images.image(at: 1) == PictureTree.picture(30))
    }
    try Self.writeCopies(tree, "C/fog/5")
    #expect(
      tree.message {
        _ = try clean.benchmark(in: tree.folder.file("C"), names: Self.names, isPartial: true)
      }
        == "C: expected one folder for each corruption, found fog and weather/fog; move one of them "
        + "elsewhere")
  }

  @Test func `a tree of more classes has copies to leave out, one of fewer tells classes`() throws {
    let tree = try Self.tree()
    try Self.writeCopies(tree, "C/weather/fog/3")
    try tree.write(
      PictureTree.picture(99), "C/weather/fog/3/n01440764/ILSVRC2012_val_00000293.JPEG")
    let clean = try PictureFolder(tree.folder.file("val"), classOrder: .imagenet)
    let cell = Cell(corruption: "fog", severity: 3)
    let read = try clean.benchmark(in: tree.folder.file("C"), names: ["fog"], isPartial: true)
    let images = try read.images(of: cell)
    #expect(try images.image(at: 2) == PictureTree.picture(50))
    #expect(
      images.notes.map { $0.replacing(tree.folder.url.path + "/", with: "") } == [
        "corrupted copies of pictures that are not in val are left out: 1, such as "
          + "n01440764/ILSVRC2012_val_00000293.JPEG"
      ])
    #expect(try clean.classes(withoutCopiesIn: tree.folder.file("C")) == [])
    let folder = tree.folder.file("C/weather/fog/3")
    try FileManager.default.removeItem(at: folder.appending(path: Self.classes[230]))
    #expect(
      try clean.classes(withoutCopiesIn: tree.folder.file("C")) == [Self.classes[230]])
    for label in [65, 516, 809] {
      try FileManager.default.removeItem(at: folder.appending(path: Self.classes[label]))
    }
    #expect(
      tree.message { _ = try clean.classes(withoutCopiesIn: tree.folder.file("C")) }
        == "C/weather/fog/3: expected copies of the pictures in val, found those of other classes alone: "
        + "n01440764; give the folder of their copies with --data")
  }

  @Test func `pictures alone have copies in the folders of their classes, or alone`() throws {
    let tree = try Self.tree()
    try Self.writeCopies(tree, "C/fog/3")
    let labels = try tree.write(text: Self.lists[1].1, "val.txt")
    func images(_ order: ClassOrder?) throws -> any CorruptedDataset {
      let clean = try PictureFolder(tree.folder.file("flat"), labels: labels, classOrder: order)
      return try clean.benchmark(in: tree.folder.file("C"), names: ["fog"], isPartial: true)
        .images(of: Cell(corruption: "fog", severity: 3))
    }
    for order in [ClassOrder.imagenet, nil] {
      #expect(try images(order).image(at: 1) == PictureTree.picture(30))
    }
    // A class that is not that of the copy's folder.
    try tree.write(text: Self.lists[1].1.replacing(" 230", with: " 231"), "val.txt")
    #expect(
      tree.message { _ = try images(.imagenet) }
        == "C/fog/3: expected a copy of every picture in flat, found none of "
        + "\(Self.classes[231])/ILSVRC2012_val_00000003; give the pictures that the copies were made of with --images"
    )
    try FileManager.default.removeItem(at: tree.folder.file("C"))
    for number in [1, 3, 4, 5] {
      try tree.write(PictureTree.picture(10 * number), "C/fog/3/\(Self.path(number)).png")
    }
    #expect(try images(.imagenet).image(at: 3) == PictureTree.picture(50))
  }
}
