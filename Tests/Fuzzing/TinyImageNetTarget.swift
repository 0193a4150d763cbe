import Datasets
import Foundation
import Images

extension Target {
  /// The lists and the listing of Tiny-ImageNet's validation images.
  ///
  /// The input is parts with a zero
  /// between them: `val_annotations.txt`, `wnids.txt` if there is any, and names that are added to
  /// the folder of images, as folders if they end with a slash.
  static let tinyImageNet = Target(
    name: "tiny-imagenet", maximumLength: 6000,
    words: ["\t", "\n", "\r\n", "\0", ".JPEG", ".png", "val_0", "images", "n01443537", ".."],
    seeds: {
      let lines = imageNames.enumerated().map { "\($1)\t\(classNames[$0])\t0\t0\t1\t1\n" }.joined()
      let classes = classNames.joined(separator: "\n")
      return [lines, lines + "\0\0a.txt\0b/", "\0" + classes, "\0\0\(classNames[0])/"]
        .enumerated().map { Seed(name: "\($0.offset)", bytes: Array($0.element.utf8)) }
    },
    read: { input in
      let parts = input.bytes.split(
        separator: 0, maxSplits: 6, omittingEmptySubsequences: false
      ).map(Array.init)
      makeTree(input)
      annotations.hold(parts[0])
      let wnids = tree.appendingPathComponent("wnids.txt").path
      unlink(wnids)
      if parts.count > 1, !parts[1].isEmpty {
        list.hold(parts[1])
        input.link("tiny/wnids.txt", to: list)
      }
      let names = parts.dropFirst(2).compactMap(add)
      defer { names.forEach { remove($0) } }
      let images = try DatasetKind.tinyimagenet200.read(.test, in: tree)
      for index in images.labels.indices.prefix(4) {
        precondition((0..<200).contains(images.labels[index]))
        input.attempt { _ = try images.image(at: index) }
      }
    })

  private static let classNames = TinyImageNetClasses.published
  private static let imageNames = (0..<200).map { "v\($0).png" }
  private static let tree = Input.folder.appendingPathComponent("tiny")
  private static let images = tree.appendingPathComponent("val/images")
  private static let annotations = MemoryFile()
  private static let list = MemoryFile()

  /// The 200 images and the link to the annotations, once.
  private static func makeTree(_ input: Input) {
    guard access(images.path, F_OK) != 0 else { return }
    input.makeFolder(images)
    input.link("tiny/val/val_annotations.txt", to: annotations)
    let image = Image(height: 64, width: 64, pixels: [UInt8](repeating: 7, count: 64 * 64 * 3))
    for name in imageNames {
      input.attempt {
        try Data(image.png(file: name)).write(to: images.appendingPathComponent(name))
      }
    }
  }

  /// Adds a file or folder of this name and returns its path, nil where that cannot be.
  private static func add(_ name: [UInt8]) -> String? {
    let isFolder = name.last == UInt8(ascii: "/")
    let plain = isFolder ? name.dropLast() : name[...]
    guard (1...255).contains(plain.count), !plain.contains(UInt8(ascii: "/")) else { return nil }
    let path = images.path + "/" + String(decoding: plain, as: UTF8.self)
    if isFolder { return mkdir(path, 0o755) == 0 ? path : nil }
    let file = open(path, O_CREAT | O_EXCL | O_WRONLY, 0o644)
    guard file >= 0 else { return nil }
    close(file)
    return path
  }
}
