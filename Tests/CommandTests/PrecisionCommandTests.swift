import Foundation
import TestSupport
import Testing

/// `--precision` with the instructions on tiles emulated, which every machine of these tests has.
struct PrecisionCommandTests {
  private static let tiles = ["MIXMO_KERNELS": "amx-emulated"]

  private static func run(
    _ arguments: [String], environment: [String: String] = tiles
  ) throws -> MixmoProcess {
    let process = try MixmoProcess(arguments, environment: environment)
    #expect(process.status == 0, "\(process.errors)")
    return process
  }

  @Test func `a run of 16 bits is recorded, goes on with them and is evaluated with them`() throws {
    let workspace = try Workspace(epochs: 1)
    _ = try Self.run(workspace.train(save: "exact"))
    _ = try Self.run(workspace.train(save: "high", "--precision", "high", "--threads", "1"))
    _ = try Self.run(workspace.train(save: "again", "--precision", "high", "--threads", "3"))
    let checkpoint = "small/checkpoint_epoch_001.ckpt"
    #expect(try workspace.bytes("high/\(checkpoint)") == workspace.bytes("again/\(checkpoint)"))
    #expect(try workspace.bytes("high/\(checkpoint)") != workspace.bytes("exact/\(checkpoint)"))
    let record = String(decoding: try workspace.bytes("high/small/run.json"), as: UTF8.self)
    #expect(record.contains(#""productPrecision" : "high""#), "\(record)")
    let exact = String(decoding: try workspace.bytes("exact/small/run.json"), as: UTF8.self)
    #expect(!exact.contains("productPrecision"))

    let resumed = try MixmoProcess(workspace.train(save: "high"), environment: Self.tiles)
    #expect(resumed.status == 1)
    #expect(
      resumed.errors.contains(
        "the folder belongs to a run of --precision high, and this one computes with highest; give "
          + "--precision high on a processor that has it, or start over"), "\(resumed.errors)")
    let evaluated = try MixmoProcess(
      workspace.evaluate(save: "high", "--checkpoint", "1", "--corruption", "fog", "--generate"),
      environment: Self.tiles)
    #expect(evaluated.status == 1)
    #expect(
      evaluated.errors.contains("precision (--precision): expected highest, found high"),
      "\(evaluated.errors)")
    _ = try Self.run(
      workspace.evaluate(
        save: "high", "--checkpoint", "1", "--corruption", "fog", "--generate", "--precision",
        "high", "--report",
        "--quiet"))
    let page = String(
      decoding: try workspace.bytes("high/small/report.html"), as: UTF8.self)
    #expect(page.contains("high: factors of 16 bits, sums of float32"))
  }

  @Test func `exact sums are exact at 16 bits as well`() throws {
    let workspace = try Workspace(epochs: 1)
    for threads in ["1", "2"] {
      _ = try Self.run(
        workspace.train(
          save: "runs\(threads)", "--precision", "high", "--exact-sums", "--threads", threads))
    }
    let checkpoint = "small/checkpoint_epoch_001.ckpt"
    #expect(try workspace.bytes("runs1/\(checkpoint)") == workspace.bytes("runs2/\(checkpoint)"))
  }

  @Test(arguments: ["high", "medium"])
  func `a machine without tiles says so and computes in float32`(precision: String) throws {
    let workspace = try Workspace(epochs: 1)
    let environment = ["MIXMO_KERNELS": "avx2"]
    let run = try Self.run(
      workspace.train(save: "runs", "--precision", precision), environment: environment)
    let note =
      "--precision \(precision): this machine has no faster way than float32 (highest), which is computed"
    #expect(run.errors.components(separatedBy: note).count == 2, "\(run.errors)")
    _ = try Self.run(workspace.train(save: "exact"), environment: environment)
    let checkpoint = "small/checkpoint_epoch_001.ckpt"
    #expect(try workspace.bytes("runs/\(checkpoint)") == workspace.bytes("exact/\(checkpoint)"))
    let record = String(decoding: try workspace.bytes("runs/small/run.json"), as: UTF8.self)
    #expect(!record.contains("productPrecision"))
  }

  @Test func `a word that is no precision, and a program's own precision`() throws {
    let unknown = try MixmoProcess("benchmark", "--network", "wrn-10-1", "--precision", "half")
    #expect(unknown.status == 64)
    #expect(
      unknown.errors.contains("'highest', 'high' or 'medium'") || unknown.errors.contains("highest")
    )
    let program = try MixmoProcess(
      "evaluate", "--model", "cat", "--images", "pictures", "--output", "out", "--precision", "high"
    )
    #expect(program.status == 64)
    #expect(program.errors.contains("--precision goes with a network of ours"), "\(program.errors)")
  }
}
