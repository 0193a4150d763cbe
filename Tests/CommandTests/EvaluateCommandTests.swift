import Datasets
import Formats
import Foundation
import TestSupport
import Testing

/// `mixmo evaluate` on the files of CIFAR-10-C.
struct CorruptedFilesTests {
  /// A trained network, 24 clean images, and fog and contrast of them: each severity adds 10.
  private func workspace() throws -> Workspace {
    let workspace = try Workspace.trained(as: .cifar10)
    let clean = try DatasetKind.cifar10.read(.test, in: workspace.folder.file("data"))
    try FolderCreation.create(workspace.folder.file("data/CIFAR-10-C"))
    try NumPyArray.write(
      (0..<5).flatMap { _ in clean.labels.map(UInt8.init) }, shape: [120],
      to: workspace.folder.file("data/CIFAR-10-C/labels.npy"))
    let images = try (0..<clean.count).map { try clean.image(at: $0) }
    let pixels = (1...5).flatMap { severity in
      images.flatMap { $0.pixels.map { $0 &+ UInt8(10 * severity) } }
    }
    for name in ["fog", "contrast"] { try write(name, pixels, workspace) }
    return workspace
  }

  private func write(_ name: String, _ pixels: [UInt8], _ workspace: Workspace) throws {
    try NumPyArray.write(
      pixels, shape: [120, 32, 32, 3], to: workspace.folder.file("data/CIFAR-10-C/\(name).npy"))
  }

  private func evaluate(_ workspace: Workspace, _ more: String...) throws -> MixmoProcess {
    try MixmoProcess(workspace.evaluate(save: "runs", "--checkpoint", "best") + more)
  }

  @Test func `corrupted files are scored, and those that are missing are named`() throws {
    let workspace = try workspace()
    let all = try evaluate(workspace, "--corruptions")
    #expect(all.status == 0, "\(all.errors)")
    #expect(all.errors.contains("no files, left out: gaussian_noise, shot_noise, "))
    let cells = try CSVTable(contentsOf: workspace.folder.file("runs/small/cells.csv"))
    let scored = Set(zip(cells.column("corruption") ?? [], cells.column("severity") ?? []).map(+))
    #expect(
      scored
        == Set(["clean0"] + (1...5).flatMap { ["contrast\($0)", "fog\($0)"] }))
    #expect(Set(cells.column("samples") ?? []) == ["24"])

    let missing = try evaluate(workspace, "--corruption", "snow")
    #expect(missing.status == 1)
    #expect(missing.errors.contains("CIFAR-10-C/snow.npy: cannot be read: No such file"))

    let named = try evaluate(
      workspace, "--corruptions", "--corruption", "snw")
    #expect(named.status == 64 && named.errors.contains("did you mean \"snow\"?"))
    #expect(named.errors.contains("Usage: mixmo evaluate"), "\(named.errors)")

