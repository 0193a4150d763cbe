import Images

/// Labeled square images, read when asked for.
package protocol Dataset: Sendable {
  /// The name in messages and results, such as `cifar10`.
  var name: String { get }
  /// The number of classes K.
  var classCount: Int { get }
  /// The height and width of each image.
  var imageSide: Int { get }
  /// The class of each image, in 0..<K.
  var labels: [Int] { get }

  /// One image of `imageSide × imageSide` pixels.
  func image(at index: Int) throws -> Image

  /// The bytes that an image is made of, as they are stored; its pixels by default.
  func storedBytes(at index: Int) throws -> [UInt8]

  /// The names of the K classes' folders where images are files, sorted; the indices by default.
  var classNames: [String] { get }

  /// The name of an image's file without its extension, where images are files; its place by default.
  func imageName(at index: Int) -> String
}

extension Dataset {
  /// The number of images.
  package var count: Int { labels.count }

  package func storedBytes(at index: Int) throws -> [UInt8] { try image(at: index).pixels }

  package var classNames: [String] {
    (0..<classCount).map { Self.padded($0, below: classCount) }
  }

  package func imageName(at index: Int) -> String { Self.padded(index, below: count) }

  /// The number with zeros before it, so that names sort as numbers do.
  private static func padded(_ number: Int, below limit: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: String(limit - 1).count - digits.count) + digits
  }

  /// The image at `index`.
  ///
  /// - Throws: `DatasetError.wrongImageSize`, or what reading the image throws.
  func checkedImage(at index: Int) throws -> Image {
    let image = try image(at: index)
    guard image.height == imageSide, image.width == imageSide else {
      throw DatasetError.wrongImageSize(
        dataset: name, index: index, expected: imageSide, height: image.height, width: image.width)
    }
    return image
  }
}

/// Which of a data set's two parts.
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
