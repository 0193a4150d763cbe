import Formats
import Foundation
import PredictionFiles
import Runs
import Scoring
import TestSupport
import Testing

/// Folders with a file for each cell, however they are split and written.
struct CellFileTests {
  /// Numbers that Float16 holds, in the order [rows, members, classes].
  private struct Problem {
    let rowCount: Int
    let memberCount: Int
    let classCount: Int
    let labels: [Int]
    let cells: [Cell: [Double]]

    init(by generator: inout SeededGenerator) {
      let (rows, members, classes) = (
        Int.random(in: 2...6, using: &generator), Int.random(in: 1...3, using: &generator),
        Int.random(in: 2...5, using: &generator)
      )
      (rowCount, memberCount, classCount) = (rows, members, classes)
      labels = (0..<rows).map { _ in Int.random(in: 0..<classes, using: &generator) }
      let all = ["fog", "snow", "caustic_noise", "frost(substitute)"].flatMap { name in
        (1...5).map { Cell(corruption: name, severity: $0) }
      }
      let isWhole = Bool.random(using: &generator)
      let chosen = all.filter { _ in isWhole || Bool.random(using: &generator) }
      cells = ([.clean] + chosen).reduce(into: [:]) { cells, cell in
        cells[cell] = (0..<rows * members * classes).map { _ in
          Double(Int.random(in: -255...255, using: &generator)) / 64
        }
      }
    }

    /// The numbers of cells one after the other, of one member or of all.
    func values(of cells: [Cell], member: Int?) -> [Double] {
      cells.flatMap { cell in
        let values = self.cells[cell] ?? []
        return values.indices.filter { index in
          member.map { index / classCount % memberCount == $0 } ?? true
        }.map { values[$0] }
      }
    }
  }

  /// The cells of each file: at random those of a corruption that has all severities in one.
  private func groups(
    of problem: Problem, by generator: inout SeededGenerator
  ) -> [(name: String, cells: [Cell])] {
    var groups = [(name: Bool.random(using: &generator) ? "clean" : "clean-0", cells: [Cell.clean])]
    let corrupted = problem.cells.keys.filter { !$0.isClean }
    for (name, cells) in Dictionary(grouping: corrupted, by: \.corruption) {
      let sorted = cells.sorted { $0.severity < $1.severity }
      if sorted.count == 5, Bool.random(using: &generator) {
        groups.append((name, sorted))
      } else {
        groups += sorted.map { ($0.name, [$0]) }
      }
    }
    return groups
  }

  private func write(
    _ values: [Double], rowCount: Int, shape: [Int], _ stem: String,
    in folder: borrowing CellFolderFixture, by generator: inout SeededGenerator
  ) throws {
    let shape = [rowCount] + shape
    switch Int.random(in: 0..<5, using: &generator) {
    case 0: try folder.array(stem + ".npy", values.map { Float16($0) }, shape)
    case 1: try folder.array(stem + ".npy", values.map { Float($0) }, shape)
    case 2: try folder.array(stem + ".npy", values, shape)
    case 3 where shape.count == 2:
      let lines = (0..<rowCount).map { row in
        values[row * shape[1]..<(row + 1) * shape[1]].map { String(format: "%.6f", $0) }
          .joined(separator: ",")
      }
      try folder.text(stem + ".csv", lines.joined(separator: "\n") + "\n")
    default:
      let array = try folder.array(stem + ".array", values.map { Float($0) }, shape)
      let member = (name: "logits.npy", bytes: try FileContents.read(array, limit: 1 << 20))
      try ZipArchive.write([member], to: folder.folder.file(stem + ".npz"))
    }
  }

  @Test(arguments: 0..<60)
  func `cells are those that were written, in the suite's order`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let folder = try CellFolderFixture()
    let problem = Problem(by: &generator)
    let hasFolderForEachMember = problem.memberCount > 1 && Bool.random(using: &generator)
    let members: [Int?] = hasFolderForEachMember ? (0..<problem.memberCount).map { $0 } : [nil]
    for member in members {
      let count = member == nil ? problem.memberCount : 1
      for (name, cells) in groups(of: problem, by: &generator) {
        try write(
          problem.values(of: cells, member: member), rowCount: cells.count * problem.rowCount,
          shape: (count > 1 ? [count] : []) + [problem.classCount],
          "\(member ?? 0)/\(name)", in: folder, by: &generator)
      }
      try folder.text("\(member ?? 0)/README.md", "What this is.\n")
    }
    let blocks = Bool.random(using: &generator) ? 5 : 1
    try folder.labels(
      Array(repeating: problem.labels.map(Int64.init), count: blocks).flatMap(\.self))

