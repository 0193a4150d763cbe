import Datasets
import Foundation
import Images
import Loading
import Tensors
import TestSupport
import Testing

struct TinyImageNetTests {
  typealias Tree = TinyImageNetTree

  @Test(arguments: [true, false])
  func `training images are sorted by class and name`(withImagesFolder: Bool) throws {
    let tree = try Tree()
    try tree.writeTrain(copies: 2, withImagesFolder: withImagesFolder)
    let train = try tree.read(.train)
    #expect(train.classCount == 200 && train.imageSide == 64)
    #expect(train.labels == (0..<200).flatMap { [$0, $0] })
    for index in [0, 1, 77, 399] {
      #expect(try train.image(at: index) == Tree.image(index / 2, index % 2))
    }
  }

  @Test(arguments: Tree.Layout.allCases, ["JPEG", "png"])
  func `validation images are the same in every layout and format`(
    layout: Tree.Layout, format: String
  ) throws {
    let tree = try Tree()
    try tree.writeTrain()
    try tree.writeValidation(layout, extension: format)
    let images = try tree.read(.test)
    #expect(images.labels == (0..<200).flatMap { [$0, $0] })
    // Names sort by their bytes: val_199 comes before val_399, val_99 after val_299.
    #expect(try images.image(at: 0) == Tree.image(0, 0))
    #expect(try images.image(at: 1) == Tree.image(0, 1))
    #expect(try images.image(at: 200) == Tree.image(100, 1))
    #expect(try images.image(at: 201) == Tree.image(100, 0))
  }

  @Test func `without wnids.txt the published classes are used`() throws {
    let tree = try Tree()
    try tree.writeTrain()
    try tree.remove("wnids.txt")
    #expect(try tree.read(.train).labels == Array(0..<200))
  }

  @Test func `byte order marks and the line ends of other systems change nothing`() throws {
    let tree = try Tree()
    try tree.writeTrain()
    try tree.writeValidation(.published)
    let expected = try tree.read(.test).labels
    for path in ["wnids.txt", "val/val_annotations.txt"] {
      let text = try String(contentsOf: tree.url(path), encoding: .utf8)
      try tree.write(text: "\u{FEFF}" + text.replacing("\n", with: "\r\n"), path)
    }
    #expect(try tree.read(.test).labels == expected)
  }