    // Predictions of other files must not be scored as those of these.
    try write("fog", Array(repeating: 7, count: 120 * 3072), workspace)
    let changed = try evaluate(workspace, "--corruption", "fog")
    #expect(changed.status == 1)
    #expect(changed.errors.contains("belongs to another evaluation: fog-1"), "\(changed.errors)")
    let made = try evaluate(
      workspace, "--corruption", "contrast", "--generate")
    #expect(made.status == 1)
    #expect(made.errors.contains("belongs to another evaluation: suite"), "\(made.errors)")
  }

  @Test func `files without labels and of other names are scored`() throws {
    let workspace = try workspace()
    try FileManager.default.removeItem(at: workspace.folder.file("data/CIFAR-10-C/labels.npy"))
    try write("caustic_noise", Array(repeating: 7, count: 120 * 3072), workspace)
    let all = try evaluate(workspace, "--corruptions", "--bootstrap", "0")
    #expect(all.status == 0, "\(all.errors)")
    for words in ["no labels.npy; the labels are", "no published list has them: caustic_noise;"] {
      #expect(all.errors.ranges(of: words).count == 1, "\(all.errors)")
    }
    let other = try evaluate(
      workspace, "--corruption", "caustic_noise", "--corruption", "fog", "--bootstrap", "0")
    #expect(other.status == 0, "\(other.errors)")
    let cells = try CSVTable(contentsOf: workspace.folder.file("runs/small/cells.csv"))
    let names = Set(cells.column("corruption") ?? [])
    #expect(names == ["clean", "fog", "contrast", "caustic_noise"])
    for command in ["table", "report"] {
      let process = try MixmoProcess([command, workspace.path("runs/small")])
      #expect(process.status == 0, "\(process.errors)")
    }
    let wrong = try evaluate(workspace, "--corruption", "caustic_nois")
    #expect(wrong.status == 64 && wrong.errors.contains("did you mean \"caustic_noise\"?"))
    let made = try evaluate(workspace, "--corruption", "caustic_noise", "--generate")
    #expect(made.status == 64 && made.errors.contains("unknown \"caustic_noise\""))
  }

  @Test func `a benchmark without any of the corruptions is an error`() throws {
    let workspace = try workspace()
    for name in ["fog", "contrast"] {
      try FileManager.default.removeItem(at: workspace.folder.file("data/CIFAR-10-C/\(name).npy"))
    }
    let process = try evaluate(workspace, "--corruptions")
    #expect(process.status == 1)
    #expect(process.errors.contains("cifar10: expected corrupted images below"))
  }
}

/// `mixmo evaluate` where predictions are stored already.
struct StoredPredictionTests {
  private static let names = ["clean-0.npy", "contrast-2.npy"]

  private func evaluate(_ workspace: Workspace, _ calibrations: String) throws -> CSVTable {
    let evaluation = try MixmoProcess(
      workspace.evaluate(
        save: "runs", "--checkpoint", "best", "--generate", "--corruption", "contrast",
        "--severity", "2", "--calibration", calibrations, "--bootstrap", "0", "--quiet"))
    try #require(evaluation.status == 0, "\(evaluation.errors)")
    return try CSVTable(contentsOf: workspace.folder.file("runs/small/cells.csv"))
  }

  /// What tells a file from one that was written in its workspace.
  private func identities(_ workspace: Workspace) throws -> [[Int]] {
    try Self.names.map { name in
      var status = stat()
      try #require(stat(workspace.path("runs/small/predictions/\(name)"), &status) == 0)
      return [Int(status.st_ino), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }
  }

  private func column(_ name: String, of table: CSVTable, where calibration: String) throws
    -> [String]
  {
    let calibrations = try #require(table.column("calibration"))
    let values = try #require(table.column(name))
    return zip(calibrations, values).filter { $0.0 == calibration }.map(\.1)
  }

  @Test func `other calibrations score what is stored, and the network predicts nothing`() throws {
    let workspace = try Workspace.trained()
    let plain = try evaluate(workspace, "none")
    let before = try identities(workspace)

    let calibrated = try evaluate(workspace, "none,temperature,isotonic")
    #expect(try identities(workspace) == before, "predictions were written again")
    #expect(
      try column("nll", of: calibrated, where: "none") == column("nll", of: plain, where: "none"))
    #expect(try column("nll", of: calibrated, where: "temperature").count == 10)

    // Logits that no network has made, every label above the rest: a table that follows them was
    // made of the file.
    let labels = try NumPyArray(
      contentsOf: workspace.folder.file("runs/small/predictions/labels.npy")
    ).values(of: Int64.self)
    let logits = labels.flatMap { label in
      (0..<20).map { Float($0 % 10 == Int(label) ? 5 : 0) }
    }
    for name in Self.names {
      try NumPyArray.write(
        logits, shape: [labels.count, 2, 10],
        to: workspace.folder.file("runs/small/predictions/\(name)"))
    }
    let replaced = try identities(workspace)
    let refused = try MixmoProcess(
      workspace.evaluate(save: "runs", "--checkpoint", "best", "--quiet"))
    #expect(refused.status == 1)
    #expect(
      refused.errors.contains("predictions/clean-0.npy: not this run's file: expected SHA-256 "),
      "\(refused.errors)")
    try workspace.forgetDigests("runs/small")
    let after = try evaluate(workspace, "none,histogram")
    #expect(try identities(workspace) == replaced, "predictions were written again")
    #expect(try Set(column("accuracy", of: after, where: "none")) == ["1.0"])
    #expect(try Set(column("accuracy", of: plain, where: "none")) != ["1.0"])
  }
}

