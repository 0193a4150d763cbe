import Formats
import Foundation
import TestSupport
import Testing

/// `calibrations.json` says what a reader needs to calibrate predictions without this program.
struct CalibrationFileTests {
  /// A Python that has NumPy; nil where there is none.
  static let python: String? = {
    let named = ProcessInfo.processInfo.environment["PEER_PYTHON"]
    return [named, "python3"].compactMap { $0 }.first { name in
      (try? run(name, ["-c", "import numpy"]).status) == 0
    }
  }()

  private static func run(
    _ program: String, _ arguments: [String]
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  private func score(
    _ folder: borrowing TemporaryFolder, _ name: String, memberCount: Int, _ more: [String]
  ) throws {
    let (logits, labels) = (folder.file("\(name).npy"), folder.file("labels.npy"))
    try RandomLogits(rowCount: 121, memberCount: memberCount, seed: 7).write(logits, labels)
    let process = try MixmoProcess(
      [
        "score", "--logits", logits.path, "--labels", labels.path, "--calibration", "all",
        "--bootstrap", "0", "--quiet", "--output", folder.file("runs/\(name)").path,
      ] + more)
    try #require(process.status == 0, "\(process.errors)")
  }

  @Test(
    .enabled(if: python != nil, "needs a python3 with NumPy, or PEER_PYTHON"),
    arguments: [
      (1, ["--fitting", "clean-halves"]), (2, ["--fitting", "clean-halves"]),
      (3, ["--fitting", "mixmo-halves"]), (2, ["--fitting", "cv", "--bins", "10"]),
    ])
  func `NumPy applies the fits of scored predictions`(members: Int, options: [String]) throws {
    let folder = try TemporaryFolder()
    try score(folder, "a", memberCount: members, options)
    try apply(folder.file("runs/a"))
  }

  @Test(.enabled(if: python != nil, "needs a python3 with NumPy, or PEER_PYTHON"))
  func `NumPy applies the fits of other images and of corrupted cells`() throws {
    let folder = try TemporaryFolder()
    let (logits, labels) = (folder.file("v.npy"), folder.file("v-labels.npy"))
    try RandomLogits(rowCount: 90, memberCount: 2, seed: 8).write(logits, labels)
    try score(
      folder, "a", memberCount: 2,
      ["--validation-logits", logits.path, "--validation-labels", labels.path])
    try apply(folder.file("runs/a"))

    let workspace = try Workspace.trained()
    let evaluation = try MixmoProcess(
      workspace.evaluate(
        save: "runs", "--checkpoint", "best", "--generate", "--corruption", "contrast",
        "--severity", "2", "--calibration", "all", "--bootstrap", "0", "--quiet"))
    try #require(evaluation.status == 0, "\(evaluation.errors)")
    try apply(workspace.folder.file("runs/small"))
  }

  private func apply(_ run: URL) throws {
    let script = TestPackage.url.appending(
      path: "Tests/EvaluationTests/Fixtures/apply_calibrations.py")
    let (status, output) = try Self.run(try #require(Self.python), [script.path, run.path])
    // The program allows 1e-9: sums of some hundred rows in other orders, and its own logarithms.
    #expect(status == 0, "\(output)")
  }

  @Test func `halves that a user chose are listed, and others are named by their seed`() throws {
    let workspace = try Workspace.trained()
    let evaluate = workspace.evaluate(
      save: "runs", "--checkpoint", "best", "--temperature-scaling", "--bootstrap", "0", "--quiet",
      "--output")
    try #require(try MixmoProcess(evaluate + [workspace.path("seeded")]).status == 0)
    let rows = (0..<24).map { Int64($0) }
    for (name, first) in [("val_idx", 0), ("test_idx", 1)] {
      try NumPyArray.write(
        rows.filter { $0 % 2 == first }, shape: [12],
        to: workspace.folder.file("data/\(name).npy"))
    }
    try #require(try MixmoProcess(evaluate + [workspace.path("chosen")]).status == 0)
    let folds = try ["seeded", "chosen"].map { name in
      let object = try JSONSerialization.jsonObject(
        with: Data(workspace.bytes("\(name)/calibrations.json")))
      let file = try #require(object as? [String: Any])
      return try #require(file["folds"] as? [[String: Any]])
    }
    #expect(folds[0].map { $0["seed"] as? Int } == [31, 31])
    #expect(folds[0].map { $0["half"] as? Int } == [0, 1])
    #expect(
      folds[1].map { $0["rows"] as? [Int] ?? [] }
        == [0, 1].map { first in
          (0..<24).filter { $0 % 2 == first }
        })
  }
}
