import Formats
import Images
import Tensors

/// Labeled square images, read one at a time.
package protocol Dataset: Sendable {
  /// The name in messages and results, such as `cifar10`.
  var name: String { get }
  /// The number of classes K.
  var classCount: Int { get }
  /// The height and width of each image.
  var imageSide: Int { get }
  /// The class of each image, in 0..<K, or −1 for each where they are of no class.
  var labels: [Int] { get }

  /// One image of `imageSide × imageSide` pixels.
  func image(at index: Int) throws -> Image

  /// The stored bytes of an image, such as those of its file; its pixels by default.
  func storedBytes(at index: Int) throws -> [UInt8]

  /// The names of the K classes' folders if images are files, sorted; the class indices by default.
  var classNames: [String] { get }

  /// The name of an image's file without its extension if images are files; the index by default.
  func imageName(at index: Int) -> String

  /// The path of an image's file, without its extension, below the folder that has all of them; by
  /// default its name in the folder of its class.
  func imagePath(at index: Int) -> String
}

extension Dataset {
  /// The number of images.
  package var count: Int { labels.count }

  package func storedBytes(at index: Int) throws -> [UInt8] { try image(at: index).pixels }

  package var classNames: [String] {
    (0..<classCount).map { Self.padded($0, below: classCount) }
  }

  package func imageName(at index: Int) -> String { Self.padded(index, below: count) }

  package func imagePath(at index: Int) -> String {
    "\(classNames[labels[index]])/\(imageName(at: index))"
  }

  /// The number with leading zeros, so that names sort as numbers do.
  private static func padded(_ number: Int, below limit: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: String(limit - 1).count - digits.count) + digits
  }

  /// The image at `index`.
  ///
  /// - Throws: `LoadingError.wrongImageSize`, or what reading the image throws.
  package func checkedImage(at index: Int) throws -> Image {
    let image = try image(at: index)
    guard image.height == imageSide, image.width == imageSide else {
      throw LoadingError.wrongImageSize(
        dataset: name, index: index, expected: imageSide, height: image.height, width: image.width)
    }
    return image
  }
}

/// A part of a data set.
package enum DatasetSplit: String, CaseIterable, Sendable {
  case train, test
}

/// Images held in memory.
package struct InMemoryDataset: Dataset {
  package let name: String
  package let classCount: Int
  package let imageSide: Int
  package let labels: [Int]
  package let images: [Image]

  /// A data set of as many `images` as `labels`.
  package init(
    name: String, classCount: Int, imageSide: Int, labels: [Int], images: [Image]
  ) {
    precondition(labels.count == images.count, "\(labels.count) labels, \(images.count) images")
    self.name = name
    self.classCount = classCount
    self.imageSide = imageSide
    self.labels = labels
    self.images = images
  }

  package func image(at index: Int) -> Image { images[index] }
}

/// A selection of images of a data set.
package struct Subset: Dataset {
  package var name: String { whole.name }
  package var classCount: Int { whole.classCount }
  package var classNames: [String] { whole.classNames }
  package var imageSide: Int { whole.imageSide }
  package let labels: [Int]

  private let whole: any Dataset
  private let indices: [Int]

  /// At most `limit` images of `whole`, evenly spaced, in order.
  ///
  /// They are spaced because data sets in folders have their images class after class.
  package init(_ limit: Int, of whole: any Dataset) {
    self.init(Self.indices(of: limit, among: whole.count), of: whole)
  }

  /// The indices of at most `limit` of `count` images, evenly spaced, in order.
  package static func indices(of limit: Int, among count: Int) -> [Int] {
    let taken = min(limit, count)
    return (0..<taken).map { $0 * count / taken }
  }

  /// The images of `whole` at `indices`.
  package init(_ indices: [Int], of whole: any Dataset) {
    self.whole = whole
    self.indices = indices
    let labels = whole.labels
    self.labels = indices.map { labels[$0] }
  }

  package func image(at index: Int) throws -> Image { try whole.image(at: indices[index]) }

  package func imageName(at index: Int) -> String { whole.imageName(at: indices[index]) }

  package func imagePath(at index: Int) -> String { whole.imagePath(at: indices[index]) }

  package func storedBytes(at index: Int) throws -> [UInt8] {
    try whole.storedBytes(at: indices[index])
  }
}

extension Dataset {
  /// SHA-256 of all labels and pixels, which does not depend on the form of the files.
  ///
  /// `advanced` is told, every few hundred images, how many are read, of how many.
  ///
  /// - Throws: what reading an image, or `advanced`, throws.
  package func fingerprint(
    workers: Workers, advanced: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> String {
    try fingerprint(workers, advanced: advanced) { try image(at: $0).pixels }
  }

  /// SHA-256 of all pixels, whatever the labels are.
  ///
  /// `advanced` is told, every few hundred images, how many are read, of how many.
  ///
  /// - Throws: what reading an image, or `advanced`, throws.
  package func pixelFingerprint(
    workers: Workers, advanced: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> String {
    try fingerprint(workers, hasLabels: false, advanced: advanced) { try image(at: $0).pixels }
  }

  /// SHA-256 of all labels and of the stored bytes of the images, which are not decoded.
  ///
  /// `advanced` is told, every few hundred images, how many are read, of how many.
  ///
  /// - Throws: what reading an image, or `advanced`, throws.
  package func storedFingerprint(
    workers: Workers, advanced: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> String {
    try fingerprint(workers, advanced: advanced, of: storedBytes)
  }

  /// The number of images that are held at a time: 512, or fewer where they are large.
  package var chunkSize: Int { min(512, max(1, (1 << 25) / max(1, 3 * imageSide * imageSide))) }

  private func fingerprint(
    _ workers: Workers, hasLabels: Bool = true,
    advanced: (_ done: Int, _ total: Int) throws -> Void,
    of bytes: @Sendable (Int) throws -> [UInt8]
  ) throws -> String {
    let chunks = IndexChunks(total: count, size: chunkSize)
    return try Digest { hasher in
      for range in chunks {
        let images = try workers.map(range.count) { try bytes(range.lowerBound + $0) }
        for (index, image) in zip(range, images) {
          if hasLabels {
            withUnsafeBytes(of: UInt32(labels[index]).littleEndian) { hasher.update($0) }
          }
          hasher.update(image)
        }
        try advanced(range.upperBound, count)
      }
    }.description
  }
}
