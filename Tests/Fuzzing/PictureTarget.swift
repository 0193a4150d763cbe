import Datasets
import Foundation
import Images

extension Target {
  /// The labels and the order of the classes of pictures.
  ///
  /// The input is parts with a zero between them: the file of labels, and the list of classes if there
  /// is any. Without labels the list is of folders.
  static let pictures = Target(
    name: "pictures", maximumLength: 1000,
    words: [
      ",", ";", "\t", "\n", "\r\n", "\0", ".png", "a b", "label", "\"", "val/", "0", "1", "-1",
    ],
    seeds: {
      [
        "a b.png,1\nc.d.png,0\ne.jpg,2\n", "name;class\n\"a b\";1\nc.d;0\ne;2\n", "1\n0\n2\n",
        "cat\ndog\ncat\n\0dog\ncat\n", "val/a b.png 1\nval/c.d.png 0\nval/e.jpg 2\n", "\0n2\nn1\n",
        "490\n361\n171\n",
        "a b,cat 1 2 3 4 cat 1 2 3 4\nc.d,dog 1 2 3 4\ne,cat 1 2 3 4\n\0dog\ncat\n",
      ].enumerated().map { Seed(name: "\($0.offset)", bytes: Array($0.element.utf8)) }
        + [npySeed]
    },
    read: { input in
      makeFolders(input)
      // The bytes of an array have zeros.
      let isArray = input.bytes.first == 0x93
      let parts = input.bytes.split(
        separator: 0, maxSplits: isArray ? 0 : 1, omittingEmptySubsequences: false
      ).map(Array.init)
      labels.hold(parts[0])
      input.link("pictures/labels", to: labels)
      var list: URL?
      if parts.count > 1 {
        order.hold(parts[1])
        input.link("pictures/order", to: order)
        list = root.appendingPathComponent("order")
      }
      if let list, parts[0].isEmpty {
        try use(PictureFolder(root.appendingPathComponent("classes"), classOrder: .file(list)))
      } else if (UInt8(ascii: "4")...UInt8(ascii: "9")).contains(parts[0].first ?? 0) {
        input.link("pictures/validation_ground_truth", to: labels)
        let pictures = try PictureFolder(
          root.appendingPathComponent("val"),
          labels: root.appendingPathComponent("validation_ground_truth"), classOrder: .imagenet)
        try use(pictures)
        try use(pictures.masked())
      } else {
        try use(
          PictureFolder(
            root.appendingPathComponent("flat"), labels: root.appendingPathComponent("labels"),
            classOrder: list.map(ClassOrder.file)))
      }
    })

  private static let root = Input.folder.appendingPathComponent("pictures")
  private static let labels = MemoryFile()
  private static let order = MemoryFile()

  private static let npySeed: Seed = {
    let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }\n"
    return Seed(
      name: "npy",
      bytes: [0x93] + Array("NUMPY\u{1}\0".utf8) + [UInt8(header.utf8.count), 0] + header.utf8
        + [1, 0, 2])
  }()

  /// Three pictures beside one another, and two in folders of classes, once.
  private static func makeFolders(_ input: Input) {
    guard access(root.path, F_OK) != 0 else { return }
    let image = Image(height: 2, width: 2, pixels: [UInt8](repeating: 7, count: 12))
    for path in [
      "flat/a b.png", "flat/c.d.png", "flat/e.jpg", "classes/n1/a.png", "classes/n2/a.png",
      "val/ILSVRC2012_val_00000001.png", "val/ILSVRC2012_val_00000003.png",
    ] {
      let url = root.appendingPathComponent(path)
      input.makeFolder(url.deletingLastPathComponent())
      input.attempt {
        let bytes =
          path.hasSuffix("png")
          ? try image.png(file: path) : try image.jpeg(quality: 90, file: path)
        try Data(bytes).write(to: url)
      }
    }
  }
}
