import Datasets
import Formats
import Foundation
import Images
import Loading
import TestSupport

/// A folder of Tiny-ImageNet-200 with few images, which tests may damage.
struct TinyImageNetTree: ~Copyable {
  enum Layout: CaseIterable { case published, classFoldersInImages, classFolders, imagesInClasses }

  let folder: TemporaryFolder
  static let classes = TinyImageNetClasses.published

  init() throws {
    folder = try TemporaryFolder()
  }

  /// A 64×64 image of one gray level, which PNG and JPEG keep exactly.
  static func image(_ index: Int, _ copy: Int) -> Image {
    Image(
      height: 64, width: 64,
      pixels: Array(repeating: UInt8((index + 100 * copy) % 256), count: 64 * 64 * 3))
  }

  /// Writes `copies` training images of each class as published.
  func writeTrain(copies: Int = 1, withImagesFolder: Bool = true) throws {
    for (index, name) in Self.classes.enumerated() {
      let inner = withImagesFolder ? "\(name)/images" : name
      for copy in 0..<copies {
        try write(Self.image(index, copy), "train/\(inner)/\(name)_\(copy).JPEG")
      }
      try write(text: "", "train/\(name)/\(name)_boxes.txt")
    }
    try write(text: Self.classes.reversed().joined(separator: "\n"), "wnids.txt")
  }

  /// Writes two validation images of each class, numbered in reverse order of the classes.
  func writeValidation(_ layout: Layout, extension kind: String = "JPEG") throws {
    var lines = ""
    for number in 0..<400 {
      let index = 199 - number % 200
      let name = Self.classes[index]
      let folder =
        switch layout {
        case .published: "images"
        case .classFoldersInImages: "images/\(name)"
        case .classFolders: name
        case .imagesInClasses: "\(name)/images"
        }
      try write(Self.image(index, number / 200), "val/\(folder)/val_\(number).\(kind)")
      lines += "val_\(number).JPEG\t\(name)\t0\t0\t62\t62\n"
    }
    if layout == .published || layout == .classFoldersInImages {
      try write(text: lines, "val/val_annotations.txt")
    }
  }

  func url(_ path: String) -> URL { folder.file("tinyimagenet200-data/\(path)") }

  func write(_ image: Image, _ path: String) throws {
    let url = url(path)
    let bytes =
      path.hasSuffix("png")
      ? try image.png(file: url.path) : try image.jpeg(quality: 95, file: url.path)
    try write(bytes, path)
  }

  func write(text: String, _ path: String) throws { try write(Array(text.utf8), path) }

  func write(_ bytes: [UInt8], _ path: String) throws {
    let url = url(path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  func remove(_ path: String) throws { try FileManager.default.removeItem(at: url(path)) }

  func read(_ split: DatasetSplit) throws -> any Dataset {
    try DatasetKind.tinyimagenet200.read(split, in: folder.url)
  }

  /// The message that `body` fails with, without the folder's path.
  func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "done"
    } catch {
      return "\(error)".replacing(folder.url.path + "/tinyimagenet200-data/", with: "")
    }
  }
}
