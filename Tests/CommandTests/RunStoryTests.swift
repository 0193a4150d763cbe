import Formats
import Foundation
import TestSupport
import Testing

/// The life of a run folder, from its training to a file that somebody swapped.
struct RunStoryTests {
  private static let tables = ["cells", "diversity", "reliability", "summary"]

  /// Runs a command that must succeed.
  @discardableResult
  private func run(_ arguments: [String]) throws -> MixmoProcess {
    let process = try MixmoProcess(arguments)
    try #require(process.status == 0, "\(arguments): \(process.errors)")
    return process
  }

  private func evaluate(_ workspace: Workspace, _ more: String...) -> [String] {
    workspace.evaluate(
      save: "runs", "--checkpoint", "best", "--generate", "--severity", "1", "--severity", "2",
      "--bootstrap", "20") + more
  }

  private func tables(_ workspace: Workspace, _ folder: String) throws -> [[UInt8]] {
    try Self.tables.map { try workspace.bytes("\(folder)/\($0).csv") }
  }

  private func pairs(_ workspace: Workspace) throws -> Set<[String]> {
    let cells = try CSVTable(contentsOf: workspace.folder.file("runs/small/cells.csv"))
    let columns = try ["corruption", "severity", "calibration"].map {
      try #require(cells.column($0))
    }
    return Set(columns[0].indices.map { row in columns.map { $0[row] } })
  }

  @Test func `nothing is lost, and nothing foreign is taken for the run's`() throws {
    let workspace = try Workspace(epochs: 1, testCount: 300)
    let folder = workspace.path("runs/small")
    func predictions(_ name: String) -> URL {
      workspace.folder.file("runs/small/predictions/\(name)")
    }

    // Trained, and evaluated on clean images.
    try run(workspace.train(save: "runs", "--quiet"))
    #expect(try pairs(workspace) == [["clean", "0", "none"]])

    // Evaluated under corruptions: interrupted, and then to the end.
    let corrupted = evaluate(
      workspace, "--corruption", "shot_noise", "--calibration", "none,temperature")
    let interrupted = try RunningMixmo(corrupted)
    interrupted.nextLine()
    interrupted.send(SIGTERM)
    #expect(interrupted.end() == 130)
    try run(corrupted)
    let cells = [["clean", "0"], ["shot_noise", "1"], ["shot_noise", "2"]]
    var expected = Set(cells.flatMap { cell in ["none", "temperature"].map { cell + [$0] } })
    #expect(try pairs(workspace) == expected)

    // With more of both.
    try run(evaluate(workspace, "--corruption", "contrast", "--calibration", "vector"))
    let all = cells + [["contrast", "1"], ["contrast", "2"]]
    expected = Set(
      all.flatMap { cell in ["none", "temperature", "vector"].map { cell + [$0] } })
    #expect(try pairs(workspace) == expected)
    try run(
      evaluate(
        workspace, "--corruption", "shot_noise", "--corruption", "contrast", "--calibration",
        "none,temperature,vector", "--output", workspace.path("whole")))
    #expect(try tables(workspace, "runs/small") == tables(workspace, "whole"))

    // A training that is repeated changes nothing; everything is as the record says.
    try run(["report", folder, "--quiet"])
    let before = try workspace.files("runs/small")
    try run(workspace.train(save: "runs"))
    let after = try workspace.files("runs/small")
    #expect(after == before)
    let verified = try run(["verify", folder, "--quiet"])
    #expect(verified.output.hasSuffix(" ok, 0 differs, 0 not at hand\n"), "\(verified.output)")

    // Swapped: every command names the file, and the tables stay.
    let kept = try FileContents.read(predictions("shot_noise-1.npy"), limit: 1 << 24)
    let other = try FileContents.read(predictions("contrast-1.npy"), limit: 1 << 24)
    try AtomicFile.write(other, to: predictions("shot_noise-1.npy"))
    let commands = [
      corrupted, ["score", folder], ["report", folder],
      ["compare", folder, workspace.path("whole")],
    ]
    for command in commands {
      let refused = try MixmoProcess(command)
      #expect(
        refused.status == 1 && refused.errors.contains("predictions/shot_noise-1.npy: "),
        "\(command[0]): \(refused.errors)")
    }
    let differs = try MixmoProcess(["verify", folder, "--quiet"])
    #expect(differs.status == 1)
    #expect(
      differs.output.contains(/(?m)^differs +predictions\/shot_noise-1\.npy/), "\(differs.output)")
    #expect(try tables(workspace, "runs/small") == tables(workspace, "whole"))

    // Put there: what is not in the record is refused.
    try AtomicFile.write(kept, to: predictions("shot_noise-1.npy"))
    try AtomicFile.write(other, to: predictions("fog-1.npy"))
    for command in commands {
      let refused = try MixmoProcess(command)
      #expect(
        refused.status == 1 && refused.errors.contains("predictions/fog-1.npy: "),
        "\(command[0]): \(refused.errors)")
    }
    try FileManager.default.removeItem(at: predictions("fog-1.npy"))

    // Scored again, from the predictions alone.
    try FileManager.default.removeItem(atPath: workspace.data)
    try FileManager.default.removeItem(atPath: workspace.path("whole"))
    let tables = try tables(workspace, "runs/small")
    for table in Self.tables {
      try FileManager.default.removeItem(at: workspace.folder.file("runs/small/\(table).csv"))
    }
    let scored = try run(
      ["score", folder, "--calibration", "none,temperature,vector", "--bootstrap", "20"])
    #expect(scored.errors.contains("report.html: older than the tables or run.json"))
    try run(["report", folder, "--quiet"])
    #expect(try self.tables(workspace, "runs/small") == tables)
    let again = try MixmoProcess(["verify", folder, "--quiet"])
    #expect(again.status == 0 && again.output.contains(" 0 differs, "), "\(again.output)")
  }
}
