import Formats
import Foundation
import TestSupport
import Testing

/// `mixmo train` as a user meets it.
struct TrainCommandTests {
  @Test func `a folder that another process trains in is refused by name`() throws {
    let workspace = try Workspace(epochs: 20, trainCount: 16, testCount: 8)
    try workspace.trainUndisturbed()
    let first = try RunningMixmo(workspace.train(save: "runs", "--json"))
    first.waitForEpochs(1)
    first.send(SIGSTOP)
    let before = try workspace.files("runs/small")
    for more in [[], ["--from-scratch"]] {
      let second = try MixmoProcess(workspace.train(save: "runs") + more)
      #expect(second.status == 1)
      #expect(
        second.errors.contains(
          "\(workspace.path("runs/small/train.lock")): another process is at work here"),
        "\(second.errors)")
      let isSame = try workspace.files("runs/small") == before
      #expect(isSame, "the second process touched the first one's files")
    }
    first.send(SIGCONT)
    #expect(first.end() == 0, "\(first.lines)")
    try workspace.expectSameRun("runs")
  }

  @Test func `no other training begins while the best epoch is evaluated`() throws {
    // So many images to test that the evaluation takes a while.
    let workspace = try Workspace(epochs: 1, trainCount: 16, testCount: 300)
    let first = try RunningMixmo(workspace.train(save: "runs"))
    while let line = first.nextLine(), !line.contains(": the best epoch, ") {}
    first.send(SIGSTOP)
    try #require(
      !FileManager.default.fileExists(atPath: workspace.path("runs/small/summary.csv")),
      "stopped too late")
    let second = try MixmoProcess(workspace.train(save: "runs", "--from-scratch"))
    #expect(second.status == 1 && second.errors.contains("train.lock: another process"))
    first.send(SIGCONT)
    #expect(first.end() == 0, "\(first.lines)")
  }

  @Test func `--keep 1 leaves the latest kept and the best checkpoint`() throws {
    // The checkpoint of epoch 30 is kept however accurate.
    let workspace = try Workspace(epochs: 31, trainCount: 16, testCount: 8)
    try workspace.trainUndisturbed()
    let run = try MixmoProcess(workspace.train(save: "runs", "--keep", "1"))
    #expect(run.status == 0, "\(run.errors)")
    let logs = try CSVTable(contentsOf: workspace.folder.file("runs/small/logs.csv"))
    #expect(try workspace.bytes("runs/small/logs.csv") == workspace.bytes("whole/small/logs.csv"))
    let accuracies = try #require(logs.column("test/accuracy")).map(Double.init)
    let saved = try #require(logs.column("general/checkpoint_saved"))
    let kept = saved.indices.filter { saved[$0] == "1" }
    let best = try #require(
      kept.max { (accuracies[$0] ?? -1, $0) < (accuracies[$1] ?? -1, $1) })
    let expected = Set(
      [best, try #require(kept.last)].map { String(format: "checkpoint_epoch_%03d.ckpt", $0 + 1) })
    #expect(kept.count > expected.count, "nothing to remove")
    let names = try workspace.files("runs/small").keys.filter { $0.hasPrefix("checkpoint_epoch") }
    #expect(Set(names) == expected)

    let evaluation = try MixmoProcess(
      workspace.evaluate(save: "runs", "--checkpoint", "best", "--output", workspace.path("out")))
    #expect(evaluation.status == 0, "\(evaluation.errors)")
    #expect(try workspace.bytes("out/cells.csv") == workspace.bytes("runs/small/cells.csv"))
  }

  @Test func `--keep thins out a run that was killed before it could`() throws {
    let workspace = try Workspace(epochs: 4, trainCount: 16, testCount: 8)
    let all = try MixmoProcess(workspace.train(save: "runs"))
    #expect(all.status == 0, "\(all.errors)")
    let thinned = try MixmoProcess(workspace.train(save: "runs", "--keep", "1"))
    #expect(thinned.status == 0, "\(thinned.errors)")
    let once = try MixmoProcess(workspace.train(save: "once", "--keep", "1"))
    #expect(once.status == 0, "\(once.errors)")
    #expect(
      try workspace.files("runs/small").keys.sorted() == workspace.files("once/small").keys.sorted()
    )
  }

  @Test func `with --json every line is JSON, the epochs' under the columns of the logs`() throws {
    let workspace = try Workspace(epochs: 3)
    let run = try MixmoProcess(workspace.train(save: "runs", "--json"))
    #expect(run.status == 0, "\(run.errors)")
    let lines = run.output.split(separator: "\n").map { Data($0.utf8) }
    let epochs = try lines.dropLast().map {
      try JSONDecoder().decode([String: Double].self, from: $0)
    }
    #expect(epochs.map { $0["epoch"] } == [1, 2, 3])
    let summary = try JSONSerialization.jsonObject(with: #require(lines.last))
    #expect((summary as? [[String: Any]])?.isEmpty == false, "\(run.output)")
    let logs = try CSVTable(contentsOf: workspace.folder.file("runs/small/logs.csv"))
    for (epoch, row) in zip(epochs, logs.rows) {
      // What is undefined is an empty field there and absent here.
      let defined = zip(logs.header, row).filter { $0.1 != "" }
      #expect(Set(epoch.keys) == Set(defined.map(\.0)))
      for (name, field) in defined { #expect(epoch[name] == Double(field), "\(name)") }
    }
  }

  @Test func `a result that cannot be written stops the run, which goes on afterwards`() throws {
    let workspace = try Workspace(epochs: 3, trainCount: 16, testCount: 8)
    let process = MixmoProcess.process(workspace.train(save: "runs", "--json", "--quiet"))
    let errors = Pipe()
    process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
    process.standardError = errors
    try process.run()
    let text = String(
      decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    #expect(text.contains("/dev/stdout: cannot be written: No space left on device"), "\(text)")
    let rest = try MixmoProcess(workspace.train(save: "runs", "--json"))
    #expect(rest.status == 0 && rest.errors.contains("resuming after epoch 1 of 3"))
  }

  /// What `run.json` says, but for the seconds that the evaluation took and for its command.
  private func record(_ workspace: Workspace, _ name: String) throws -> NSDictionary {
    let text = try workspace.bytes("\(name)/run.json")
    let object = try JSONSerialization.jsonObject(with: Data(text))
    var record = try #require(object as? [String: Any])
    #expect(record.removeValue(forKey: "durationSeconds") is Double)
    let history = try #require(record.removeValue(forKey: "history") as? [[String: Any]])
    #expect(history.map { $0["predictions"] as? [String] } == [["labels.npy", "clean-0.npy"]])
    return record as NSDictionary
  }

  @Test func `the best epoch is evaluated in the end as evaluate would`() throws {
    let workspace = try Workspace(epochs: 3)
    try workspace.trainUndisturbed()
    let evaluation = try MixmoProcess(
      workspace.evaluate(save: "whole", "--checkpoint", "best", "--output", workspace.path("out")))
    #expect(evaluation.status == 0, "\(evaluation.errors)")
    for name in ["cells", "diversity", "reliability", "summary"] {
      #expect(
        try workspace.bytes("whole/small/\(name).csv") == workspace.bytes("out/\(name).csv"),
        "\(name)")
    }
    #expect(try record(workspace, "whole/small") == record(workspace, "out"))
  }

  @Test func `what the evaluation lacks is said before the training`() throws {
    let workspace = try Workspace(epochs: 1)
    try FolderCreation.create(workspace.folder.file("home/corruptions"))
    try AtomicFile.write("suite: [", to: workspace.folder.file("home/corruptions/cifar.yaml"))
    let run = try MixmoProcess(
      workspace.train(save: "runs"), environment: ["MIXMO_HOME": workspace.path("home")])
    #expect(run.status == 1)
    #expect(run.errors.contains(workspace.path("home/corruptions/cifar.yaml")), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: workspace.path("runs")))
  }

  @Test func `an evaluation of another checkpoint stays, and a warning says so`() throws {
    let workspace = try Workspace(epochs: 10)
    let run = try RunningMixmo(workspace.train(save: "runs", "--json"))
    run.waitForEpochs(1)
    run.send(SIGTERM)
    #expect(run.end() == 130)
    let evaluation = try MixmoProcess(workspace.evaluate(save: "runs", "--checkpoint", "1"))
    #expect(evaluation.status == 0, "\(evaluation.errors)")
    let files = ["run.json", "cells.csv", "summary.csv", "predictions/clean-0.npy"]
    let before = try files.map { try workspace.bytes("runs/small/\($0)") }
    let rest = try MixmoProcess(workspace.train(save: "runs"))
    #expect(rest.status == 0)
    #expect(
      rest.errors.contains(
        "warning: \(workspace.path("runs/small")): holds an evaluation of another checkpoint, which stays"
      ), "\(rest.errors)")
    #expect(!rest.errors.contains("checkpoint_epoch_001.ckpt: the best epoch"))
    let after = try files.map { try workspace.bytes("runs/small/\($0)") }
    #expect(after == before)
  }

  @Test(arguments: [false, true])
  func `a damaged best checkpoint is called damaged`(isCut: Bool) throws {
    let workspace = try Workspace.trained()
    let name = "runs/small/checkpoint_epoch_001.ckpt"
    var bytes = try workspace.bytes(name)
    if isCut { bytes.removeLast(bytes.count / 3) } else { bytes[bytes.count / 3] ^= 16 }
    try AtomicFile.write(bytes, to: workspace.folder.file(name))
    let run = try MixmoProcess(workspace.train(save: "runs"))
    #expect(run.status == 1)
    let last = run.errors.split(separator: "\n").last ?? ""
    #expect(last.hasPrefix("Error: \(workspace.path(name)): "), "\(run.errors)")
    #expect(!run.errors.contains("another checkpoint"), "\(run.errors)")
  }

  @Test func `a rate that diverges stops with the step, and leaves the epoch before`() throws {
    let workspace = try Workspace(epochs: 3)
    let one = try TestRecipe.small(epochs: 3).text.replacing("14: 0.1", with: "2: 1.0e+30")
    try AtomicFile.write(one, to: workspace.folder.file("small.yaml"))
    let run = try RunningMixmo(workspace.train(save: "runs", "--json"))
    run.waitForEpochs(1)
    #expect(run.end() == 1)
    // The warm-up ends with the first of the three steps of epoch 2; the second blows up the weights.
    #expect(
      run.lines.last
        == "Error: \(workspace.path("runs/small")): the loss became infinite or NaN in epoch 2, step 3; "
        + "the last good checkpoint is \(workspace.path("runs/small/last.ckpt")); lower the learning rate "
        + "(lr) in the configuration, and start over", "\(run.lines)")
    let files = try workspace.files("runs/small")
    #expect(
      files.keys.sorted() == [
        "checkpoint_epoch_001.ckpt", "config.yaml", EventFile.name, "last.ckpt", "logs.csv",
        "train.lock",
      ])
    let isSame = files["last.ckpt"] == files["checkpoint_epoch_001.ckpt"]
    #expect(isSame)
    #expect(
      try CSVTable(contentsOf: workspace.folder.file("runs/small/logs.csv")).column("epoch") == [
        "1"
      ])
  }

  @Test func `exact sums are refused where products depend on the other rows`() throws {
    let workspace = try Workspace()
    let run = try MixmoProcess(
      workspace.train(save: "runs", "--exact-sums"), environment: ["MIXMO_KERNELS": "baseline"])
    #expect(run.status == 1)
    #expect(run.errors.contains("--exact-sums: expected a processor with AVX2"), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: workspace.path("runs")))
  }

  @Test func `one of several processes needs a program with MPI`() throws {
    let workspace = try Workspace(epochs: 1)
    let started = ["OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "0"]
    let run = try MixmoProcess(workspace.train(save: "runs"), environment: started)
    #expect(run.status == 64 && run.errors.contains("one of 2 processes, of a mixmo without MPI"))
    #expect(run.errors.contains("Usage: mixmo train"), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: workspace.path("runs")))
    let alone = try MixmoProcess(["bench-mpi", "--network", "wrn-10-1"])
    #expect(alone.status == 64 && alone.errors.contains("mpirun -n 2 mixmo-mpi bench-mpi"))
  }

  @Test func `a run's own configuration goes on in its folder, and evaluates there`() throws {
    let workspace = try Workspace(epochs: 10)
    let run = try RunningMixmo(workspace.train(save: "runs", "--json"))
    run.waitForEpochs(1)
    run.send(SIGTERM)
    #expect(run.end() == 130)
    try workspace.trainUndisturbed()
    let own = ["--config", workspace.path("runs/small/config.yaml"), "--data", workspace.data]
    let rest = try MixmoProcess(["train"] + own)
    #expect(rest.status == 0 && rest.errors.contains("resuming after epoch"), "\(rest.errors)")
    try workspace.expectSameRun("runs")
    let evaluation = try MixmoProcess(
      ["evaluate", "--checkpoint", "best", "--calibration", "none,temperature"] + own)
    #expect(evaluation.status == 0, "\(evaluation.errors)")
    let cells = try CSVTable(contentsOf: workspace.folder.file("runs/small/cells.csv"))
    #expect(Set(cells.column("run") ?? []) == ["small"])
    #expect(Set(cells.column("calibration") ?? []) == ["none", "temperature"])
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: workspace.path("runs")) == ["small"])
    // Below another folder it is a run of the same name.
    let elsewhere = try MixmoProcess(["train", "--save", workspace.path("other")] + own)
    #expect(elsewhere.status == 0, "\(elsewhere.errors)")
    try workspace.expectSameRun("other")
  }

  @Test func `a configuration of no run needs a place for the run`() throws {
    let workspace = try Workspace()
    let arguments = ["--config", workspace.configuration, "--data", workspace.data]
    let training = try MixmoProcess(["train"] + arguments)
    #expect(
      training.status == 64 && training.errors.contains("Give --save, "), "\(training.errors)")
    let evaluation = try MixmoProcess(["evaluate", "--checkpoint", "best"] + arguments)
    #expect(
      evaluation.status == 64
        && evaluation.errors.contains(
          "--checkpoint best needs --save, for the run's folder, or the config.yaml in it.")
    )
    let nowhere = try MixmoProcess(workspace.evaluate(save: "runs", "--checkpoint", "best"))
    #expect(
      nowhere.status == 1
        && nowhere.errors.contains("runs/small: expected the folder of a run, found none"))
  }

  @Test func `the line of progress has the accuracy of the last epoch`() throws {
    let workspace = try Workspace()
    for (options, name) in [([], "test"), (["--validation", "9"], "validation")] {
      let run = try MixmoProcess(workspace.train(save: name) + options)
      #expect(run.status == 0, "\(run.errors)")
      let logs = try CSVTable(contentsOf: workspace.folder.file("\(name)/small/logs.csv"))
      let first = try #require(logs.column("\(name)/accuracy")?.first.flatMap { Double($0) })
      let line = run.errors.split(separator: "\n").first { $0.contains("epoch 2/2") }
      let text = String(format: "  \(name) %.2f %%", 100 * first)
      #expect(line?.hasSuffix(text) == true, "\(run.errors)")
    }
  }

  @Test func `--validation keeps images, and chooses the best epoch on them`() throws {
    let workspace = try Workspace(epochs: 3)
    let plain = try MixmoProcess(workspace.train(save: "plain"))
    #expect(
      plain.errors.contains(
        ": the best epoch, of the highest test accuracy, as in the reference (--validation chooses it "
          + "on other images)"), "\(plain.errors)")
    let run = try MixmoProcess(workspace.train(save: "runs", "--validation", "16"))
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.errors.contains(": the best epoch, of the highest accuracy on the validation images"))
    let yaml = String(decoding: try workspace.bytes("runs/small/config.yaml"), as: UTF8.self)
    #expect(yaml.hasSuffix("validation: 16\n"))
    let again = try MixmoProcess(workspace.train(save: "runs", "--validation", "16"))
    #expect(again.status == 0, "\(again.errors)")
    for options in [["--validation", "8"], ["--validation", "0"], []] {
      let other = try MixmoProcess(workspace.train(save: "runs") + options)
      #expect(
        other.status == 1 && other.errors.contains("keeps 16 images for validation, not "),
        "\(other.errors)")
    }
    // The folder's own configuration knows.
    let own = try MixmoProcess(
      "train", "--config", workspace.path("runs/small/config.yaml"), "--data", workspace.data)
    #expect(own.status == 0, "\(own.errors)")
    let wrong = try MixmoProcess(workspace.train(save: "runs", "--validation", "1000000001"))
    #expect(
      wrong.status == 64
        && wrong.errors.contains(
          "--validation: expected a number from 0 to 1000000000, found 1000000001.")
    )
    let all = try MixmoProcess(workspace.train(save: "more", "--validation", "48"))
    #expect(
      all.status == 1
        && all.errors.contains("training beside 48 validation images needs at least 49 images"))
    #expect(!FileManager.default.fileExists(atPath: workspace.path("more")))
  }
}