/// An evaluation that a signal stops says how to go on, and exits with 130.
struct InterruptionTests {
  private func evaluation(_ workspace: Workspace, _ output: String) -> [String] {
    workspace.evaluate(
      save: "runs", "--checkpoint", "best", "--generate", "--corruption", "contrast",
      "--corruption", "brightness", "--bootstrap", "0", "--output", workspace.path(output))
  }

  @Test func `an interrupted evaluation goes on with the same command`() throws {
    // So many images to test that an evaluation takes a while.
    let workspace = try Workspace.trained(testCount: 300)
    let whole = try MixmoProcess(evaluation(workspace, "whole"))
    try #require(whole.status == 0, "\(whole.errors)")
    for signal in [SIGINT, SIGTERM, SIGHUP] {
      let run = try RunningMixmo(evaluation(workspace, "\(signal)"))
      // The first batch is predicted.
      run.nextLine()
      run.send(signal)
      #expect(run.end() == 130)
      let message = try #require(run.lines.last)
      #expect(
        message.contains(/^interrupted; run the same command to continue from [a-z]+-[0-5]$/),
        "\(run.lines)")
      let rest = try MixmoProcess(evaluation(workspace, "\(signal)"))
      #expect(rest.status == 0 && rest.output == whole.output, "\(rest.errors)")
    }
  }

  @Test func `what nohup starts outlives its terminal`() throws {
    let workspace = try Workspace.trained(testCount: 300)
    let run = try RunningMixmo(evaluation(workspace, "out"), byNohup: true)
    run.nextLine()
    run.send(SIGHUP)
    #expect(run.end() == 0, "\(run.lines)")
  }

  @Test func `after a training that started over it goes on without --from-scratch`() throws {
    // So many images to test that the evaluation takes a while.
    let workspace = try Workspace(epochs: 1, trainCount: 16, testCount: 300)
    let run = try RunningMixmo(workspace.train(save: "runs", "--from-scratch"))
    while let line = run.nextLine(), !line.contains(": the best epoch, ") {}
    run.send(SIGTERM)
    #expect(run.end() == 130)
    #expect(
      run.lines.last?.hasPrefix("interrupted; run the same command without --from-scratch ")
        == true,
      "\(run.lines)")
  }
}

/// Two processes with one folder for their results.
struct LockedFolderTests {
  @Test func `a folder that another process writes results to is refused by name`() throws {
    let workspace = try Workspace(epochs: 1)
    let evaluate = workspace.evaluate(save: "runs", "--checkpoint", "best", "--bootstrap", "0")
    for arguments in [
      workspace.train(save: "runs"),
      evaluate + ["--output", workspace.path("shard"), "--shard", "1/1"],
    ] {
      let process = try MixmoProcess(arguments)
      try #require(process.status == 0, "\(process.errors)")
    }
    let score = [
      "score", "--logits", workspace.path("shard/predictions/clean-0.npy"), "--labels",
      workspace.path("shard/predictions/labels.npy"), "--bootstrap", "0",
    ]
    for (index, command) in [evaluate, score, ["merge", workspace.path("shard")]].enumerated() {
      let output = workspace.folder.file("\(index)")
      let arguments = command + ["--output", output.path]
      try FolderCreation.create(output)
      let lock = try FileLock(output.appending(path: ".mixmo.lock"))
      let refused = try MixmoProcess(arguments)
      #expect(refused.status == 1)
      #expect(
        refused.errors.contains("\(output.path)/.mixmo.lock: another process is at work here"),
        "\(refused.errors)")
      #expect(try workspace.files("\(index)").keys.sorted() == [".mixmo.lock"])
      lock.release()
      let process = try MixmoProcess(arguments)
      #expect(process.status == 0, "\(process.errors)")
    }
  }
}
