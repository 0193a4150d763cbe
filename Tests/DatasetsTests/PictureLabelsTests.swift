import Datasets
import Formats
import Foundation
import Images
import TestSupport
import Testing

/// The labels of pictures without folders of classes.
struct PictureLabelsTests {
  static let names = ["a b.png", "c.JPEG", "d.e.png", "f.jpg"]

  static func tree() throws -> PictureTree {
    let tree = try PictureTree.holding("p/a b.png", "p/c.JPEG", "p/d.e.png", "p/f.jpg")
    try tree.write(text: "cat\ndog\nsea lion\n", "order.txt")
    return tree
  }

  static let texts: [(String, [Int])] = [
    ("a b.png,2\nc.JPEG,0\nd.e.png,1\nf.jpg,2\n", [2, 0, 1, 2]),
    ("f.jpg,2\r\n\r\nd.e.png , 1\r\nc.JPEG,0\r\na b.png,2", [2, 0, 1, 2]),
    ("filename,label\n\"a b.png\",\"2\"\nc.JPEG,0\nd.e.png,1\nf.jpg,2\n", [2, 0, 1, 2]),
    ("a b\t2\nc\t0\nd.e\t1\nf\t2\n", [2, 0, 1, 2]),
    ("val/a b.png 2\nval/c.JPEG 0\nval/d.e.png 1\nval/f.jpg 2\n", [2, 0, 1, 2]),
    ("a b.png;2\nc.JPEG;0\nd.e.png;1\nf.jpg;2\n", [2, 0, 1, 2]),
    ("2\n0\n1\n2\n", [2, 0, 1, 2]),
    ("label\n2\n0\n1\n2\n", [2, 0, 1, 2]),
    ("\u{FEFF}2\n0\n1\n2", [2, 0, 1, 2]),
  ]

  @Test(arguments: texts)
  func `lines of names and classes, and of classes alone`(text: String, labels: [Int]) throws {
    let tree = try Self.tree()
    let file = try tree.write(text: text, "labels.csv")
    let pictures = try PictureFolder(tree.folder.file("p"), labels: file)
    #expect(pictures.labels == labels)
    #expect(pictures.classCount == 3 && pictures.isClassCountGuessed)
    #expect((0..<4).map(pictures.imagePath) == ["a b", "c", "d.e", "f"])
    #expect(try PictureFolderTests.levels(pictures) == [0, 1, 2, 3])
  }

  @Test(arguments: [
    "a b.png,sea lion\nc.JPEG,cat\nd.e.png,dog\nf.jpg,2\n", "sea lion\ncat\ndog\nsea lion\n",
    "image,class\na b.png,2\nc.JPEG,0\nd.e.png,1\nf.jpg,sea lion\n",
  ])
  func `classes by their names in a list`(text: String) throws {
    let tree = try Self.tree()
    let file = try tree.write(text: text, "labels.csv")
    let pictures = try PictureFolder(
      tree.folder.file("p"), labels: file, classOrder: .file(tree.folder.file("order.txt")))
    #expect(pictures.labels == [2, 0, 1, 2] && pictures.classNames == ["cat", "dog", "sea lion"])
    #expect(!pictures.isClassCountGuessed)
  }

  @Test(arguments: [
    "\"x,y.png\",\"tench, Tinca tinca\"\nz.png,cat\n", "\"x,y\",tench, Tinca tinca\nz;cat\n",
    "\"x,y.png\" 0\nz.png 1", "tench, Tinca tinca\ncat\n",
    "class\n\"tench, Tinca tinca\"\n\"cat\"\n",
  ])
  func `commas in the names of pictures and of classes`(text: String) throws {
    let tree = try PictureTree.holding("p/x,y.png", "p/z.png")
    let order = try tree.write(text: "tench, Tinca tinca\ncat\n", "order.txt")
    let file = try tree.write(text: text, "labels.csv")
    let pictures = try PictureFolder(tree.folder.file("p"), labels: file, classOrder: .file(order))
    #expect(pictures.labels == [0, 1])
  }

