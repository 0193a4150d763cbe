import Formats
import Foundation
import Images
import Scoring

/// Corrupted images in files of their own, the form of Tiny-ImageNet-C:
/// `<corruption>/<severity>/<class>/` holds the images of a class.
///
/// A class has as many images as in the clean test set, but not in the same order. The name of a
/// substitute's folder has the mark of a substitute.
struct FolderBenchmark: CorruptionBenchmark {
  let cells: [Cell]
  let notes: [String]
  private let clean: any Dataset
  private let classes: [String]
  private let folder: URL

  /// Opens the first of `folders` that exists.
  ///
  /// - Parameters:
  ///   - clean: The clean test images.
  ///   - classes: The names of the classes' folders.
  ///   - name: The name of the corrupted images, for messages.
  ///   - folders: The folders that the images may be in.
  ///   - names: The names of the corruptions to read, in order.
  ///   - isPartial: Whether corruptions and severities without a folder are left out; otherwise
  ///     they are errors.
  /// - Throws: `DatasetError` or `FileError` naming the folder.
  init(
    of clean: any Dataset, classes: [String], name: String, in folders: [URL], names: [String],
    isPartial: Bool
  ) throws {
    let found = folders.first { FileManager.default.fileExists(atPath: $0.path) }
    guard let folder = found else { throw DatasetError.absence(of: name, in: folders) }
    self.folder = folder
    self.clean = clean
    self.classes = classes
    let present = try FolderListing.names(in: folder)
    cells = try names.flatMap { name -> [Cell] in
      let stored = CorruptionNames.stored(name, in: present)
      guard let corruption = isPartial ? stored : stored ?? name else { return [] }
      let all = (1...5).map { Cell(corruption: corruption, severity: $0) }
      guard isPartial else { return all }
      let numbers = try FolderListing.names(in: folder.appendingPathComponent(corruption))
      return all.filter { numbers.contains(String($0.severity)) }
    }
    if isPartial, !present.contains(where: CorruptionNames.isPublished) {
      let found = try FolderListing.entries(of: folder).filter(\.isFolder).map(\.name)
      guard found.isEmpty || !cells.isEmpty else {
        throw DatasetError.misnamed(
          dataset: name, folder, expected: "folders named after corruptions, such as fog",
          found: MisnamedCorruptions.hinted(found), advice: MisnamedCorruptions.advice)
      }
    }
    let others = isPartial ? Self.otherNames(in: folder).filter { !names.contains($0) } : []
    notes = [CorruptionNames.note(onOthers: others, in: folder)].compactMap { $0 }
  }

  /// The names of the folder's corruptions that are in no published list.
  static func otherNames(in folder: URL) -> [String] {
    let names = ((try? FolderListing.entries(of: folder)) ?? []).filter(\.isFolder).map(\.name)
    return names.filter(CorruptionNames.canBeOther).filter { name in
      (1...5).contains { severity in
        FileManager.default.fileExists(
          atPath: folder.appendingPathComponent("\(name)/\(severity)").path)
      }
    }
  }

  var isGenerated: Bool { false }

  func images(of cell: Cell) throws -> any CorruptedDataset {
    let root = folder.appendingPathComponent(cell.corruption)
      .appendingPathComponent(String(cell.severity))
    return try FolderImages(root, clean: clean, classes: classes)
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
    cell = Cell(
      corruption: root.deletingLastPathComponent().lastPathComponent,
      severity: Int(root.lastPathComponent) ?? 0)
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

/// Writes corrupted images in the form that `FolderBenchmark` reads.
struct FolderBenchmarkWriter: BenchmarkWriter {
  private let source: BenchmarkSource
  private let isLossy: Bool
  private let folder: URL

  /// The quality of the published files.
  private static let jpegQuality = 85

  /// A writer of JPEG files if it is lossy, else of PNG files.
  ///
  /// - Throws: `DatasetError.sameImageName` if two images of a class have the same name.
  init(_ source: BenchmarkSource, isLossy: Bool, folder: URL) throws {
    self.source = source
    self.isLossy = isLossy
    self.folder = folder
    let clean = source.clean
    var names = clean.classNames.map { _ in Set<String>() }
    for (index, label) in clean.labels.enumerated() {
      let name = clean.imageName(at: index)
      guard names[label].insert(name).inserted else {
        throw DatasetError.sameImageName(
          dataset: clean.name, class: clean.classNames[label], name: name)
      }
    }
  }

  var cells: [Cell] { source.cells }

  func missingImageCount(of corruption: String) -> Int {
    missingCells(of: corruption).count * source.clean.count
  }

  func write(
    _ corruption: String, report: (_ cell: Cell, _ imageCount: Int) throws -> Void
  ) throws {
    for (index, cell) in missingCells(of: corruption).enumerated() {
      try AtomicFile.makeFolder(url(cell)) { beside in
        try fill(beside, cell) { done in
          try report(cell, index * source.clean.count + done)
        }
      }
    }
  }

  private func fill(
    _ folder: URL, _ cell: Cell, report: (_ done: Int) throws -> Void
  ) throws {
    let clean = source.clean
    let labels = clean.labels
    let classes = clean.classNames.map { folder.appendingPathComponent($0) }
    for url in classes { try FolderCreation.create(url) }
    try source.forEachChunk(of: cell) { index, image in
      let name = clean.imageName(at: index) + (isLossy ? ".JPEG" : ".png")
      let url = classes[labels[index]].appendingPathComponent(name)
      let bytes =
        isLossy
        ? try image.jpeg(quality: Self.jpegQuality, file: url.path) : try image.png(file: url.path)
      try AtomicFile.writeNew(bytes, to: url)
    } receive: { _, done in
      try report(done)
    }
  }

  private func url(_ cell: Cell) -> URL {
    folder.appendingPathComponent(cell.corruption).appendingPathComponent("\(cell.severity)")
  }

  private func missingCells(of corruption: String) -> [Cell] {
    cells(of: corruption).filter { !FileManager.default.fileExists(atPath: url($0).path) }
  }
}
