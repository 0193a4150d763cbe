import Datasets
import Formats
import Foundation
import TestSupport
import Testing

/// The command as a user meets it: exit codes, messages, files.
struct CommandTests {
  @Test func `trains, evaluates and writes every file, the same on 1 and 2 threads`() throws {
    let workspace = try Workspace()
    for threads in ["1", "2"] {
      let save = "runs-\(threads)"
      let training = try MixmoProcess(workspace.train(save: save, "--threads", threads, "--quiet"))
      #expect(training.status == 0 && training.errors == "", "\(training.errors)")
      let evaluation = try MixmoProcess(
        workspace.evaluate(
          save: save, "--checkpoint", "best", "--generate", "--temperature-scaling",
          "--corruption", "contrast", "--corruption", "shot_noise", "--severity", "2",
          "--threads", threads, "--quiet"))
      #expect(evaluation.status == 0, "\(evaluation.errors)")
      #expect(evaluation.output.contains("members-mean"))
      #expect(evaluation.output.contains("corrupted: mean of 2 cells"))
    }
    for name in [
      "last.ckpt", "config.yaml", "logs.csv", "cells.csv", "diversity.csv", "reliability.csv",
      "findings.json", "predictions/clean-0.npy", "predictions/contrast-2.npy",
      "predictions/shot_noise-2.npy",
      "predictions/labels.npy",
    ] {
      let isSame =
        try workspace.bytes("runs-1/small/\(name)") == workspace.bytes("runs-2/small/\(name)")
      #expect(isSame, "\(name)")
    }
    let cells = try CSVTable(contentsOf: workspace.folder.file("runs-1/small/cells.csv"))
    let clean = try MixmoProcess(
      workspace.evaluate(save: "runs-1", "--checkpoint", "best", "--temperature-scaling", "--quiet")
    )
    #expect(clean.status == 0, "\(clean.errors)")
    let after = try CSVTable(contentsOf: workspace.folder.file("runs-1/small/cells.csv"))
    #expect(Set(after.rows) == Set(cells.rows), "clean images scored again lost other cells")
    let record = try #require(
      try JSONSerialization.jsonObject(with: Data(workspace.bytes("runs-1/small/run.json")))
        as? [String: Any])
    #expect(record["durationSeconds"] is Double)
  }

  @Test func `the reference's spellings of options work`() throws {
    let workspace = try Workspace(epochs: 1)
    let training = try MixmoProcess([
      "train", "-c", workspace.configuration, "-dp", workspace.data, "-sp", workspace.path("runs"),
      "-f",
    ])
    #expect(training.status == 0, "\(training.errors)")
    let evaluation = try MixmoProcess([
      "evaluate", "--config_path", workspace.configuration, "--dataplace=\(workspace.data)",
      "--saveplace",
      workspace.path("runs"), "--checkpoint", "1", "--tempscale", "--json",
    ])
    #expect(evaluation.status == 0, "\(evaluation.errors)")
    let rows = try JSONSerialization.jsonObject(with: Data(evaluation.output.utf8)) as? [Any]
    #expect(rows?.count == 10)
    let other = try MixmoProcess(
      workspace.evaluate(
        save: "runs", "--checkpoint", "9", "--robustness", "--severity", "1", "--tempscal"))
    #expect(other.status == 1 && other.errors.contains("no checkpoint of epoch 9"))
  }

  @Test(arguments: [
    (["train"], "Missing expected argument"),
    (["train", "--confg", "a"], "--config"),
    (["evaluate", "--config", "a", "--data", "b", "--checkpoint", "c"], "Give --output"),
    (
      ["evaluate", "--config", "a", "--data", "b", "--checkpoint", "c", "--output", "d"]
        + ["--calibration", "temprature"], "did you mean \"temperature\"?"
    ),
    (
      ["evaluate", "--config", "a", "--data", "b", "--checkpoint", "c", "--output", "d"]
        + ["--severity", "6"], "expected a number from 1 to 5, found 6"
    ),
    (
      ["evaluate", "--config", "a", "--data", "b", "--checkpoint", "best", "--output", "d"],
      "--checkpoint best needs --save"
    ),
    (
      ["evaluate", "--config", "a", "--data", "b", "--checkpoint", "c", "--output", "d"]
        + ["--severity", "2"], "need --corruptions or --corruption"
    ),
    (
      ["evaluate", "--config", "a", "--data", "b", "--checkpoint", "c", "--output", "d"]
        + ["--calibration", ","], "--calibration: expected a name"
    ),
    (["demo", "--threads", "0"], "expected a number from 1 to 1024, found 0"),
    (["dmo"], "Unexpected argument 'dmo'"),
    (["inspect"], "Give a checkpoint, --config, or both"),
    (["benchmark", "--network", "wrn-28"], "expected wrn-DEPTH-WIDTH"),
    (["benchmark", "--network", "wrn-27-10"], "expected wrn-DEPTH-WIDTH"),
    (["benchmark", "--network", "wrn-10-1", "--batch", "0"], "expected a number from 1 to 65536"),
    (["benchmark", "--network", "wrn-10-1", "--seed", "1"], "Unknown option '--seed'"),
    (["inspect", "a", "--seed", "1"], "Unknown option '--seed'"),
    (["inspect", "a", "--threads", "1"], "Unknown option '--threads'"),
    (["convert", "a", "b.pt", "--threads", "1"], "Unknown option '--threads'"),
    (["merge", "a", "--output", "b", "--seed", "1"], "Unknown option '--seed'"),
    (
      ["corrupt", "--image", "a", "--preview", "b", "--limit", "0"],
      "expected a number of at least 1"
    ),
  ])
  func `misuse exits with 64 and the usage`(arguments: [String], message: String) throws {
    let process = try MixmoProcess(arguments)
    #expect(process.status == 64)
    #expect(process.errors.contains(message), "\(process.errors)")
    #expect(process.errors.contains("Usage: mixmo"))
  }

  @Test func `help lists each subcommand once`() throws {
    let help = try MixmoProcess("--help")
    #expect(help.status == 0)
    let lines = help.output.split(separator: "\n")
    for name in [
      "demo", "train", "evaluate", "inspect", "convert", "data", "benchmark",
    ] { #expect(lines.count { $0.hasPrefix("  \(name) ") } == 1, "\(name)") }
  }

  @Test func `a level of kernels can be forced, and must be one the machine has`() throws {
    let arguments = [
      "benchmark", "--network", "wrn-10-1", "--batch", "2", "--rounds", "1", "--threads", "1",
      "--train", "--layers",
    ]
    let forced = try MixmoProcess(arguments, environment: ["MIXMO_KERNELS": "baseline"])
    #expect(forced.status == 0, "\(forced.errors)")
    #expect(forced.output.contains("wrn-10-1 M=2 training batch 2"))
    #expect(forced.output.contains("layer3.0.conv1"))
    let unknown = try MixmoProcess(arguments, environment: ["MIXMO_KERNELS": "avx3"])
    #expect(unknown.status == 64)
    #expect(unknown.errors.contains("MIXMO_KERNELS: expected baseline"), "\(unknown.errors)")
  }

  @Test func `names in JSON are in snake case`() throws {
    let process = try MixmoProcess(
      "benchmark", "--network", "wrn-10-1", "--batch", "2", "--rounds", "1", "--threads", "1",
      "--layers", "--json")
    #expect(process.status == 0, "\(process.errors)")
    for name in ["images_per_second", "input_gradient", "input_side"] {
      #expect(process.output.contains("\"\(name)\":"), "\(process.output)")
    }
    #expect(!process.output.contains(/"[a-z]*[A-Z]\w*":/), "\(process.output)")
  }

  @Test func `inspect shows each layer with its method, and what a checkpoint holds`() throws {
    let workspace = try Workspace(epochs: 1)
    // Which method is the fastest depends on the instruction set.
    let layers = try MixmoProcess(
      ["inspect", "--config", workspace.configuration], environment: ["MIXMO_KERNELS": "baseline"])
    #expect(layers.status == 0, "\(layers.errors)")
    for (name, method) in [
      ("list_conv1.1", "patches"), ("layer1.0.conv1", "winograd"), ("layer2.0.conv2", "taps"),
      ("layer3.0.shortcut.0", "taps"),
    ] {
      let line = layers.output.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
      #expect(line?.hasSuffix(method) == true, "\(name): \(line ?? "no line")")
    }
    for (name, features) in [
      ("layer1.0.bn1.bias", "32×32×16 → 32×32×16"), ("list_fc.1.bias", "64 → "),
    ] {
      let line = layers.output.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
      #expect(line?.contains("float32") == true && line?.contains(features) == true, "\(name)")
    }
    #expect(try MixmoProcess(workspace.train(save: "runs", "--quiet")).status == 0)
    let checkpoint = workspace.path("runs/small/last.ckpt")
    let tensors = try MixmoProcess("inspect", checkpoint)
    #expect(tensors.status == 0 && tensors.output.contains("layer1.0.bn1.running_mean"))
    let both = try MixmoProcess(
      "inspect", checkpoint, "--config", workspace.configuration, "--json")
    let report = try JSONSerialization.jsonObject(with: Data(both.output.utf8)) as? [String: Any]
    let rows = report?["rows"] as? [[String: Any]]
    #expect(rows?.contains { $0["method"] as? String == "winograd" } == true)
    let separation = report?["feature_separation"] as? [String: Any]
    #expect((separation?["encoder_norms"] as? [[Double]])?.map(\.count) == [16, 16])
    let alone = try MixmoProcess("inspect", checkpoint, "--json")
    let ofFile = try JSONSerialization.jsonObject(with: Data(alone.output.utf8)) as? [String: Any]
    #expect(ofFile?["feature_separation"] as? NSDictionary == separation as NSDictionary?)
  }

  @Test func `bad input exits with 1, names the file and leaves everything`() throws {
    let workspace = try Workspace(epochs: 1)
    func expect(_ arguments: [String], _ messages: String...) throws {
      let process = try MixmoProcess(arguments)
      #expect(process.status == 1, "\(arguments)")
      for message in messages { #expect(process.errors.contains(message), "\(process.errors)") }
    }
    let nowhere = workspace.path("nowhere")
    try expect(
      ["train", "--config", nowhere, "--data", workspace.data, "--save", workspace.path("runs")],
      nowhere, "No such file or directory")
    try expect(
      [
        "train", "--config", workspace.configuration, "--data", nowhere, "--save",
        workspace.path("runs"),
      ],
      "digits: no data found; looked in \(nowhere)")
    try expect(workspace.train(save: "small.yaml"), "small.yaml", "Not a directory")

    try #require(MixmoProcess(workspace.train(save: "runs", "--quiet")).status == 0)
    let before = try workspace.bytes("runs/small/last.ckpt")
    try expect(
      workspace.evaluate(save: "runs", "--checkpoint", "7"), "no checkpoint of epoch 7; kept are 1")
    try expect(
      workspace.evaluate(
        save: "runs", "--checkpoint", workspace.path("small.yaml"), "--output",
        workspace.path("out")),
      "small.yaml: expected a checkpoint, found text")

    var other = try TestRecipe.small(epochs: 1)
    try other.replace("widen_factor", by: "2")
    try AtomicFile.write(other.text, to: workspace.folder.file("wide.yaml"))
    try expect(
      [
        "evaluate", "--config", workspace.path("wide.yaml"), "--data", workspace.data, "--output",
        workspace.path("out"), "--checkpoint", workspace.path("runs/small/last.ckpt"),
      ], "other weights than the network's", "layer1.0.conv1.weight [16, 16, 3, 3]")
    #expect(!FileManager.default.fileExists(atPath: workspace.path("out")))

    try AtomicFile.write(other.text, to: workspace.folder.file("small.yaml"))
    try expect(workspace.train(save: "runs"), "belongs to another configuration", "--from-scratch")
    #expect(try workspace.bytes("runs/small/last.ckpt") == before)
  }

  @Test func `a file of records cut short is named with its offset`() throws {
    let workspace = try Workspace(epochs: 1)
    let file = workspace.folder.file("data/digits-data/cifar-10-batches-bin/data_batch_2.bin")
    let bytes = try FileContents.read(file, limit: 1 << 20)
    try AtomicFile.write(Array(bytes.dropLast(73)), to: file)
    let process = try MixmoProcess(workspace.train(save: "runs"))
    #expect(process.status == 1)
    #expect(process.errors.contains("data_batch_2.bin: byte 27657: expected a record of 3073"))
    var wrong = bytes
    wrong[3073] = 10
    try AtomicFile.write(wrong, to: file)
    let labeled = try MixmoProcess(workspace.train(save: "runs"))
    #expect(labeled.status == 1)
    #expect(
      labeled.errors.contains(
        "data_batch_2.bin: byte 3073: expected a label from 0 to 9, found 10"))
  }

  @Test func `a configuration that is not in the folder may be one of the program's`() throws {
    let folder = try TemporaryFolder()
    func inspect(_ path: String) throws -> MixmoProcess {
      try MixmoProcess(
        ["inspect", "--config", path], environment: ["MIXMO_HOME": TestPackage.url.path],
        folder: folder.url)
    }
    let path = "config/digits/exp_digits_wrn101-2_cutmixmo-p5_standard_bar1.yaml"
    let shared = try inspect(path)
    #expect(shared.status == 0, "\(shared.errors)")
    try FolderCreation.create(folder.file("config/digits"))
    try AtomicFile.write("model: [", to: folder.file(path))
    let own = try inspect(path)
    #expect(own.status == 1 && own.errors.contains(path), "\(own.errors)")
    let missing = try inspect("config/none.yaml")
    #expect(missing.status == 1)
    let places = [TestPackage.url.path, folder.url.lastPathComponent]
    #expect(
      missing.errors.contains("config/none.yaml not found; looked in ")
        && places.allSatisfy { missing.errors.contains($0) }, "\(missing.errors)")
  }

  @Test func `shared files are looked for in MIXMO_HOME first`() throws {
    let home = try TemporaryFolder()
    try FolderCreation.create(home.file("corruptions"))
    try AtomicFile.write("suite: [", to: home.file("corruptions/cifar.yaml"))
    let workspace = try Workspace(epochs: 1)
    let process = try MixmoProcess(
      workspace.evaluate(save: "runs", "--checkpoint", "x", "--corruptions", "--generate"),
      environment: ["MIXMO_HOME": home.url.path])
    #expect(process.status == 1)
    #expect(process.errors.contains(home.file("corruptions/cifar.yaml").path), "\(process.errors)")
  }
}