  @Test func `arrays of class indices`() throws {
    let tree = try Self.tree()
    let file = tree.folder.file("labels.txt")
    func read() throws -> [Int] { try PictureFolder(tree.folder.file("p"), labels: file).labels }
    try NumPyArray.write([2, 0, 1, 2] as [Int64], shape: [4], to: file)
    #expect(try read() == [2, 0, 1, 2])
    try NumPyArray.write([2, 0, 1, 2] as [UInt8], shape: [4, 1], to: file)
    #expect(try read() == [2, 0, 1, 2])
    try NumPyArray.write([2, 0, 1] as [Int64], shape: [3], to: file)
    #expect(
      tree.message { _ = try read() }
        == "labels.txt: expected 4 labels, one for each picture in the order of their names, found 3"
    )
    try NumPyArray.write([2, 0, -1, 2] as [Int64], shape: [4], to: file)
    #expect(
      tree.message { _ = try read() }
        == "labels.txt: row 2: expected a class from 0 to 1048575, found -1")
    try NumPyArray.write([2, 0, 0.5, 2] as [Double], shape: [4], to: file)
    #expect(tree.message { _ = try read() }.hasPrefix("labels.txt: row 2: "))
    try NumPyArray.write([Int64.max, 0, 0, 2], shape: [4], to: file)
    #expect(
      tree.message { _ = try read() }
        .hasPrefix("labels.txt: row 0: expected a class from 0 to 1048575"))
  }

  @Test(arguments: [
    "a b.png,2\nc.JPEG,-1\nd.e.png,1\nf.jpg,-1\n", "2\n-1\n1\n-1\n",
  ])
  func `pictures with the label that says that there is none`(text: String) throws {
    let tree = try Self.tree()
    let file = try tree.write(text: text, "labels.csv")
    func read(_ ignored: Int) throws -> PictureFolder {
      try PictureFolder(tree.folder.file("p"), labels: file, ignoredLabel: ignored)
    }
    let pictures = try read(-1)
    #expect(pictures.labels == [2, 0, 1, 0] && pictures.labeled == [0, 2])
    #expect(pictures.noteOnUnlabeled?.contains("2 of 4 labels are -1; their pictures") ?? false)
    #expect(pictures.classCount == 3)
    #expect(tree.message { _ = try read(7) }.contains("expected a class from 0"))
    try NumPyArray.write([-1, -1, -1, -1] as [Int64], shape: [4], to: file)
    #expect(tree.message { _ = try read(-1) }.contains("found -1 for all 4 pictures, which says"))
  }

  static let wrong: [(String, String)] = [
    (
      "a b.png,2\nc.JPEG,0\nd.e.png,1\n", "expected a label for every picture, found none for f.jpg"
    ),
    (
      "a b.png,2\nc.JPEG,0\nd.e.png,1\nf.jpg,2\ng.png,1\n",
      "expected labels of the pictures in p, found no picture of g.png"
    ),
    (
      "a b.png,2\nc.JPEG,0\nd.e.png,1\nf.jpg,2\nc,1\n",
      "line 5: expected each picture once, found c again"
    ),
    ("a b.png,2\nc.JPEG\n", "line 2: expected a name and a class, found 1 field; write a name"),
    ("a b.png,2\nc.JPEG,0,7\n", "line 2: expected a class index from 0, found \"0,7\""),
    (
      "a b.png,2\nc.JPEG,cat\nd.e.png,1\nf.jpg,2\n",
      "line 2: expected a class index from 0, found \"cat\"; --class-order gives classes names"
    ),
    (
      "a b.png,2\nc.JPEG,-1\nd.e.png,1\nf.jpg,2\n",
      "line 2: expected a class from 0 to 1048575, found -1"
    ),
    (
      "2\n0\n1\n", "expected 4 labels, one for each picture in the order of their names, found 3"
    ),
    (
      "class\n0\n1\n2\n",
      "expected 4 labels, one for each picture in the order of their names, found 3, not counting "
        + "the first line, \"class\", which is no class"
    ),
    ("2\n0\n1.5\n2\n", "line 3: expected a class index from 0, found \"1.5\""),
    ("", "expected 4 labels, one for each picture in the order of their names, found 0"),
    ("2\n0\n\u{1B}[31m\n2\n", "line 3: expected a class index from 0, found \"\u{FFFD}[31m\""),
    (
      "<!DOCTYPE html><html>",
      "expected the classes of pictures, as text or a NumPy array, found a web"
    ),
  ]

  @Test(arguments: wrong)
  func `wrong labels are named`(text: String, message: String) throws {
    let tree = try Self.tree()
    let file = try tree.write(text: text, "labels.csv")
    let found = tree.message { _ = try PictureFolder(tree.folder.file("p"), labels: file) }
    #expect(found.hasPrefix("labels.csv: \(message)"), "\(found)")
  }

  @Test func `a name that is nearly a listed class is said, and one that two pictures have`() throws
  {
    let tree = try Self.tree()
    try tree.write(PictureTree.picture(9), "p/f.png")
    func message(_ text: String) throws -> String {
      let file = try tree.write(text: text, "labels.csv")
      return tree.message {
        _ = try PictureFolder(
          tree.folder.file("p"), labels: file, classOrder: .file(tree.folder.file("order.txt")))
      }
    }
    #expect(
      try message("c.JPEG,catt\n")
        == "labels.csv: line 1: expected a class index from 0, or a name that --class-order lists, "
        + "found \"catt\"; did you mean \"cat\"?")
    #expect(
      try message("c.JPEG,3\n") == "labels.csv: line 1: expected a class from 0 to 2, found 3")
    #expect(
      try message("f,1\n")
        == "labels.csv: line 1: several pictures are named f; give the extension as well")
  }

  @Test func `random changes of labels never end the program`() throws {
    let tree = try Self.tree()
    var random = SeededGenerator(seed: 5)
    for seed in Self.texts.map(\.0) + ["sea lion\ncat\ndog\nsea lion\n"] {
      for _ in 0..<60 {
        let bytes = Array(seed.utf8).mutated(using: &random)
        try tree.write(bytes, "labels.csv")
        for order in [nil, tree.folder.file("order.txt")] {
          let found = try? PictureFolder(
            tree.folder.file("p"), labels: tree.folder.file("labels.csv"),
            classOrder: order.map(ClassOrder.file))
          if let found {
            #expect(found.labels.count == 4)
            #expect(found.labels.allSatisfy { (0..<found.classCount).contains($0) })
          }
        }
      }
    }
  }

  /// Makes an empty file, or a folder, whose name has these bytes.
  private static func make(_ name: [UInt8], in folder: URL, isFolder: Bool = false) {
    let path = (Array((folder.path + "/").utf8) + name + [0]).map { CChar(bitPattern: $0) }
    if isFolder {
      #expect(mkdir(path, 0o755) == 0)
    } else {
      close(open(path, O_CREAT | O_WRONLY, 0o644))
    }
  }

  @Test(arguments: [false, true])
  func `a name that is not UTF-8 is named`(isFolder: Bool) throws {
    let tree = try PictureTree.holding("p/a/1.png")
    let name: [UInt8] = [0xFF] + Array((isFolder ? "" : ".png").utf8)
    Self.make(name, in: tree.folder.file(isFolder ? "p" : "p/a"), isFolder: isFolder)
    #expect(
      tree.message { _ = try PictureFolder(tree.folder.file("p")) }
        == (isFolder ? "p" : "p/a") + ": expected names in UTF-8, found "
        + (isFolder ? "\u{FFFD}" : "\u{FFFD}.png") + "; rename the file or folder")
  }

  @Test func `names of different bytes that are the same text`() throws {
    let tree = try PictureTree.holding("p/a.png")
    let bytes = try PictureTree.picture(1).png(file: "")
    // é as one character, and as two.
    for name: [UInt8] in [[0xC3, 0xA9], [0x65, 0xCC, 0x81]] {
      Self.make(name + Array(".png".utf8), in: tree.folder.file("p"))
      let path = tree.folder.file("p").path + "/" + String(decoding: name, as: UTF8.self) + ".png"
      try Data(bytes).write(to: URL(filePath: path))
    }
    let labels = try tree.write(text: "0\n1\n2\n", "labels.txt")
    let pictures = try PictureFolder(tree.folder.file("p"), labels: labels)
    #expect(try PictureFolderTests.levels(pictures) == [0, 1, 1])
    #expect(
      tree.message { _ = try pictures.copyFingerprint() }
        .contains("differ only in the extension"))
    try tree.write(text: "\u{E9}.png,1\n", "labels.txt")
    #expect(
      tree.message { _ = try PictureFolder(tree.folder.file("p"), labels: labels) }
        .hasPrefix("labels.txt: line 1: several pictures are named"))
  }
}
