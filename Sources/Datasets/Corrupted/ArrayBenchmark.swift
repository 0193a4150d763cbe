import Formats
import Foundation
import Images
import Loading
import Scoring

/// Corrupted images in arrays, the form of CIFAR-10-C and CIFAR-100-C.
///
/// For each corruption there is a file `<name>.npy` of bytes [5·N, H, W, 3]: the N test images at
/// severity 1, then at 2, and so on; `labels.npy` holds the N labels five times, and may be missing.
/// The name of a substitute's file has the mark of a substitute. A file is mapped into memory while
/// its images are used.
struct ArrayBenchmark: CorruptionBenchmark {
  let cells: [Cell]
  let notes: [String]
  private let clean: any Dataset
  private let folder: URL

  static let severityCount = 5
  static let labelsName = "labels.npy"
  private static let suffix = ".npy"

  /// The files of all corruptions, and the labels.
  static let fileNames =
    (CorruptionNames.benchmark + CorruptionNames.extra).map { $0 + suffix } + [labelsName]

  /// Opens the first of `folders` that has labels, and checks them against those of the clean test
  /// set; else the first that has a corruption, whose labels are then those of the clean test set.
  ///
  /// - Parameters:
  ///   - clean: The clean test images.
  ///   - name: The name of the corrupted images, for messages.
  ///   - folders: The folders that the files may be in.
  ///   - names: The names of the corruptions to read, in order.
  ///   - isPartial: Whether corruptions without a file are left out; otherwise they are errors.
  /// - Throws: `DatasetError`, `NumPyError` or `FileError` naming the file.
  init(
    of clean: any Dataset, name: String, in folders: [URL], names: [String], isPartial: Bool
  ) throws {
    guard let (folder, present) = Self.find(names, in: folders) else {
      throw Self.misnaming(of: name, in: folders) ?? DatasetError.absence(of: name, in: folders)
    }
    self.folder = folder
    self.clean = clean
    var notes: [String] = []
    if present.contains(Self.labelsName) {
      try Self.check(folder.appendingPathComponent(Self.labelsName), against: clean.labels)
    } else {
      notes.append(
        "\(folder.path): no \(Self.labelsName); the labels are those of the clean test images, "
          + "\(Self.severityCount) times")
    }
    cells = names.flatMap { name -> [Cell] in
      let stored = CorruptionNames.stored(name, in: present, suffix: Self.suffix)
      guard let corruption = isPartial ? stored : stored ?? name else { return [] }
      return (1...Self.severityCount).map { Cell(corruption: corruption, severity: $0) }
    }
    if isPartial {
      if cells.isEmpty, let error = Self.misnaming(of: name, in: [folder]) { throw error }
      let others = Self.otherNames(among: present).filter { !names.contains($0) }.filter {
        Self.array(folder.appendingPathComponent($0 + Self.suffix), has: Self.shape(of: clean))
      }
      notes += [CorruptionNames.note(onOthers: others, in: folder)].compactMap { $0 }
    }
    self.notes = notes
  }

  /// The folder to read, and the names of its files.
  private static func find(_ names: [String], in folders: [URL]) -> (URL, [String])? {
    let known = Set(
      (names + CorruptionNames.benchmark + CorruptionNames.extra).flatMap {
        [$0 + suffix, Cell.substitute(for: $0) + suffix]
      })
    let listings = folders.map { ($0, (try? FolderListing.names(in: $0)) ?? []) }
    return listings.first { $0.1.contains(labelsName) }
      ?? listings.first { !known.isDisjoint(with: $0.1) }
  }

  /// That the first of the folders which has arrays has them under other names than those that are
  /// read; nil where none has.
  ///
  /// The last of several folders is the data folder, which has other data as well.
  static func misnaming(of name: String, in folders: [URL]) -> DatasetError? {
    for folder in folders {
      let isData = folders.count > 1 && folder == folders.last
      let found = MisnamedCorruptions.arrays(in: folder, isOfOthers: isData)
      guard !found.isEmpty else { continue }
      return .misnamed(
        dataset: name, folder, expected: "arrays named after corruptions, such as fog\(suffix)",
        found: MisnamedCorruptions.hinted(found, suffix: suffix),
        advice: MisnamedCorruptions.advice)
    }
    return nil
  }

  /// The names of corruptions that are in no published list, among those of files.
  static func otherNames(among files: [String]) -> [String] {
    files.filter { $0.hasSuffix(suffix) && $0 != labelsName }.map {
      String($0.dropLast(suffix.count))
    }
    .filter(CorruptionNames.canBeOther)
  }

