import Formats
import Foundation
import Images
import Loading
import Scoring

/// Corrupted images in files of their own, the form of Tiny-ImageNet-C:
/// `<corruption>/<severity>/<class>/` holds the images of a class.
///
/// Folders of corruptions may be in those of ImageNet-C's groups; see `CorruptionFolders`. The name of a
/// substitute's folder has the mark of a substitute.
struct FolderBenchmark: CorruptionBenchmark {
  let cells: [Cell]
  let notes: [String]
  private let clean: any Dataset
  private let matching: Matching
  private let folders: CorruptionFolders

  /// How the images of a cell correspond to the clean ones.
  enum Matching: Sendable {
    /// By the number of each class's images, which are not in the same order, as in Tiny-ImageNet-C;
    /// the names of the classes' folders.
    case classes([String])
    /// By the path of each image, but for its extension; the folder of the clean ones, for messages.
    case paths(ofImagesIn: URL)
  }

  /// Opens the first of `folders` that exists.
  ///
  /// - Parameters:
  ///   - clean: The clean test images.
  ///   - matching: How the images correspond to the clean ones.
  ///   - name: The name of the corrupted images, for messages.
  ///   - folders: The folders that the images may be in.
  ///   - names: The names of the corruptions to read, in order.
  ///   - isPartial: Whether corruptions and severities without a folder are left out; otherwise
  ///     they are errors.
  /// - Throws: `DatasetError` or `FileError` naming the folder.
  init(
    of clean: any Dataset, matching: Matching, name: String, in folders: [URL], names: [String],
    isPartial: Bool
  ) throws {
    let existing = folders.first { FileManager.default.fileExists(atPath: $0.path) }
    guard let folder = existing else { throw DatasetError.absence(of: name, in: folders) }
    let found = try CorruptionFolders(folder)
    self.folders = found
    self.clean = clean
    self.matching = matching
    cells = try names.flatMap { name -> [Cell] in
      let stored = CorruptionNames.stored(name, in: found.names)
      guard let corruption = isPartial ? stored : stored ?? name else { return [] }
      let severities = isPartial ? try found.severities(of: corruption) : Array(1...5)
      return severities.map { Cell(corruption: corruption, severity: $0) }
    }
    if isPartial, cells.isEmpty, !found.names.contains(where: CorruptionNames.isPublished),
      !found.names.isEmpty
    {
      throw DatasetError.misnamed(
        dataset: name, folder, expected: "folders named after corruptions, such as fog",
        found: MisnamedCorruptions.hinted(found.names), advice: MisnamedCorruptions.advice)
    }
    let others = isPartial ? Self.otherNames(in: folder).filter { !names.contains($0) } : []
    notes = [CorruptionNames.note(onOthers: others, in: folder)].compactMap { $0 }
  }

  /// The names of the folder's corruptions that are in no published list.
  static func otherNames(in folder: URL) -> [String] {
    guard let folders = try? CorruptionFolders(folder) else { return [] }
    return folders.names.filter(CorruptionNames.canBeOther).filter {
      ((try? folders.severities(of: $0)) ?? []).isEmpty == false
    }
  }

  var isGenerated: Bool { false }

  func images(of cell: Cell) throws -> any CorruptedDataset {
    let root = folders.folder(of: cell.corruption)
      .appendingPathComponent(String(cell.severity))
    return switch matching {
    case .classes(let classes): try FolderImages(root, clean: clean, classes: classes)
    case .paths(let originals): try CorrespondingImages(root, of: clean, in: originals)
    }
  }
}

extension Cell {
  /// The cell whose images are below a folder `<corruption>/<severity>`.
  init(ofFolder url: URL) {
    self.init(
      corruption: url.deletingLastPathComponent().lastPathComponent,
      severity: Int(url.lastPathComponent) ?? 0)
  }
}

/// The images below one folder `<corruption>/<severity>`.
private struct FolderImages: CorruptedDataset {
  let cell: Cell
  let notes: [String]
  private let images: ImageFolder

  init(_ root: URL, clean: any Dataset, classes: [String]) throws {
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
        root, at: nil, expected: "the classes in the order of the clean test set",
        found: "another order")
    }
    cell = Cell(ofFolder: root)
    notes =
      listing.otherFolders.isEmpty
      ? [] : ["\(root.path): left out: \(listing.otherFolders.listed())"]
  }

  var name: String { images.name }
  var classCount: Int { images.classCount }
  var imageSide: Int { images.imageSide }
  var labels: [Int] { images.labels }
  func image(at index: Int) throws -> Image { try images.image(at: index) }
  func storedBytes(at index: Int) throws -> [UInt8] { try images.storedBytes(at: index) }
}
