import Formats
import Foundation
import Images
import Loading

/// Somebody's pictures: those of a folder with a folder for each class, or of a folder without such
/// folders and a file of labels.
///
/// A picture is decoded and prepared when it is read.
package struct PictureFolder: Dataset {
  package let name: String
  package internal(set) var classNames: [String]
  package let imageSide: Int
  package internal(set) var labels: [Int]
  /// The outputs of a model that are compared, where it has other classes as well; nil for all.
  package internal(set) var outputs: OutputSelection?
  /// The folder.
  package let root: URL
  /// Whether the labels alone tell how many classes there are: those up to the largest one.
  package let isClassCountGuessed: Bool
  /// The pictures that have a class, where others have the label that says that there is none, which stand
  /// with class 0; nil where all have one.
  package internal(set) var labeled: [Int]?
  /// How many pictures have none; nil where all have one.
  package let noteOnUnlabeled: String?
  /// The path of each picture below the folder.
  var files: [String]
  /// Whether the folder has a folder for each class.
  let hasClassFolders: Bool
  /// Whether the names of the classes are those of folders that copies of pictures alone can be in.
  private let namesFolders: Bool
  private let preparation: Preparation

  /// The largest number of classes.
  static let maximumClassCount = 1 << 20
  /// The largest picture that is read, in pixels: 64 megapixels.
  private static let maximumPixelCount = 1 << 26
  /// The largest file that is read, in bytes: such a picture at 16 bits a channel.
  private static let maximumFileSize = 1 << 29

  /// Lists the pictures of the folder `root`; the first is read for its size where the preparation does
  /// not tell it.
  ///
  /// - Parameters:
  ///   - root: The folder.
  ///   - labels: The file of labels where there are no folders of classes; see `PictureLabels`.
  ///   - classOrder: The classes in the order of a model's outputs, perhaps more than there are pictures
  ///     of. Without it classes are the folders in the order of their names' bytes, or the indices in the
  ///     labels.
  ///   - ignoredLabel: The index in the labels of pictures that have no class.
  ///   - preparation: What is done to each picture.
  ///   - needsLabels: Whether pictures alone without labels are an error; otherwise all are of class 0.
  /// - Throws: `PictureError`, `FileError`, `ImageError` or `FileFormError` naming the file and the place.
  package init(
    _ root: URL, labels: URL? = nil, classOrder: ClassOrder? = nil, ignoredLabel: Int? = nil,
    preparation: Preparation = Preparation(), needsLabels: Bool = true
  ) throws {
    let listing = try PictureListing(root)
    let order = try classOrder.map { try $0.names(having: listing.classNames ?? []) }
    if let folders = listing.classNames {
      guard labels == nil else {
        throw PictureError(file: root.path, problem: FolderProblem.needlessLabels)
      }
      self.labels = listing.labels(of: order ?? folders)
      classNames = order ?? folders
      (labeled, noteOnUnlabeled) = (nil, nil)
    } else {
      guard labels != nil || !needsLabels else {
        throw PictureError(file: root.path, problem: FolderProblem.noLabels)
      }
      let read = try labels.map {
        try PictureLabels($0, of: listing, classNames: order ?? [], ignoredLabel: ignoredLabel)
          .read()
      }
      (labeled, noteOnUnlabeled) = (read?.labeled, read?.note)
      self.labels = read?.labels ?? Array(repeating: 0, count: listing.files.count)
      classNames = order ?? (0...(self.labels.max() ?? 0)).map(String.init)
    }
    isClassCountGuessed = listing.classNames == nil && order == nil
    hasClassFolders = listing.classNames != nil
    namesFolders =
      labels != nil && labeled == nil && order != nil
      && (order ?? []).allSatisfy { !$0.contains("/") && !$0.hasPrefix(".") }
    name = Self.name(of: root)
    self.root = root
    files = listing.files
    self.preparation = preparation
    imageSide = try preparation.crop ?? preparation.resize ?? Self.side(of: root.file(files[0]))
  }

  /// The name of the folder, marked where it is that of a data set.
  private static func name(of root: URL) -> String {
    let name = root.standardizedFileURL.lastPathComponent
    return DatasetKind(rawValue: name) == nil ? name : "\(name)-images"
  }

  package var classCount: Int { classNames.count }

  package func imageName(at index: Int) -> String {
    PictureListing.name(PictureListing.stem(files[index]))
  }

  /// The path below the folder; of pictures alone whose classes have names, that in a folder of the class.
  package func imagePath(at index: Int) -> String {
    let path = PictureListing.stem(files[index])
    return namesFolders ? "\(classNames[labels[index]])/\(path)" : path
  }

  /// The prepared picture.
  ///
  /// - Throws: `PictureError`, `FileError`, `FileFormError` or `ImageError` naming the file.
  package func image(at index: Int) throws -> Image {
    let url = root.file(files[index])
    let picture = try Self.decode(url)
    let (height, width) = (picture.height, picture.width)
    guard let size = preparation.preparedSize(height: height, width: width) else {
      let resized = preparation.resizedSize(height: height, width: width)
      throw PictureError(
        file: url.path,
        problem: SizeProblem.smallerThanCrop(
          preparation.crop ?? 0, height: resized.height, width: resized.width))
    }
    try Self.requireSquare(size, url)
    guard size.height == imageSide, let prepared = preparation(picture) else {
      throw PictureError(
        file: url.path,
        problem: SizeProblem.otherSize(
          height: size.height, width: size.width, expected: imageSide,
          first: root.file(files[0]).path))
    }
    return prepared
  }

  package func storedBytes(at index: Int) throws -> [UInt8] {
    try FileContents.read(root.file(files[index]), limit: Self.maximumFileSize)
  }

  /// Decodes a picture of any size that is read.
  ///
  /// - Throws: `FileError`, `FileFormError` or `ImageError` naming the file.
  static func decode(_ url: URL) throws -> Image {
    try FileForm.naming(url, expecting: .image) {
      try Image(
        decoding: FileContents.read(url, limit: maximumFileSize), file: url.path,
        maximumPixelCount: maximumPixelCount)
    }
  }

  private static func side(of url: URL) throws -> Int {
    let picture = try decode(url)
    try requireSquare((picture.height, picture.width), url)
    return picture.height
  }

  private static func requireSquare(_ size: (height: Int, width: Int), _ url: URL) throws {
    guard size.height == size.width else {
      throw PictureError(
        file: url.path, problem: SizeProblem.notSquare(height: size.height, width: size.width))
    }
  }
}

extension URL {
  /// The file at `path` below this folder.
  func file(_ path: String) -> URL { appending(path: path, directoryHint: .notDirectory) }
}
