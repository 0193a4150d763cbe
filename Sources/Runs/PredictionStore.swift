// N images, M subnetworks, K classes.

import Formats
import Foundation
import Predictions
import Scoring

/// The prediction files of a run: logits `[N, M, K]` of each cell in Float32, and the labels.
///
/// Where other numbers than these were given, they stand beside the logits, and are what is scored. The
/// SHA-256 of each file that is written goes into the record of the run, in the folder above, before the
/// file gets its name: a process that is killed leaves no file that the record does not know.
package struct PredictionStore: Sendable {
  package let folder: URL

  private static let suffix = ".npy"

  /// The folder of the run, which has its record.
  private let run: RunFolder
  /// What the record calls the files by, before their names: their folder below that of the predictions.
  private let prefix: String

  /// The store in the given folder, which `create(labels:)` makes.
  package init(folder: URL) {
    self.init(folder: folder, of: RunFolder(folder.deletingLastPathComponent()), prefix: "")
  }

  private init(folder: URL, of run: RunFolder, prefix: String) {
    (self.folder, self.run, self.prefix) = (folder, run, prefix)
  }

  package var labelsURL: URL { folder.appendingPathComponent("labels" + Self.suffix) }

  /// Where the predictions of other images stand, on which calibrations were fitted, as those of the clean
  /// cell.
  package var validation: PredictionStore {
    PredictionStore(
      folder: folder.appendingPathComponent("validation"), of: run, prefix: "validation/")
  }

  private static let outOfDistributionPrefix = "ood-"

  /// Where the predictions of a set of images of no class stand, as those of a clean cell, with labels of −1.
  package func outOfDistribution(_ name: String) -> PredictionStore {
    let folderName = Self.outOfDistributionPrefix + name
    return PredictionStore(
      folder: folder.appendingPathComponent(folderName), of: run, prefix: "\(folderName)/")
  }

  /// The names of the sets of images of no class that have a folder, sorted.
  package func outOfDistributionNames() -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasPrefix(Self.outOfDistributionPrefix) && !$0.hasSuffix(Self.suffix) }
      .map { String($0.dropFirst(Self.outOfDistributionPrefix.count)) }
      .filter(OutOfDistributionName.isValid).sorted()
  }

  /// Where the predictions of other images than those of cells stand.
  var others: [PredictionStore] { [validation] + outOfDistributionNames().map(outOfDistribution) }

  package func url(of cell: Cell) -> URL {
    folder.appendingPathComponent(cell.name + Self.suffix)
  }

  /// Where numbers that were given stand: probabilities, or logits in Float64.
  private func url(of cell: Cell, givenAs numbers: PredictionNumbers) -> URL {
    folder.appendingPathComponent("\(cell.name).\(Self.form(numbers))\(Self.suffix)")
  }

  /// What such a file has in its name behind that of the cell, as in `clean-0.probabilities.npy`.
  package static func form(_ numbers: PredictionNumbers) -> String {
    numbers == .probabilities ? "probabilities" : "float64"
  }

  package func contains(_ cell: Cell) -> Bool {
    FileManager.default.fileExists(atPath: url(of: cell).path)
  }

  /// The cells that are stored: the clean one first, then by corruption and severity.
  package func cells() -> [Cell] {
    let cells = files().compactMap { Cell(name: $0.deletingPathExtension().lastPathComponent) }
      .sorted { ($0.corruption, $0.severity) < ($1.corruption, $1.severity) }
    return cells.filter(\.isClean) + cells.filter { !$0.isClean }
  }

  /// The arrays in the folder, of cells or not.
  func files() -> [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(Self.suffix) }.map(folder.appendingPathComponent)
  }

  /// The names of the files that are predictions, labels first, then by cell, then those of a validation
  /// set and of images of no class; other files count not.
  func names() -> [String] {
    let forms = PredictionNumbers.allCases.map { ".\(Self.form($0))" }
    let names = files().map(\.lastPathComponent)
    let ofCells = names.compactMap { name -> (cell: Cell, name: String)? in
      var stem = name.dropLast(Self.suffix.count)
      if let form = forms.first(where: stem.hasSuffix) { stem = stem.dropLast(form.count) }
      return Cell(name: String(stem)).map { ($0, name) }
    }
    let sorted = ofCells.sorted {
      ($0.cell.isClean ? 0 : 1, $0.cell.corruption, $0.cell.severity, $0.name)
        < ($1.cell.isClean ? 0 : 1, $1.cell.corruption, $1.cell.severity, $1.name)
    }
    let ofImages = [labelsURL, softLabelsURL].map(\.lastPathComponent).filter(names.contains)
    let own = ofImages + sorted.map(\.name)
    return own.map { prefix + $0 } + (prefix.isEmpty ? others.flatMap { $0.names() } : [])
  }

  // MARK: Writing

  /// Makes the folder and stores the labels; a file that holds the same stays as it is.
  ///
  /// - Throws: `FileError`, or `RunsError` where the run's record cannot be read.
  package func create(labels: [Int]) throws {
    try FolderCreation.create(folder)
    if let stored = try? self.labels(), stored == labels { return try record(labelsURL) }
    try NumPyArray.write(
      Int64.self, shape: [labels.count], to: labelsURL,
      whole: { try record($0, of: labelsURL) }
    ) { try $0.append(labels.map(Int64.init)) }
  }

  /// Stores the predictions of a cell as they come, batch by batch: as logits in Float32, and as they
  /// were given where these are other numbers.
  ///
  /// - Parameters:
  ///   - cell: The cell.
  ///   - rowCount: The rows of all batches.
  ///   - next: The next batch, nil after the last.
  /// - Throws: `PredictionFileError` for a batch of other members, classes or type; `NumPyError` for a
  ///   wrong number of rows; `FileError`; `RunsError` where the run's record cannot be read; or what `next`
  ///   throws.
  package func store(
    _ cell: Cell, rowCount: Int, batches next: () throws -> PredictionArray?
  ) throws {
    guard let first = try next() else {
      throw RunsError.wrongShape(url(of: cell), expected: "[\(rowCount), …]", found: [0])
    }
    let shape = [rowCount, first.memberCount, first.classCount]
    func write<Number: NumPyElement>(_ type: Number.Type, to url: URL) throws {
      try NumPyArray.write(type, shape: shape, to: url, whole: { try record($0, of: url) }) {
        rows in
        var batch: PredictionArray? = first
        while let part = batch {
          try first.check(isLike: part)
          try part.withBytes { try rows.append($0.bindMemory(to: Number.self)) }
          batch = try next()
        }
      }
    }
    guard !first.isFloat32Logits else { return try write(Float.self, to: url(of: cell)) }
    let given = url(of: cell, givenAs: first.numbers)
    if first.elementType == .float64 {
      try write(Double.self, to: given)
    } else {
      try write(Float.self, to: given)
    }
    let url = url(of: cell)
    try PredictionArray(contentsOf: given, as: first.numbers).writeLogits(to: url) {
      try record($0, of: url)
    }
  }

  private func name(of url: URL) -> String { prefix + url.lastPathComponent }

  /// Puts the digest of a file into the run's record; nil where the file is removed.
  func record(_ digest: Digest?, of url: URL) throws {
    try RunRecord.update(in: run) { $0.setDigest(digest?.description, of: name(of: url)) }
  }

  /// Puts a file that is there into the run's record, unless it is in it.
  func record(_ url: URL) throws {
    guard let recorded = try RunRecord.find(in: run)?.predictions,
      recorded[name(of: url)] == nil
    else { return }
    try record(Digest(ofFiles: [url]), of: url)
  }

  /// Stores a cell's predictions as logits in Float32, and as they were given where these are other
  /// numbers, and the labels; a file of logits that holds the same stays as it is.
  ///
  /// Numbers in a mapped file go to the new one from there, without a copy in memory.
  ///
  /// - Throws: `FileError`, or `RunsError` where the run's record cannot be read.
  package func store(_ predictions: PredictionArray, of cell: Cell, labels: [Int]) throws {
    try create(labels: labels)
    for numbers in PredictionNumbers.allCases {
      let url = url(of: cell, givenAs: numbers)
      if !predictions.isFloat32Logits, numbers == predictions.numbers {
        try predictions.write(to: url) { try record($0, of: url) }
      } else if FileManager.default.fileExists(atPath: url.path) {
        try FileManager.default.removeItem(at: url)
        try record(nil, of: url)
      }
    }
    let url = url(of: cell)
    if let stored = try? PredictionArray(contentsOf: url), predictions.isStored(as: stored) {
      return try record(url)
    }
    try predictions.writeLogits(to: url) { try record($0, of: url) }
  }

  // MARK: Reading

  /// The stored labels.
  ///
  /// - Throws: `RunsError.missingPredictions`, `RunsError.wrongShape`, `NumPyError` or `FileError`.
  package func labels() throws -> [Int] {
    guard FileManager.default.fileExists(atPath: labelsURL.path) else {
      throw RunsError.missingPredictions(
        folder.deletingLastPathComponent(),
        "\(folder.lastPathComponent)/\(labelsURL.lastPathComponent)")
    }
    let array = try NumPyArray(contentsOf: labelsURL)
    guard array.shape.count == 1 else {
      throw RunsError.wrongShape(labelsURL, expected: "[images]", found: array.shape)
    }
    return try array.wholeNumbers()
  }

  /// The predictions of a cell, as they were given; they stay in their file.
  ///
  /// - Parameters:
  ///   - cell: The cell.
  ///   - labels: The class of each image.
  ///   - memberCount: The number of subnetworks that is expected; nil for any.
  ///   - classCount: The number of classes that is expected; nil for any.
  /// - Returns: The predictions with their labels.
  /// - Throws: `RunsError.wrongShape` if the file is of another shape, `PredictionFileError` if a
  ///   logit is not finite or a label is no class, `NumPyError` or `FileError`.
  package func logits(
    of cell: Cell, labels: [Int], memberCount: Int? = nil, classCount: Int? = nil
  ) throws -> LabeledLogits {
    let array = try predictions(of: cell)
    guard array.rowCount == labels.count, array.memberCount == memberCount ?? array.memberCount,
      array.classCount == classCount ?? array.classCount
    else {
      let members = memberCount.map(String.init) ?? "members"
      let classes = classCount.map(String.init) ?? "classes"
      throw RunsError.wrongShape(
        URL(fileURLWithPath: array.file),
        expected: "[\(labels.count), \(members), \(classes)]", found: array.shape)
    }
    return try array.labeled(labels, from: labelsURL)
  }

  /// The predictions of images of no class, which are as many as the labels say; labels are 0 in place of −1.
  ///
  /// - Throws: as `logits(of:labels:memberCount:classCount:)`.
  package func unlabeledLogits(memberCount: Int, classCount: Int) throws -> LabeledLogits {
    let count = try labels().count
    return try logits(
      of: .clean, labels: [Int](repeating: 0, count: count), memberCount: memberCount,
      classCount: classCount)
  }

  /// The predictions of a cell without labels, as they were given; they stay in their file.
  ///
  /// - Throws: `PredictionFileError`, `NumPyError` or `FileError`.
  package func predictions(of cell: Cell) throws -> PredictionArray {
    for numbers in PredictionNumbers.allCases {
      let url = url(of: cell, givenAs: numbers)
      guard FileManager.default.fileExists(atPath: url.path) else { continue }
      return try PredictionArray(contentsOf: url, as: numbers)
    }
    return try PredictionArray(contentsOf: url(of: cell))
  }
}