    let reader = try folder.open(members.map { "\($0 ?? 0)" }) { $0.tables.takesAllColumns = true }
    #expect(reader.labels == problem.labels)
    let order = ["clean", "snow", "fog", "caustic_noise", "frost(substitute)"]
    let expected = problem.cells.keys.sorted {
      (order.firstIndex(of: $0.corruption) ?? 9, $0.severity)
        < (order.firstIndex(of: $1.corruption) ?? 9, $1.severity)
    }
    #expect(reader.folders.cells == expected)
    for cell in expected {
      let found = try reader.predictions(of: cell)
      #expect(found.shape == [problem.rowCount, problem.memberCount, problem.classCount])
      let values = found.withNumbers {
        $0.map { Double($0) }
      } float64: {
        Array($0)
      }
      #expect(values == problem.cells[cell], "\(cell)")
    }
  }

  @Test func `what is no predictions is left out by name, and unknown names are said once`() throws
  {
    let folder = try CellFolderFixture()
    try folder.labels()
    for name in ["a/clean.npy", "a/caustic_noise-1.npy", "a/caustic_noise-2.npy", "a/fogg-1.npy"] {
      try folder.rows(name, 4)
    }
    try folder.labels([0, 1, 2, 0], "a/labels.npy")
    try folder.labels([3, 1, 2, 0], "a/indices.npy")
    try folder.text("a/README", "What this is.\n")
    try folder.text("a/notes.txt", "Predicted on Monday.\n")
    try folder.text("a/log-2026.txt", "1.0\n")
    try folder.text("a/.hidden-3.npy", "no array")
    try folder.text("a/old/fog-1.npy", "no array")
    let notes = try folder.open().folders.notes.map {
      $0.replacing(folder.folder.url.path + "/", with: "")
    }
    #expect(
      notes == [
        "a: left out, as they are no predictions: README, indices.npy, labels.npy, log-2026.txt, notes.txt, "
          + "old/",
        "not in the suite, scored as corruptions of the family other: caustic_noise, fogg (fog?)",
      ])
  }

  @Test func `labels may stand in the folder, whatever their name`() throws {
    let folder = try CellFolderFixture()
    try folder.rows("a/clean.npy", 4)
    try folder.array("a/truth.npy", [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0] as [Int64], [4, 3])
    let reader = try folder.open(labels: "a/truth.npy")
    #expect(reader.labels == [0, 1, 2, 0] && reader.folders.cells == [.clean])
    // Other predictions there are a corruption, of another number of rows.
    try folder.labels()
    #expect(folder.failure().hasPrefix("a/truth.npy: truth-1 to truth-5: expected 20 rows"))
  }

  @Test func `what was given is read where a run folder has rounded copies`() throws {
    let folder = try CellFolderFixture()
    try folder.labels()
    let p: [Double] = [0.5, 0.25, 0.25, 0.25, 0.5, 0.25, 0.125, 0.125, 0.75, 1, 0, 0]
    for name in ["clean-0", "fog-1"] {
      try folder.array("a/\(name).probabilities.npy", p, [4, 3])
      try folder.rows("a/\(name).npy", 4)
    }
    let reader = try folder.open()
    let found = try reader.predictions(of: Cell(corruption: "fog", severity: 1))
    #expect(found.numbers == .probabilities && found.elementType == .float64)
    #expect(reader.folders.notes.first?.contains("beside their logits: clean-0, fog-1") ?? false)
  }

  @Test func `labels of one line each may have a name, once or in five blocks`() throws {
    for blocks in [1, 5] {
      let folder = try CellFolderFixture()
      try folder.rows("a/clean.npy", 4)
      try folder.rows("a/fog.npy", 20)
      for head in ["", "label\n", "0\n"] {
        let lines = Array(repeating: "2\n1\n2\n0\n", count: blocks).joined()
        try folder.text("y.csv", head + lines)
        #expect(try folder.open(labels: "y.csv").labels == [2, 1, 2, 0], "\(head)\(blocks)")
      }
    }
  }
}