  private static func array(_ url: URL, has shape: [Int]) -> Bool {
    (try? NumPyArray(contentsOf: url))?.shape == shape
  }

  /// The shape of an array: [5·N, H, W, 3].
  fileprivate static func shape(of clean: any Dataset) -> [Int] {
    [severityCount * clean.count, clean.imageSide, clean.imageSide, 3]
  }

  var isGenerated: Bool { false }

  func images(of cell: Cell) throws -> any CorruptedDataset {
    try ArrayImages(
      folder.appendingPathComponent("\(cell.corruption).npy"), of: cell, clean: clean)
  }

  private static func check(_ url: URL, against clean: [Int]) throws {
    let array = try NumPyArray(contentsOf: url)
    let count = severityCount * clean.count
    let labels = try array.classIndices(rowCount: count).values
    guard labels.count == count else {
      throw DatasetError.malformed(
        url, at: nil, expected: "shape \([count]), five times the \(clean.count) test images",
        found: "shape \(array.shape)")
    }
    for (row, label) in labels.enumerated()
    where label != clean[row % clean.count] {
      throw DatasetError.otherLabel(
        url, row: row, expected: clean[row % clean.count], found: label)
    }
  }
}

/// The rows of a file at one severity.
private struct ArrayImages: CorruptedDataset {
  let name: String
  let classCount: Int
  let labels: [Int]
  let imageSide: Int
  private let array: NumPyArray  // [5·N, H, W, 3]
  private let firstRow: Int
  private let corruption: String

  init(_ url: URL, of cell: Cell, clean: any Dataset) throws {
    array = try NumPyArray(contentsOf: url)
    let shape = ArrayBenchmark.shape(of: clean)
    guard array.shape == shape, array.elementType == .uint8 else {
      throw DatasetError.malformed(
        url, at: nil, expected: "bytes of shape \(shape)",
        found: "\(array.elementType.rawValue) of shape \(array.shape)")
    }
    corruption = cell.corruption
    name = clean.name
    classCount = clean.classCount
    labels = clean.labels
    imageSide = clean.imageSide
    firstRow = (cell.severity - 1) * clean.count
  }

  var cell: Cell { Cell(corruption: corruption, severity: firstRow / labels.count + 1) }

  func image(at index: Int) throws -> Image {
    let row = firstRow + index
    return Image(
      height: imageSide, width: imageSide, pixels: try array.bytes(ofRows: row..<row + 1))
  }
}

/// Writes corrupted images in the form that `ArrayBenchmark` reads.
struct ArrayBenchmarkWriter: BenchmarkWriter {
  private let source: BenchmarkSource
  private let folder: URL

  /// - Throws: `DatasetError` unless all corruptions have five severities and labels fit in a byte.
  init(_ source: BenchmarkSource, folder: URL) throws {
    self.source = source
    self.folder = folder
    for corruption in corruptions {
      let severities = cells(of: corruption).map(\.severity)
      guard severities.count == ArrayBenchmark.severityCount else {
        throw DatasetError.severitiesOfArray(url(corruption), found: severities)
      }
    }
    let clean = source.clean
    guard clean.classCount <= 256 else {
      throw DatasetError.tooManyClasses(dataset: clean.name, expected: 256, found: clean.classCount)
    }
  }

  var cells: [Cell] { source.cells }

  func missingImageCount(of corruption: String) -> Int {
    isThere(corruption) ? 0 : cells(of: corruption).count * source.clean.count
  }

  func write(
    _ corruption: String, report: (_ cell: Cell, _ imageCount: Int) throws -> Void
  ) throws {
    guard !isThere(corruption) else { return }
    try FolderCreation.create(folder)
    try writeLabels()
    let clean = source.clean
    let cells = cells(of: corruption)
    let shape = [cells.count * clean.count, clean.imageSide, clean.imageSide, 3]
    try NumPyArray.write(UInt8.self, shape: shape, to: url(corruption)) { rows in
      for (index, cell) in cells.enumerated() {
        try source.forEachChunk(of: cell) { _, image in
          image.pixels
        } receive: { images, done in
          for pixels in images { try rows.append(pixels) }
          try report(cell, index * clean.count + done)
        }
      }
    }
  }

  private func writeLabels() throws {
    guard !isThere("labels") else { return }
    let once = source.clean.labels.map(UInt8.init)
    let labels = (0..<ArrayBenchmark.severityCount).flatMap { _ in once }
    try NumPyArray.write(labels, shape: [labels.count], to: url("labels"))
  }

  private func url(_ name: String) -> URL { folder.appendingPathComponent("\(name).npy") }

  private func isThere(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: url(name).path)
  }
}