  @Test func `the class that is missing is named`() throws {
    let tree = try Tree()
    try tree.writeTrain()
    try tree.remove("train/n02124075")
    #expect(
      tree.message { _ = try tree.read(.train) }
        == "train: expected the 200 classes, found 199; missing: n02124075")
    try tree.remove("wnids.txt")
    #expect(tree.message { _ = try tree.read(.train) }.hasSuffix("missing: n02124075"))
  }

  @Test func `a class without images, and folders of unknown classes, are named`() throws {
    let tree = try Tree()
    try tree.writeTrain()
    try tree.write(text: "", "train/n09999999/images/a.txt")
    #expect(
      tree.message { _ = try tree.read(.train) }
        == "train: expected only folders of the data set's classes, found n09999999")
    try tree.remove("train/n09999999")
    try tree.remove("train/n12267677/images/n12267677_0.JPEG")
    #expect(tree.message { _ = try tree.read(.train) }.hasSuffix("missing: n12267677"))
  }

  @Test func `images beside folders of images are refused`() throws {
    let tree = try Tree()
    try tree.writeTrain()
    try tree.write(Tree.image(1, 1), "train/n01443537/cover.png")
    #expect(
      tree.message { _ = try tree.read(.train) }
        == "train: expected images only in the folders of classes, found n01443537/cover.png beside them"
    )
    try tree.writeValidation(.classFoldersInImages)
    try tree.write(Tree.image(1, 1), "val/images/val_0.JPEG")
    #expect(
      tree.message { _ = try tree.read(.test) }
        == "val/images: expected images only in the folders of classes, found val_0.JPEG beside them"
    )
  }

  @Test func `annotations and images must match, each named`() throws {
    let tree = try Tree()
    try tree.writeTrain()
    try tree.writeValidation(.published)
    let url = tree.url("val/val_annotations.txt")
    let lines = try String(contentsOf: url, encoding: .utf8)
    func message(_ text: String) throws -> String {
      try tree.write(text: text, "val/val_annotations.txt")
      return tree.message { _ = try tree.read(.test) }
    }
    #expect(try message(lines.replacing("\n", with: "\r\n")) == "done")
    #expect(
      try message(lines.replacing("val_7.JPEG\tn0", with: "val_7.JPEG\tx0"))
        .hasPrefix("val/val_annotations.txt: line 8: expected one of the 200 classes, found \"x0"))
    #expect(
      try message(lines.replacing("val_7.JPEG\tn0", with: "val_7.JPEG\t\u{1B}[2J"))
        .contains("found \"\u{FFFD}[2J"))
    #expect(
      try message(lines + "val_7.JPEG\tn01443537\n")
        == "val/val_annotations.txt: line 401: expected each image once, found \"val_7.JPEG\"")
    #expect(
      try message("val_0.JPEG\n")
        == "val/val_annotations.txt: line 1: expected a name, a tab and a class, "
        + "found \"val_0.JPEG\"")
    #expect(
      try message(lines + "val_400.JPEG\tn01443537\n")
        == "val/images: expected every annotated image; missing: val_400")
    try tree.write(Tree.image(0, 0), "val/images/val_900.JPEG")
    #expect(
      try message(lines)
        == "val/val_annotations.txt: expected a line for val_900.JPEG alone, found none")
    try tree.remove("val/val_annotations.txt")
    #expect(
      tree.message { _ = try tree.read(.test) }
        == "val/val_annotations.txt: cannot be read: No such file or directory")
  }

  @Test func `an image of another size, or damaged, stops with its path`() throws {
    let tree = try Tree()
    try tree.writeTrain()
    let path = "train/n01443537/images/n01443537_0.JPEG"
    let small = Image(height: 63, width: 64, pixels: Array(repeating: 9, count: 63 * 64 * 3))
    try tree.write(small, path)
    let train = try tree.read(.train)
    #expect(
      tree.message { _ = try train.image(at: 0) }
        == "\(path): expected 64×64 pixels, found 63×64")
    let whole = try small.jpeg(quality: 90, file: path)
    try tree.write(Array(whole.prefix(whole.count / 2)), path)
    #expect(tree.message { _ = try train.image(at: 0) }.hasPrefix("\(path): "))
    // One damaged image stops a batch, whichever thread reads it.
    #expect(
      tree.message {
        _ = try Batch(
          Array(0..<200), of: train,
          normalization: DatasetKind.tinyimagenet200.normalization, workers: Workers(count: 3))
      }.hasPrefix("\(path): "))
    try tree.remove(path)
    #expect(
      tree.message { _ = try train.image(at: 0) }
        == "\(path): cannot be read: No such file or directory")
  }

  @Test func `hidden files of the system are no images`() throws {
    let tree = try Tree()
    try tree.writeTrain()
    try tree.write(text: "x", "train/n01443537/images/._n01443537_0.JPEG")
    try tree.write(text: "x", "train/.DS_Store")
    try tree.write(text: "x", "train/n01443537/images/Thumbs.db")
    #expect(try tree.read(.train).labels == Array(0..<200))
  }

  @Test func `the content decides the format, not the name`() throws {
    let tree = try Tree()
    try tree.writeTrain()
    let image = Tree.image(5, 1)
    try tree.write(image.png(file: "x"), "train/n01443537/images/n01443537_0.JPEG")
    #expect(try tree.read(.train).image(at: 0) == image)
  }

  @Test func `a list of other than 200 classes is refused`() throws {
    let tree = try Tree()
    try tree.writeTrain()
    let lines = Tree.classes.filter { $0 != "n02124075" }.joined(separator: "\n")
    try tree.write(text: lines, "wnids.txt")
    #expect(
      tree.message { _ = try tree.read(.train) }
        == "wnids.txt: expected the 200 classes, found 199; missing: n02124075")
    try tree.write(text: lines + "\n../etc", "wnids.txt")
    #expect(
      tree.message { _ = try tree.read(.train) }
        == "wnids.txt: expected WordNet identifiers, found \"../etc\"")
  }

  @Test func `what is missing is named with the folders`() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.path
    #expect {
      try DatasetKind.tinyimagenet200.read(.test, in: folder.url)
    } throws: {
      "\($0)" == "tinyimagenet200: no data found; looked in \(path)/tinyimagenet200-data, "
        + "\(path)/tinyimagenet200-data/tiny-imagenet-200, \(path)/tiny-imagenet-200, \(path); "
        + "name another folder with --data, or fetch it with mixmo data download"
    }
  }
}
