import Formats
import Foundation
import PredictionFiles
import Runs
import Scoring
import TestSupport

/// A folder with folders of predictions in it.
struct CellFolderFixture: ~Copyable {
  let folder: TemporaryFolder

  static let kinds = [
    CorruptionKind(name: "snow", family: "weather", isBenchmark: true),
    CorruptionKind(name: "fog", family: "weather", isBenchmark: true),
  ]

  init() throws { folder = try TemporaryFolder() }

  /// Writes an array, in folders that are made; its URL.
  @discardableResult
  func array(_ name: String, _ values: [some NumPyElement], _ shape: [Int]) throws -> URL {
    let url = folder.file(name)
    try FolderCreation.create(url.deletingLastPathComponent())
    try NumPyArray.write(values, shape: shape, to: url)
    return url
  }

  /// Writes so many rows over three classes, whose numbers depend on the name.
  func rows(_ name: String, _ count: Int, members: Int? = nil, classes: Int = 3) throws {
    var generator = SeededGenerator(seed: UInt64(name.utf8.reduce(7) { $0 * 31 % 9973 + Int($1) }))
    let values = (0..<count * (members ?? 1) * classes).map { _ in
      Float.random(in: -2...2, using: &generator)
    }
    try array(name, values, [count] + (members.map { [$0] } ?? []) + [classes])
  }

  /// Writes the labels 0, 1, 2, 0 … or others.
  @discardableResult
  func labels(_ labels: [Int64] = [0, 1, 2, 0], _ name: String = "y.npy") throws -> URL {
    try array(name, labels, [labels.count])
  }

  /// Writes a text, in folders that are made.
  func text(_ name: String, _ text: String) throws {
    let url = folder.file(name)
    try FolderCreation.create(url.deletingLastPathComponent())
    try AtomicFile.write(text, to: url)
  }

  /// Opens folders with the labels `y.npy`, and checks all cells.
  @discardableResult
  func open(
    _ folders: [String] = ["a"], labels: String = "y.npy",
    _ configure: (inout PredictionReader) -> Void = { _ in }
  ) throws -> CellReader {
    var reader = PredictionReader()
    configure(&reader)
    let cells = try CellFolders(
      folders.map { folder.file($0) }, besides: [folder.file(labels)], kinds: Self.kinds, reader)
    let open = try CellReader(cells, labels: folder.file(labels), reader)
    for cell in cells.cells { try open.check(cell) }
    return open
  }

  /// The message that opening folders fails with, without the path.
  func failure(_ folders: [String] = ["a"], labels: String = "y.npy") -> String {
    do {
      try open(folders, labels: labels)
      return "done"
    } catch {
      return "\(error)".replacing(folder.url.path + "/", with: "")
    }
  }
}
