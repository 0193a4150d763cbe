import Formats
import Foundation
import Images
import Scoring

/// Writes corrupted images in the form that `FolderBenchmark` reads.
struct FolderBenchmarkWriter: BenchmarkWriter {
  private let source: BenchmarkSource
  private let isLossy: Bool
  private let folder: URL
  /// The path of each image's file below the folder of its cell.
  private let paths: [String]
  /// The folders of these files below the folder of their cell.
  private let folders: Set<String>

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
    paths = (0..<clean.count).map { clean.imagePath(at: $0) + (isLossy ? ".JPEG" : ".png") }
    folders = Set(paths.map { String($0[..<($0.lastIndex(of: "/") ?? $0.startIndex)]) })
    var known = Set<String>()
    if let index = paths.indices.first(where: { !known.insert(paths[$0]).inserted }) {
      throw DatasetError.sameImageName(
        dataset: clean.name, class: clean.classNames[clean.labels[index]],
        name: clean.imageName(at: index))
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
    let files = paths.map { folder.file($0) }
    for path in folders { try FolderCreation.create(folder.subfolder(path)) }
    try source.forEachChunk(of: cell) { index, image in
      let url = files[index]
      let bytes =
        isLossy
        ? try image.jpeg(quality: Self.jpegQuality, optimizesTables: true, file: url.path)
        : try image.png(file: url.path)
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
