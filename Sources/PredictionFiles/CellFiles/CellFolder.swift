import Datasets
import Formats
import Foundation
import Runs
import Scoring

/// A file of predictions in a folder of cells.
struct CellFile: Equatable {
  let url: URL
  let name: CellFileName
}

/// A folder with the predictions of one model: a file for each cell, or for five severities.
package struct CellFolder {
  package let url: URL
  /// The files of predictions, by name.
  let files: [CellFile]
  /// Where the predictions of each cell are.
  let places: [Cell: (file: CellFile, block: Int)]
  /// The names of files and folders that are no predictions.
  let leftOut: [String]
  /// The cells whose file holds rounded copies of what stands beside it, as in a run folder.
  let copied: [Cell]

  /// Lists the folder at `url`; hidden files are passed over.
  ///
  /// - Parameters:
  ///   - url: The folder.
  ///   - others: Files of labels and of other predictions, which may be in the folder too.
  ///   - reader: How files are read.
  /// - Throws: `CellFileError`, or `FileError` where the folder cannot be read.
  init(_ url: URL, besides others: Set<URL>, _ reader: PredictionReader) throws {
    self.url = url
    let entries = try Self.entries(of: url)
    var (files, leftOut): ([CellFile], [String]) = ([], [])
    for entry in entries {
      guard !entry.isFolder else {
        leftOut.append(entry.name + "/")
        continue
      }
      let place = url.appendingPathComponent(entry.name)
      switch CellFileName.meaning(of: entry.name) {
      case .noPredictions: leftOut.append(entry.name)
      case .noSeverity(let number): throw CellFileError.noSeverity(place, found: number)
      case .predictions(let name):
        let file = CellFile(url: place, name: name)
        if try file.isNamedAsPublished
          || !others.contains(place.resolvingSymlinksInPath()) && file.holdsPredictions(reader)
        {
          files.append(file)
        } else {
          leftOut.append(entry.name)
        }
      }
    }
    let copies = Set(files.compactMap(\.copyName))
    let isCopy = { (file: CellFile) in copies.contains(file.url.lastPathComponent) }
    copied = files.filter(isCopy).flatMap(\.name.cells)
    self.files = files.filter { !isCopy($0) }
    self.leftOut = leftOut
    places = try Self.places(of: self.files)
    guard places[.clean] != nil else { throw Self.noClean(url, self.files, entries) }
  }

  private static func entries(of url: URL) throws -> [FolderListing.Entry] {
    var status = stat()
    if stat(url.path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR {
      throw CellFileError.notAFolder(url)
    }
    let names = try FolderListing.names(in: url)
    let entries = try FolderListing.entries(of: url)
    let there = Set(entries.map(\.name))
    // A link whose target is missing.
    if let lost = names.first(where: { !there.contains($0) && !$0.hasPrefix(".") }) {
      throw FileError.unreadable(url.appendingPathComponent(lost), ENOENT)
    }
    return entries.filter { !$0.name.hasPrefix(".") }
  }

  private static func places(
    of files: [CellFile]
  ) throws -> [Cell: (file: CellFile, block: Int)] {
    var places: [Cell: (file: CellFile, block: Int)] = [:]
    for file in files {
      for (block, cell) in file.name.cells.enumerated() {
        if let other = places[cell]?.file {
          throw CellFileError.sameCell(cell, other.url, file.url)
        }
        places[cell] = (file, block)
      }
    }
    return places
  }

  /// What is wrong with a folder without the clean images; a folder below it may have them, as the
  /// predictions of a run.
  private static func noClean(
    _ url: URL, _ files: [CellFile], _ entries: [FolderListing.Entry]
  ) -> CellFileError {
    let below = entries.filter(\.isFolder).map { url.appendingPathComponent($0.name) }.first {
      url in
      let names = (try? Self.entries(of: url))?.map(\.name) ?? []
      return names.contains { name in
        guard case .predictions(let name) = CellFileName.meaning(of: name) else { return false }
        return name.content == .cell(.clean)
      }
    }
    return .noClean(url, found: files.map(\.url.lastPathComponent), below: below)
  }
}

extension CellFile {
  /// The name of the file that holds these predictions as logits in a run folder; nil for another file.
  fileprivate var copyName: String? {
    name.givenAs.map {
      url.lastPathComponent.replacing(".\(PredictionStore.form($0)).", with: ".")
    }
  }

  /// Whether the name has a severity, or is that of the clean images or of a published corruption.
  fileprivate var isNamedAsPublished: Bool {
    guard case .severities(let corruption) = name.content else { return true }
    return CorruptionNames.isPublished(corruption)
  }

  /// Whether a file of another name can hold predictions: one number for each row is none, nor is a text
  /// that is no table.
  ///
  /// - Throws: `CellFileError.unreadable`.
  fileprivate func holdsPredictions(_ reader: PredictionReader) throws -> Bool {
    do {
      let shape = try GivenFile(url, of: .classes, reader).shape
      let isOneOutput = shape.count < 2 || shape.count == 2 && shape[1] == 1
      return !isOneOutput || reader.isBinary && shape.first ?? 0 > 1
    } catch {
      guard GivenFile.arrayExtensions.contains(url.pathExtension.lowercased()) else { return false }
      throw CellFileError.unreadable(url, problem: "\(error)")
    }
  }
}

/// The folders of an ensemble's members, each with the same cells; or one folder.
package struct CellFolders {
  package let folders: [CellFolder]
  /// The cells, in the order of tables.
  package let cells: [Cell]
  /// What a user should know of the files.
  package let notes: [String]

  /// Lists the folders at `urls`, at least one.
  ///
  /// - Parameters:
  ///   - urls: A folder for each member.
  ///   - others: Files of labels and of other predictions, which may be in the folders too.
  ///   - kinds: The corruptions of the suite.
  ///   - reader: How files are read.
  /// - Throws: `CellFileError`, or `FileError` where a folder cannot be read.
  package init(
    _ urls: [URL], besides others: [URL] = [], kinds: [CorruptionKind], _ reader: PredictionReader
  ) throws {
    precondition(!urls.isEmpty, "no folder of predictions")
    let others = Set(others.map { $0.resolvingSymlinksInPath() })
    folders = try urls.map { try CellFolder($0, besides: others, reader) }
    let all = folders.reduce(into: Set<Cell>()) { $0.formUnion($1.places.keys) }
    let sorted = all.sorted(by: kinds)
    cells = sorted
    let missing = folders.compactMap { folder -> (URL, [Cell])? in
      let cells = sorted.filter { folder.places[$0] == nil }
      return cells.isEmpty ? nil : (folder.url, cells)
    }
    guard missing.isEmpty else {
      throw CellFileError.missingCells(Dictionary(missing) { first, _ in first })
    }
    notes = folders.flatMap(\.notes) + [Self.note(onUnknown: sorted, kinds)].compactMap(\.self)
  }

  /// The files that hold the predictions of a cell, one for each member, and which of the five severities
  /// in it they are.
  func places(of cell: Cell) -> [(file: CellFile, block: Int)] {
    folders.compactMap { $0.places[cell] }
  }

  /// The files of the clean images, one for each member.
  package var cleanFiles: [URL] { places(of: .clean).map(\.file.url) }

  /// That corruptions are not those of the suite.
  private static func note(onUnknown cells: [Cell], _ kinds: [CorruptionKind]) -> String? {
    let known = Set(kinds.map(\.name) + [Cell.clean.corruption])
    var names: [String] = []
    for cell in cells where !known.contains(Cell.publishedName(of: cell.corruption)) {
      if names.last != cell.corruption { names.append(cell.corruption) }
    }
    guard !names.isEmpty else { return nil }
    return "not in the suite, scored as corruptions of the family other: "
      + MisnamedCorruptions.hinted(names).listed()
  }
}

extension CellFolder {
  fileprivate var notes: [String] {
    var notes: [String] = []
    if !leftOut.isEmpty {
      notes.append("\(url.path): left out, as they are no predictions: \(leftOut.listed())")
    }
    if !copied.isEmpty {
      notes.append(
        "\(url.path): read from what was given, which stands beside their logits: "
          + copied.map(\.name).listed())
    }
    return notes
  }
}

extension Set<Cell> {
  fileprivate func sorted(by kinds: [CorruptionKind]) -> [Cell] { Array(self).sorted(by: kinds) }
}
