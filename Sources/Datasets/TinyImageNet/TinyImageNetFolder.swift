import Formats
import Foundation

/// Where Tiny-ImageNet-200 lies, and which classes it has.
///
/// Read are the layout as published (`train/<wnid>/images/`, and `val/images/` with
/// `val_annotations.txt`), and those in which the validation images, too, have a folder for each
/// class: `val/images/<wnid>/`, as MixMo's users make it, or `val/<wnid>/`, with or without a folder
/// `images` in that.
struct TinyImageNetFolder {
  let root: URL
  /// The classes' WordNet identifiers in sorted order.
  let classes: [String]

  /// The folders that it may be in, relative to the data folder: the first that has a part.
  static let homes = [
    "tinyimagenet200-data", "tinyimagenet200-data/tiny-imagenet-200", "tiny-imagenet-200", "",
  ]
  static let parts = ["train", "val"]
  private static let name = DatasetKind.tinyimagenet200.rawValue
  private static let imageSide = DatasetKind.tinyimagenet200.imageSide

  /// Finds the data set below the folder `data`.
  ///
  /// - Throws: `DatasetError.notFound` with the folders tried, or what is wrong with `wnids.txt`.
  init(in data: URL) throws {
    let places = Self.homes.map { $0.isEmpty ? data : data.appendingPathComponent($0) }
    let found = places.first { place in
      Self.parts.contains { folder in
        FileManager.default.fileExists(atPath: place.appendingPathComponent(folder).path)
      }
    }
    guard let found else { throw DatasetError.notFound(dataset: Self.name, places: places) }
    root = found
    classes = try Self.classes(in: found)
  }

  /// The images of one part, class after class and by name within a class.
  ///
  /// - Throws: `DatasetError` naming the folder and what is missing, or `FileError`.
  func images(_ split: DatasetSplit) throws -> ImageFolder {
    if split == .train { return try imageFolder(root.appendingPathComponent("train")) }
    let validation = root.appendingPathComponent("val")
    let images = validation.appendingPathComponent("images")
    let annotations = validation.appendingPathComponent("val_annotations.txt")
    for place in [images, validation] where FileManager.default.fileExists(atPath: place.path) {
      let names = try FolderListing.names(in: place)
      guard names.contains(where: Set(classes).contains) else { continue }
      if let loose = names.first(where: ClassFolders.isImage) {
        throw DatasetError.mixedLayout(place, file: loose)
      }
      return try imageFolder(place)
    }
    let annotated = try ValidationAnnotations(contentsOf: annotations, classes: classes)
    return ImageFolder(
      name: Self.name, imageSide: Self.imageSide, root: images,
      classes: try annotated.classes(ofImagesIn: images))
  }

  private func imageFolder(_ place: URL) throws -> ImageFolder {
    let listing = try ClassFolders.list(classes, in: place)
    let unknown = listing.otherFolders.filter { $0 != "images" }
    guard unknown.isEmpty else { throw DatasetError.unknownClasses(place, unknown) }
    return ImageFolder(
      name: Self.name, imageSide: Self.imageSide, root: place, classes: listing.classes)
  }

  /// The lines of `wnids.txt`, or the published identifiers where there is none.
  static func classes(in root: URL) throws -> [String] {
    let url = root.appendingPathComponent("wnids.txt")
    guard FileManager.default.fileExists(atPath: url.path) else {
      return TinyImageNetClasses.published
    }
    let text = String(decoding: try FileContents.read(url, limit: 1 << 16), as: UTF8.self)
    let names = Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
    let published = TinyImageNetClasses.published
    guard names.count == published.count else {
      let missing = published.filter { !names.contains($0) }
      throw DatasetError.missingClasses(url, found: names.count, missing: missing)
    }
    if let strange = names.first(where: { $0.contains("/") || $0 == ".." }) {
      throw DatasetError.malformed(
        url, place: nil, expected: "WordNet identifiers", found: "\"\(strange)\"")
    }
    return names.sorted()
  }
}
