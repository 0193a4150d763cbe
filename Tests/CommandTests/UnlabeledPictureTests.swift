import Datasets
import Formats
import Foundation
import TestSupport
import Testing

/// Pictures without a label are left out of an evaluation.
struct UnlabeledPictureTests {
  private static let tables = ["cells.csv", "diversity.csv", "reliability.csv", "summary.csv"]

  @discardableResult
  private func run(_ arguments: [String], status: Int32 = 0) throws -> MixmoProcess {
    let process = try MixmoProcess(arguments)
    try #require(process.status == status, "\(arguments): \(process.errors)")
    return process
  }

  /// Test digits as pictures in two folders of one name: all of them, and those that keep their label.
  private struct Pictures {
    let workspace: Workspace
    let kept: [Int]

    init() throws {
      workspace = try Workspace.trained()
      let digits = try DatasetKind.digits.read(
        .test, in: URL(fileURLWithPath: workspace.data))
      kept = digits.labels.indices.filter { $0 % 5 != 2 }
      for (folder, indices) in [("all/p", Array(digits.labels.indices)), ("kept/p", kept)] {
        try FolderCreation.create(workspace.folder.file(folder))
        for index in indices {
          let name = "\(folder)/\(100 + index).png"
          try Data(digits.image(at: index).png(file: name)).write(to: workspace.folder.file(name))
        }
      }
      let labels = digits.labels.indices.map { kept.contains($0) ? digits.labels[$0] : -1 }
      try write(labels.map { Int64($0) }, "all.npy")
      try write(kept.map { Int64(digits.labels[$0]) }, "kept.npy")
      try write(labels.map { $0 < 0 ? 99 : Int64($0) }, "other.npy")
    }

    private func write(_ labels: [Int64], _ name: String) throws {
      try NumPyArray.write(labels, shape: [labels.count], to: workspace.folder.file(name))
    }

    func evaluate(_ images: String, _ labels: String, _ output: String) -> [String] {
      [
        "evaluate", "--config", workspace.configuration, "--save", workspace.path("runs"),
        "--checkpoint", "best", "--images", workspace.path("\(images)/p"), "--labels",
        workspace.path(labels), "--class-order", workspace.path("order.txt"), "--bootstrap", "20",
        "--output", workspace.path(output), "--corruption", "contrast", "--severity", "2",
      ]
    }
  }

  @Test func `the tables are those of the others, also of shards and of copies in files`() throws {
    let pictures = try Pictures()
    let workspace = pictures.workspace
    let order = (0..<10).map { "class \($0)" }.joined(separator: "\n")
    try Data(order.utf8).write(to: workspace.folder.file("order.txt"))
    let some = pictures.evaluate("all", "all.npy", "some") + ["--generate"]
    let said = try run(some)
    let count = 24 - pictures.kept.count
    #expect(said.errors.contains("\(count) of 24 labels are -1; their pictures"), "\(said.errors)")
    try run(pictures.evaluate("kept", "kept.npy", "rest") + ["--generate"])
    for name in Self.tables {
      #expect(
        try workspace.bytes("some/\(name)") == workspace.bytes("rest/\(name)"), "\(name)")
    }
    let verified = try run(["verify", workspace.path("some")])
    #expect(verified.output.contains("ok           images of p ("), "\(verified.output)")

    for shard in 1...2 {
      let part = pictures.evaluate("all", "all.npy", "\(shard)")
      try run(part + ["--generate", "--shard", "\(shard)/2"])
    }
    let merged = try run(
      ["merge", workspace.path("1"), workspace.path("2"), "--output", workspace.path("merged")])
    #expect(merged.errors.contains("\(count) of 24 labels are -1"), "\(merged.errors)")

    try run([
      "corrupt", "--images", workspace.path("all/p"), "--output", workspace.path("copies"),
      "--corruption", "contrast", "--severity", "2", "--quiet",
    ])
    let copies = ["--data", workspace.path("copies")]
    try run(pictures.evaluate("all", "all.npy", "files") + copies)
    try run(["verify", workspace.path("files")])
    let other = pictures.evaluate("all", "other.npy", "other") + copies
    try run(other + ["--ignore-label", "99"])
    for (folder, name) in [
      ("merged", "summary.csv"), ("files", "cells.csv"), ("other", "cells.csv"),
    ] {
      #expect(
        try workspace.bytes("some/\(name)") == workspace.bytes("\(folder)/\(name)"), "\(folder)")
    }
    let refused = try run(other, status: 1)
    #expect(refused.errors.contains("expected a class from 0 to 9, found 99"), "\(refused.errors)")
  }

  @Test func `a limit takes pictures with a label, and soft labels are of all pictures`() throws {
    let pictures = try Pictures()
    let workspace = pictures.workspace
    try Data((0..<10).map { "class \($0)" }.joined(separator: "\n").utf8)
      .write(to: workspace.folder.file("order.txt"))
    // Each picture's votes name it.
    let votes = (0..<24).flatMap { row in [Double(row + 1)] + [Double](repeating: 1, count: 9) }
    try NumPyArray.write(votes, shape: [24, 10], to: workspace.folder.file("q.npy"))
    try run(
      pictures.evaluate("all", "all.npy", "some")
        + ["--generate", "--limit", "7", "--soft-labels", workspace.path("q.npy")])
    let stored = try NumPyArray(
      contentsOf: workspace.folder.file("some/predictions/soft-labels.npy"))
    let taken = (0..<7).map { pictures.kept[$0 * pictures.kept.count / 7] }
    #expect(try stored.values() == taken.flatMap { votes[$0 * 10..<($0 + 1) * 10] })
    let cells = try CSVTable(contentsOf: workspace.folder.file("some/cells.csv"))
    #expect(Set(cells.column("samples") ?? []) == ["7"])
    try run(["verify", workspace.path("some")])
  }

  @Test func `--ignore-label goes with --labels`() throws {
    let process = try run(
      [
        "evaluate", "--model", "cat", "--images", "p", "--output", "out", "--ignore-label", "3",
      ], status: 64)
    #expect(process.errors.contains("--ignore-label is for --labels"), "\(process.errors)")
  }
}
