import Foundation
import Runs
import TestSupport
import Testing

/// `mixmo evaluate --model`: somebody's program in place of a network.
struct ProgramCommandTests {
  private static let cells = ["clean-0", "contrast-1", "contrast-5", "fog-1", "fog-5"]

  private func evaluate(
    _ workspace: Workspace, _ mode: String, _ output: String, _ more: [String] = []
  ) -> [String] {
    [
      "evaluate", "--model", TestProgram.command(mode), "--dataset", "digits", "--data",
      workspace.data, "--generate", "--corruption", "contrast", "--corruption", "fog",
      "--severity", "1", "--severity", "5", "--batch", "5", "--bootstrap", "20", "--quiet",
      "--output", workspace.path(output),
    ] + more
  }

  private func results(_ workspace: Workspace, _ folder: String) throws -> [String: [UInt8]] {
    try workspace.files(folder).filter { $0.key != "run.json" }
  }

  private func record(_ workspace: Workspace, _ folder: String) throws -> RunRecord {
    try RunRecord.read(from: RunFolder(workspace.folder.file(folder)))
  }

  @Test func `a program is evaluated, recorded, verified and scored again`() throws {
    let workspace = try Workspace()
    let run = try MixmoProcess(evaluate(workspace, "well", "run"))
    #expect(run.status == 0, "\(run.errors)")
    let record = try record(workspace, "run")
    let program = try #require(record.program)
    #expect(program.command == TestProgram.command("well"))
    #expect(program.files.count == 1 && program.files.keys.first?.hasSuffix("program.py") ?? false)
    #expect((program.answers, program.batch) == ("logits", 5))
    #expect(
      (record.origin.run, record.origin.dataset, record.origin.images) == ("program", "digits", 24))
    #expect(record.precision == "float32" && record.members == nil)
    let verified = try MixmoProcess("verify", workspace.path("run"))
    #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    #expect(verified.output.contains("ok"))
    // The same command again predicts nothing and writes the same.
    let before = try results(workspace, "run")
    #expect(try MixmoProcess(evaluate(workspace, "well", "run")).status == 0)
    #expect(try results(workspace, "run") == before)
    // The predictions as files of cells: the same tables but for the columns of names.
    let scored = try MixmoProcess(
      "score", "--cells", workspace.path("run/predictions"), "--labels",
      workspace.path("run/predictions/labels.npy"), "--bootstrap", "20", "--name", "program",
      "--all-columns",
      "--output", workspace.path("scored"), "--quiet")
    #expect(scored.status == 0, "\(scored.errors)")
    for table in ["cells", "reliability", "summary", "diversity"] {
      let texts = try ["run", "scored"].map {
        String(decoding: try workspace.bytes("\($0)/\(table).csv"), as: UTF8.self)
          .replacing(",digits,", with: ",predictions,")
      }
      #expect(texts[0] == texts[1], "\(table)")
    }
  }

  @Test func `three members are an ensemble, of subnetworks or of networks`() throws {
    let workspace = try Workspace()
    let run = try MixmoProcess(evaluate(workspace, "members", "subnetworks"))
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("--deep-ensemble says that they are networks of their own"))
    #expect(try record(workspace, "subnetworks").members == .subnetworks)
    let deep = try MixmoProcess(evaluate(workspace, "members", "deep", ["--deep-ensemble"]))
    #expect(deep.status == 0 && !deep.errors.contains("--deep-ensemble"), "\(deep.errors)")
    #expect(try record(workspace, "deep").members == .independent)
  }

  @Test func `predictions of another program are not taken for this one's`() throws {
    let workspace = try Workspace()
    #expect(try MixmoProcess(evaluate(workspace, "well", "run")).status == 0)
    let other = try MixmoProcess(evaluate(workspace, "slow", "run"))
    #expect(other.status == 1)
    #expect(
      other.errors.contains("the folder belongs to another evaluation: command of the program"))
    let checkpoint = workspace.folder.file("weights.bin")
    try Data([1]).write(to: checkpoint)
    let named = ["--model-file", checkpoint.path]
    #expect(try MixmoProcess(evaluate(workspace, "well", "named", named)).status == 0)
    try Data([2]).write(to: checkpoint)
    let changed = try MixmoProcess(evaluate(workspace, "well", "named", named))
    #expect(changed.status == 1)
    #expect(changed.errors.contains("program's file \(checkpoint.path.prefix(20))"))
    let verified = try MixmoProcess("verify", workspace.path("named"))
    #expect(verified.status == 1 && verified.output.contains("weights.bin"))
    let missing = try MixmoProcess(
      evaluate(workspace, "well", "missing", ["--model-file", workspace.path("nothing")]))
    #expect(missing.status == 1 && missing.errors.contains("nothing"))
    #expect(!FileManager.default.fileExists(atPath: workspace.path("missing")))
  }

  @Test func `finished cells stay where a program fails, and the command goes on from there`()
    throws
  {
    let workspace = try Workspace()
    let whole = try MixmoProcess(evaluate(workspace, "well", "whole"))
    try #require(whole.status == 0, "\(whole.errors)")
    // The same command, of a program that fails once.
    let script = workspace.folder.file("once.sh")
    let flag = workspace.path("failed")
    try """
    if [ -e '\(flag)' ]; then \(TestProgram.command("well")); else touch '\(flag)'; head -c 100000 | \
    \(TestProgram.command("well")); fi
    """.write(to: script, atomically: true, encoding: .utf8)
    var arguments = evaluate(workspace, "well", "run")
    arguments[2] = "sh '\(script.path)'"
    let failed = try MixmoProcess(arguments)
    #expect(failed.status == 1)
    #expect(failed.errors.contains(", at fog-1, batch "))
    #expect(failed.errors.contains("of 5: the program ended with exit code 1"))
    let kept = try FileManager.default.attributesOfItem(
      atPath: workspace.path("run/predictions/clean-0.npy"))
    let again = try MixmoProcess(arguments)
    #expect(again.status == 0, "\(again.errors)")
    let now = try FileManager.default.attributesOfItem(
      atPath: workspace.path("run/predictions/clean-0.npy"))
    #expect(now[.systemFileNumber] as? Int == kept[.systemFileNumber] as? Int)
    for cell in Self.cells {
      let bytes = try ["whole", "run"].map { try workspace.bytes("\($0)/predictions/\(cell).npy") }
      #expect(bytes[0] == bytes[1])
    }
  }

  @Test func `killed at any moment, the same command ends with the same bytes`() throws {
    let workspace = try Workspace()
    let whole = try MixmoProcess(evaluate(workspace, "slow", "whole"))
    try #require(whole.status == 0, "\(whole.errors)")
    let expected = try results(workspace, "whole")
    var random = SeededGenerator(seed: 2)
    for attempt in 0..<20 {
      let run = try RunningMixmo(evaluate(workspace, "slow", "run-\(attempt)"))
      usleep(.random(in: 50_000...900_000, using: &random))
      if attempt.isMultiple(of: 2) {
        run.send(SIGKILL)
      } else {
        TestProgram.kill(with: "program.py slow")
      }
      _ = run.end()
      #expect(TestProgram.isGone("program.py slow"), "attempt \(attempt)")
      let again = try MixmoProcess(evaluate(workspace, "slow", "run-\(attempt)"))
      #expect(again.status == 0, "\(again.errors)")
      #expect(try results(workspace, "run-\(attempt)") == expected, "attempt \(attempt)")
    }
  }

  @Test func `a program that ignores signals does not outlive a command that is killed`() throws {
    let workspace = try Workspace()
    let run = try RunningMixmo(evaluate(workspace, "stubborn", "run"))
    while let line = run.nextLine(), line != "waiting" {}
    run.send(SIGKILL)
    _ = run.end()
    // It has five seconds between SIGTERM and SIGKILL.
    #expect(TestProgram.isGone("program.py stubborn", within: 10))
  }

  @Test func `an interruption ends the program and says how to go on`() throws {
    let workspace = try Workspace()
    let arguments = evaluate(workspace, "stops", "run").filter { $0 != "--quiet" }
    let run = try RunningMixmo(arguments)
    while let line = run.nextLine(), line != "waiting" {}
    run.send(SIGINT)
    #expect(run.end() == 130)
    #expect(run.lines.contains { $0.contains("run the same command to continue from clean-0") })
    #expect(TestProgram.isGone("program.py stops"))
  }

  @Test func `shards of a program make the bytes of the whole`() throws {
    let workspace = try Workspace()
    #expect(try MixmoProcess(evaluate(workspace, "well", "whole")).status == 0)
    for index in 1...2 {
      let part = try MixmoProcess(
        evaluate(workspace, "well", "\(index)", ["--shard", "\(index)/2"]))
      #expect(part.status == 0, "\(part.errors)")
    }
    let merged = try MixmoProcess(
      "merge", workspace.path("1"), workspace.path("2"), "--output", workspace.path("merged"),
      "--quiet")
    #expect(merged.status == 0, "\(merged.errors)")
    #expect(try results(workspace, "merged") == results(workspace, "whole"))
    #expect(try record(workspace, "merged").program == record(workspace, "whole").program)
  }

  @Test(arguments: [
    (["--checkpoint", "best"], "--checkpoint goes with a network of ours"),
    (["--config", "c.yaml"], "--config goes with a network of ours"),
    (["--save", "runs"], "--save goes with a network of ours"),
    (["--weights", "ema"], "--weights goes with a network of ours"),
    (["--batch", "0"], "--batch: expected a number from 1 to 65536, found 0."),
    (["--classes", "11"], "--classes 11: digits has 10 classes;"),
    (["--fitting", "validation"], "--model fits on the clean images."),
  ])
  func `what does not go with a program is refused`(more: [String], expected: String) throws {
    let workspace = try Workspace()
    let run = try MixmoProcess(evaluate(workspace, "well", "run", more))
    #expect(run.status == 64 && run.errors.contains(expected), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: workspace.path("run")))
  }

  @Test(arguments: [
    (["--model", "cat"], "give --dataset and --data, or --images"),
    (["--model", " ", "--output", "o"], "--model: expected a command, found an empty one"),
    (["--batch", "5"], "--batch goes with --model; give the program"),
    ([], "Give --config and --checkpoint for a network of ours, or --model"),
  ])
  func `what is missing is named`(arguments: [String], expected: String) throws {
    let run = try MixmoProcess(["evaluate"] + arguments)
    #expect(run.status == 64 && run.errors.contains(expected), "\(run.errors)")
  }

  @Test func `the client for Python serves a function, and checks what it returns`() throws {
    let workspace = try Workspace()
    let client = try MixmoProcess("model-client")
    #expect(client.status == 0)
    try client.output.write(
      to: workspace.folder.file("mixmo_client.py"), atomically: true, encoding: .utf8)
    func run(_ function: String, _ output: String, _ more: [String] = []) throws -> MixmoProcess {
      let script = workspace.folder.file("\(output).py")
      try """
      import numpy as np
      from mixmo_client import serve
      print("a stray print")
      class Tensor:
          dtype = "torch.bfloat16"
          def __init__(self, values): self.values = values
          def detach(self): return self
          def cpu(self): return self
          def float(self): return self
          def numpy(self): return self.values
      serve(\(function))
      """.write(to: script, atomically: true, encoding: .utf8)
      var arguments = evaluate(workspace, "well", output, more)
      arguments[2] = "python3 '\(script.path)'"
      return try MixmoProcess(arguments)
    }
    let logits = "images.reshape(len(images), -1)[:, 1:11] + np.arange(10, dtype=np.float32) / 4"
    #expect(try MixmoProcess(evaluate(workspace, "well", "plain")).status == 0)
    for (index, function) in [
      "lambda images: \(logits)", "lambda images: Tensor(\(logits))",
      "lambda images: np.asfortranarray((\(logits)).astype('>f2'))",
    ].enumerated() {
      let served = try run(function, "served-\(index)")
      #expect(served.status == 0 && served.errors.contains("a stray print"), "\(served.errors)")
      #expect(
        try workspace.bytes("served-\(index)/predictions/fog-5.npy")
          == workspace.bytes("plain/predictions/fog-5.npy"))
    }
    for (index, (function, found)) in [
      ("lambda images: np.zeros((3, 10))", "shape [5, K] or [5, M, K], found [3, 10]"),
      ("lambda images: np.zeros((len(images), 7))", "10 classes, found 7"),
      (
        "lambda images: np.zeros((len(images), 10), int)",
        "float16, float32 or float64, found int64"
      ),
      (
        "lambda images: np.full((len(images), 10), np.nan)",
        "finite numbers, found NaN or infinity"
      ),
    ].enumerated() {
      let refused = try run(function, "refused-\(index)")
      #expect(refused.status == 1)
      #expect(
        refused.errors.contains("mixmo_client: expected an answer of \(found)"), "\(refused.errors)"
      )
      #expect(refused.errors.contains("the program ended with exit code 1"))
    }
  }
}
