import Datasets
import Formats
import Foundation
import Images
import TestSupport
import Testing

/// Folders of somebody's pictures with a folder for each class.
struct PictureFolderTests {
  /// The gray level of each picture.
  static func levels(_ pictures: PictureFolder) throws -> [UInt8] {
    try (0..<pictures.count).map { try pictures.image(at: $0)[0, 0, 0] }
  }

  @Test func `classes and pictures have the order of torchvision's ImageFolder`() throws {
    // Folders in a class come in the order of their whole paths: - is before /.
    let tree = try PictureTree.holding(
      "p/b/z.png", "p/b/Z.JPG", "p/b/10.jpeg", "p/b/9.png", "p/Ä/a.png", "p/B/x/deep/a.png",
      "p/B/x-y/a.png", "p/B/a.jpg")
    try tree.write(text: "", "p/b/notes.txt")
    try tree.write(text: "", "p/b/.hidden.png")
    try tree.write(text: "", "p/.hidden/a.png")
    try tree.write(text: "", "p/readme.md")
    let pictures = try PictureFolder(tree.folder.file("p"))
    #expect(pictures.classNames == ["B", "b", "Ä"] && pictures.classCount == 3)
    #expect(pictures.labels == [0, 0, 0, 1, 1, 1, 1, 2])
    #expect(
      (0..<8).map(pictures.imagePath) == [
        "B/a", "B/x-y/a", "B/x/deep/a", "b/10", "b/9", "b/Z", "b/z", "Ä/a",
      ])
    #expect(try Self.levels(pictures) == [7, 6, 5, 2, 3, 1, 0, 4])
    #expect(pictures.imageSide == 8 && pictures.name == "p" && !pictures.isClassCountGuessed)
    #expect(pictures.imageName(at: 1) == "a")
  }

  @Test func `a list gives classes another order`() throws {
    let tree = try PictureTree.holding("p/a/1.png", "p/b/1.png", "p/b/2.png", "p/c d/1.png")
    let order = try tree.write(text: "\u{FEFF}b\r\nc d \r\n\na\n", "order.txt")
    let pictures = try PictureFolder(tree.folder.file("p"), classOrder: .file(order))
    #expect(pictures.classNames == ["b", "c d", "a"] && pictures.labels == [2, 0, 0, 1])
    #expect(try Self.levels(pictures) == [0, 1, 2, 3])
  }

  @Test func `a list may have classes without pictures`() throws {
    let tree = try PictureTree.holding("p/a/1.png", "p/c/1.png")
    let order = try tree.write(text: "b\na\nd\nc\n", "order.txt")
    let pictures = try PictureFolder(tree.folder.file("p"), classOrder: .file(order))
    #expect(pictures.classCount == 4 && pictures.labels == [1, 3])
  }

  static let orders: [(String, String)] = [
    ("b\na\n", "order.txt: expected every class of the folders or labels, found no line for c"),
    ("a\nb\nc\nb\n", "order.txt: line 4: expected each class once, found b again"),
    (" \n\n", "order.txt: expected the name of a class on each line, found none"),
    ("", "order.txt: expected the name of a class on each line, found none"),
    ("<html><title>Sign in</title>", "order.txt: expected the names of classes, found a web page"),
  ]

  @Test(arguments: orders)
  func `a wrong list is named`(text: String, message: String) throws {
    let tree = try PictureTree.holding("p/a/1.png", "p/b/1.png", "p/c/1.png")
    let order = try tree.write(text: text, "order.txt")
    #expect(
      tree.message { _ = try PictureFolder(tree.folder.file("p"), classOrder: .file(order)) }
        .hasPrefix(message))
  }

  @Test func `wrong folders are named, with what to do`() throws {
    func expect(_ message: String, _ change: (borrowing PictureTree) throws -> Void) throws {
      let tree = try PictureTree.holding("p/a/1.png", "p/b/1.png")
      try change(tree)
      let found = tree.message { _ = try PictureFolder(tree.folder.file("p")) }
      #expect(found.hasPrefix(message), "\(found)")
    }
    try expect("done") { _ in }
    try expect(
      "p: expected a folder for each class, or pictures alone; found the folders a, b beside x.png"
    ) { try $0.write(PictureTree.picture(1), "p/x.png") }
    try expect(
      "p: expected a PNG or JPEG picture in the folder of each class, found none in c, d; remove"
    ) {
      try $0.write(text: "", "p/c/readme.txt")
      try $0.write(text: "", "p/d/e/readme.txt")
    }
    try expect("p/b: expected PNG and JPEG pictures, found 2.webp, 3.TIFF; convert them") {
      try $0.write(text: "", "p/b/2.webp")
      try $0.write(text: "", "p/b/3.TIFF")
    }
    try expect("p/b/2.png: cannot be read: No such file or directory") {
      try FileManager.default.createSymbolicLink(
        at: $0.folder.file("p/b/2.png"), withDestinationURL: $0.folder.file("nothing.png"))
    }
    try expect("p/a/round/round/") {
      try FileManager.default.createSymbolicLink(
        at: $0.folder.file("p/a/round"), withDestinationURL: $0.folder.file("p/a"))
    }
    try expect("p: expected a folder for each class, found pictures alone; give their classes") {
      try FileManager.default.removeItem(at: $0.folder.file("p"))
      try $0.write(PictureTree.picture(1), "p/x.png")
    }
    try expect(
      "p: expected a folder for each class, or PNG and JPEG pictures with --labels, found neither"
    ) {
      try FileManager.default.removeItem(at: $0.folder.file("p"))
      try $0.write(text: "", "p/x.txt")
    }
    try expect("p: cannot be read: Not a directory") {
      try FileManager.default.removeItem(at: $0.folder.file("p"))
      try $0.write(PictureTree.picture(1), "p")
    }
    let tree = try PictureTree.holding("p/a/1.png")
    let labels = try tree.write(text: "0\n", "labels.txt")
    #expect(
      tree.message { _ = try PictureFolder(tree.folder.file("p"), labels: labels) }
        .hasPrefix("p: the folders are the classes; --labels is for pictures without folders"))
  }

  @Test func `pictures of other sizes and damaged ones are named`() throws {
    let tree = try PictureTree.holding("p/a/1.png", "p/a/2.png")
    try tree.write(PictureTree.picture(1, 9, 9), "p/a/3.png")
    try tree.write(PictureTree.picture(1, 8, 9), "p/a/4.png")
    try tree.write(text: "no picture", "p/a/5.png")
    try tree.write(Array(PictureTree.picture(3).png(file: "").prefix(60)), "p/a/6.png")
    let pictures = try PictureFolder(tree.folder.file("p"))
    func message(_ index: Int) -> String { tree.message { _ = try pictures.image(at: index) } }
    let advice =
      "(width × height); prepare pictures with --resize and --crop, such as --resize 256 --crop 224"
    #expect(message(0) == "done")
    #expect(
      message(2) == "p/a/3.png: expected 8×8 pixels, as p/a/1.png has, found 9×9 \(advice)")
    #expect(
      message(3) == "p/a/4.png: expected a square picture, found 9×8 pixels \(advice)")
    #expect(message(4) == "p/a/5.png: expected a PNG or JPEG image, found text (\"no picture\")")
    #expect(message(5).hasPrefix("p/a/6.png: byte 60: damaged PNG file"))
    try tree.write(PictureTree.picture(1, 8, 9), "p/a/0.png")
    #expect(
      tree.message { _ = try PictureFolder(tree.folder.file("p")) }
        == "p/a/0.png: expected a square picture, found 9×8 pixels \(advice)")
  }

  @Test func `pictures of any size are prepared as they are read`() throws {
    let tree = try PictureTree()
    let pictures = [(40, 30), (30, 40), (25, 90), (20, 20)].enumerated().map { index, size in
      Image(
        height: size.0, width: size.1,
        pixels: (0..<size.0 * size.1 * 3).map { UInt8(($0 * 7 + index) % 251) })
    }
    for (index, picture) in pictures.enumerated() { try tree.write(picture, "p/a/\(index).png") }
    let preparation = Preparation(resize: 20, crop: 16)
    let prepared = try PictureFolder(tree.folder.file("p"), preparation: preparation)
    #expect(prepared.imageSide == 16)
    for (index, picture) in pictures.enumerated() {
      #expect(try prepared.image(at: index) == preparation(picture))
    }
    let cropped = try PictureFolder(tree.folder.file("p"), preparation: Preparation(crop: 22))
    #expect(
      tree.message { _ = try cropped.image(at: 3) }
        == "p/a/3.png: expected at least 22×22 pixels for --crop 22, found 20×20 (width × height); "
        + "pictures are not padded: give --resize, or a smaller --crop")
    let resized = try PictureFolder(tree.folder.file("p"), preparation: Preparation(resize: 10))
    #expect(try resized.image(at: 3).height == 10)
    #expect(
      tree.message { _ = try resized.image(at: 0) }
        .hasPrefix("p/a/0.png: expected a square picture, found 10×13 pixels"))
  }

  @Test func `a photograph of 12 megapixels is read, one beyond 64 is not`() throws {
    let tree = try PictureTree()
    try tree.write(PictureTree.picture(9, 3000, 4000), "p/a/1.jpg")
    // 8200×8200 pixels of one color: a small file of a large picture.
    try tree.write(PictureTree.picture(9, 8200, 8200), "p/a/2.png")
    let preparation = Preparation(resize: 36, crop: 32)
    let pictures = try PictureFolder(tree.folder.file("p"), preparation: preparation)
    #expect(try pictures.image(at: 0) == PictureTree.picture(9, 32, 32))
    #expect(
      tree.message { _ = try pictures.image(at: 1) }
        == "p/a/2.png: 8200×8200 pixels, expected at most 16384 a side and 67108864 in all")
  }

  @Test func `the name of a data set is not taken for the data set`() throws {
    let tree = try PictureTree.holding("cifar10/a/1.png")
    #expect(try PictureFolder(tree.folder.file("cifar10")).name == "cifar10-images")
    #expect(try PictureFolder(tree.folder.file("cifar10/../cifar10/.")).name == "cifar10-images")
  }
}
