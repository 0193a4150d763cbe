import Foundation
import Images

/// Tiny-ImageNet-C as published: `<corruption>/<severity>/<wnid>/` with the images of a class.
///
/// The images of a class are not those of the clean test set in the same order; there are as many.
/// The folder of a substitute has its mark in its name.
package struct TinyImageNetCBenchmark: CorruptionBenchmark {
  package let corruptions: [CorruptionSeries]
  private let clean: any Dataset
  private let classes: [String]
  private let folder: URL

  static let homes = ["Tiny-ImageNet-C", "tinyimagenet200-data/Tiny-ImageNet-C"]

  /// Finds the folder below `data`, where the clean data set must be as well.
  ///
  /// Read are the corruptions `names`, in that order; those without a folder are left out if the
  /// benchmark may be partial, else they are errors.
  ///
  /// - Throws: `DatasetError` or `FileError` naming the folder.
  package init(clean: any Dataset, in data: URL, names: [String], isPartial: Bool) throws {
    classes = try TinyImageNetFolder(in: data).classes
    let places = Self.homes.map { data.appendingPathComponent($0) }
    let found = places.first { FileManager.default.fileExists(atPath: $0.path) }
    guard let folder = found else {
      throw DatasetError.notFound(dataset: "Tiny-ImageNet-C", places: places)
    }
    self.folder = folder
    self.clean = clean
    let present = try FolderListing.names(in: folder)
    corruptions = try names.compactMap { name in
      let stored = CorruptedFiles.storedName(of: name, in: present)
      guard isPartial else {
        return CorruptionSeries(name: stored ?? name, severities: Array(1...5))
      }
      guard let stored else { return nil }
      let numbers = try FolderListing.names(in: folder.appendingPathComponent(stored))
      let severities = (1...5).filter { numbers.contains(String($0)) }
      return severities.isEmpty ? nil : CorruptionSeries(name: stored, severities: severities)
    }
  }

  package var isGenerated: Bool { false }

  package func images(under corruption: String, severity: Int) throws -> any CorruptedDataset {
    let root = folder.appendingPathComponent(corruption).appendingPathComponent(String(severity))
    return try TinyImageNetCImages(root, corruption: corruption, clean: clean, classes: classes)
  }
}

/// The images below one folder `<corruption>/<severity>`.
private struct TinyImageNetCImages: CorruptedDataset {
  let corruption: String
  let severity: Int
  let notes: [String]
  private let images: ImageFolder

  init(_ root: URL, corruption: String, clean: any Dataset, classes: [String]) throws {
    let listing = try ClassFolders.list(classes, in: root)
    let counts = Dictionary(clean.labels.map { ($0, 1) }, uniquingKeysWith: +)
    for (index, found) in listing.classes.enumerated() where found.files.count != counts[index] {
      throw DatasetError.wrongClassCount(
        root.appendingPathComponent(found.name), expected: counts[index] ?? 0,
        found: found.files.count)
    }
    images = ImageFolder(
      name: clean.name, imageSide: clean.imageSide, root: root, classes: listing.classes)
    guard images.labels == clean.labels else {
      throw DatasetError.malformed(
        root, place: nil, expected: "the classes in the order of the clean test set",
        found: "another order")
    }
    self.corruption = corruption
    severity = Int(root.lastPathComponent) ?? 0
    notes =
      listing.otherFolders.isEmpty
      ? [] : ["\(root.path): left out: \(listing.otherFolders.joined(separator: ", "))"]
  }

  var name: String { images.name }
  var classCount: Int { images.classCount }
  var imageSide: Int { images.imageSide }
  var labels: [Int] { images.labels }
  func image(at index: Int) throws -> Image { try images.image(at: index) }
  func storedBytes(at index: Int) throws -> [UInt8] { try images.storedBytes(at: index) }
}
