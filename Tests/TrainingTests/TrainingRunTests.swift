import Checkpoints
import Datasets
import Formats
import Foundation
import Runs
import Tensors
import TestSupport
import Testing
import Training

struct TrainingRunTests {
  @Test func `leaves configuration, logs and checkpoints`() throws {
    let run = try TestRun()
    let records = try run.run()
    #expect(records.map(\.epoch) == [1, 2])
    let logs = try CSVTable(contentsOf: run.folder.log)
    #expect(
      logs.header.prefix(4) == [
        "epoch", "train/accuracy", "test/accuracy", "general/checkpoint_saved",
      ])
    #expect(logs.column("epoch") == ["1", "2"])
    #expect(run.folder.keptEpochs().first == 1)
    let saved = try RunConfiguration(contentsOf: run.folder.configuration)
    #expect(saved.training.epochCount == 2)
    let last = try Checkpoint(contentsOf: run.folder.lastCheckpoint)
    #expect(last.root["epoch"] == 2)
  }

  @Test(arguments: [1, 3, 4, 5])
  func `a run stopped after some steps ends in the bytes of one that was not`(steps: Int) throws {
    let (whole, stopped) = (try TestRun(), try TestRun())
    _ = try whole.run()
    #expect(throws: TrainingError.self) { try stopped.run(stopAfterSteps: steps) }
    _ = try stopped.run(threads: 1)
    for file in [\RunFolder.lastCheckpoint, \.log, \.configuration] {
      let isSame =
        try whole.bytes(whole.folder[keyPath: file]) == stopped.bytes(stopped.folder[keyPath: file])
      #expect(isSame, "\(file)")
    }
  }

  @Test(arguments: [
    "{name: sgd, params: {lr: 0.1}}",
    "{name: sgd, params: {lr: 0.1, momentum: 0.9, dampening: 0.5, weight_decay: 0.001}}",
    "{name: adam, params: {lr: 0.01, amsgrad: true}}",
    "{name: adadelta, params: {weight_decay: 0.001}}",
    "{name: rmsprop, params: {momentum: 0.9, centered: true}}",
  ])
  func `every optimizer goes on from its checkpoint in the same bytes`(optimizer: String) throws {
    var recipe = try TestRecipe.small(epochs: 2)
    recipe.replace(optimizer: optimizer)
    let (whole, stopped) = (try TestRun(), try TestRun())
    _ = try whole.run(recipe: recipe)
    #expect(throws: TrainingError.self) { try stopped.run(recipe: recipe, stopAfterSteps: 5) }
    #expect(try Checkpoint(contentsOf: stopped.folder.lastCheckpoint).root["epoch"] == 1)
    _ = try stopped.run(threads: 1, recipe: recipe)
    let bytes = try [whole, stopped].map { try $0.bytes($0.folder.lastCheckpoint) }
    let isSame = bytes[0] == bytes[1]
    #expect(isSame)
  }

  @Test func `a checkpoint without the optimizer's state is refused`() throws {
    let run = try TestRun()
    _ = try run.run()
    let url = run.folder.lastCheckpoint
    let checkpoint = try Checkpoint(contentsOf: url)
    let items = try #require(checkpoint.root.items)
    let key: CheckpointKey = "classifier_optimizer_state_dict"
    let emptied = items.map { $0.key == key ? CheckpointItem(key, ["state": [:]]) : $0 }
    try Checkpoint(.dictionary(emptied)).write(to: url)
    #expect(throws: TrainingError.notResumable(url, missing: "the optimizer's state")) {
      try run.run()
    }
  }

  /// Every kind of mixing and augmentation in the recipes, each interrupted within an epoch.
  @Test(arguments: [
    ["method_name": "mixup", "alpha": "0", "weight_root": "1"],
    ["method_name": "cow", "prob": "1"], ["method_name": "patchupsoft", "prob": "1"],
    ["msda": "cutmix", "batch_repetitions": "4", "proba_input_repetition": "0"],
    ["msda": "mixup", "da_method": "augmix"],
  ])
  func `recipes resume to the same bytes`(replacements: [String: String]) throws {
    var others = replacements
    let imageMixing = others.removeValue(forKey: "msda")
    let whole = try TestRun(others, imageMixing: imageMixing)
    let stopped = try TestRun(others, imageMixing: imageMixing)
    let stepCount = replacements["batch_repetitions"] == nil ? 3 : 12
    _ = try whole.run()
    #expect(throws: TrainingError.interrupted(epoch: 2, step: 2)) {
      try stopped.run(stopAfterSteps: stepCount + 2)
    }
    _ = try stopped.run(threads: 1)
    for file in [\RunFolder.lastCheckpoint, \.log] {
      let isSame =
        try whole.bytes(whole.folder[keyPath: file]) == stopped.bytes(stopped.folder[keyPath: file])
      #expect(isSame, "\(file)")
    }
  }

  /// `value` with the value at the key path `path` replaced.
  private static func replace(
    _ value: CheckpointValue, at path: ArraySlice<CheckpointKey>, by new: CheckpointValue
  ) throws -> CheckpointValue {
    guard let key = path.first else { return new }
    let items = try #require(value.items)
    return .dictionary(
      try items.map {
        $0.key == key
          ? CheckpointItem(key, try replace($0.value, at: path.dropFirst(), by: new)) : $0
      })
  }

  @Test(
    arguments: [
      (["progress"], 7), (["progress", "loss_sums"], .list([.double(1)])),
      (["progress", "loss_sums"], .list([])), (["progress", "steps"], 0),
      (["progress", "steps"], 4), (["progress", "steps"], .int(.max)),
      (["progress", "images"], .int(.max)), (["progress", "right"], -1),
      (["records"], .list([.none])), (["records"], .list([["epoch": 1]])),
    ] as [([CheckpointKey], CheckpointValue)])
  func `a state that no run of the configuration can be in is refused`(
    path: [CheckpointKey], new: CheckpointValue
  ) throws {
    let run = try TestRun()
    #expect(throws: TrainingError.self) { try run.run(stopAfterSteps: 4) }
    let url = run.folder.lastCheckpoint
    let root = try Checkpoint(contentsOf: url).root
    try Checkpoint(Self.replace(root, at: ["mixmo"] + path[...], by: new)).write(to: url)
    let missing =
      path[0] == "records" ? "a record for each epoch" : "the progress of its epoch"
    #expect(throws: TrainingError.notResumable(url, missing: missing)) { try run.run() }
  }

  @Test func `records with other scores than the latest leave their fields empty`() throws {
    let records = ["nll", "ece"].enumerated().map { index, name in
      EpochRecord(
        epoch: index + 1, trainAccuracy: 0.5, memberLosses: [1], learningRate: 0.1,
        test: EpochScores(values: [.init(name: name, value: 2)]), isCheckpointSaved: true)
    }
    let table = EpochRecord.table(records)
    #expect(table.column("test/ece") == ["", "2.0"] && table.column("test/nll") == nil)
    #expect(table.column("train/accuracy") == ["0.5", "0.5"])
    #expect(table.column("general/checkpoint_saved") == ["1", "1"])
  }

  @Test func `a finished run is left as it is`() throws {
    let run = try TestRun()
    let first = try run.run()
    let bytes = try run.bytes(run.folder.lastCheckpoint)
    #expect(try run.run() == first)
    let isSame = try run.bytes(run.folder.lastCheckpoint) == bytes
    #expect(isSame)
  }

  @Test func `lost logs come back, and starting over starts over`() throws {
    let run = try TestRun()
    _ = try run.run()
    let logs = try run.bytes(run.folder.log)
    try FileManager.default.removeItem(at: run.folder.log)
    _ = try run.run()
    #expect(try run.bytes(run.folder.log) == logs)
    _ = try run.run(seed: 9, startsOver: true)
    #expect(try run.bytes(run.folder.log) != logs)
  }

  @Test func `a folder of another run is refused and left alone`() throws {
    let run = try TestRun()
    _ = try run.run()
    let before = try run.bytes(run.folder.lastCheckpoint)
    #expect(throws: TrainingError.otherSeed(run.folder.url, expected: 2, found: 1)) {
      try run.run(seed: 2)
    }
    #expect {
      try run.run(images: 50)
    } throws: {
      if case TrainingError.otherData = $0 { true } else { false }
    }
    let other = try TestRecipe.small(epochs: 2, ["lr": "0.01"])
    #expect(
      throws: TrainingError.otherConfiguration(
        run.folder.url, expected: "lr: 0.01", found: "lr: 0.1")
    ) {
      try run.run(recipe: other)
    }
    #expect(try run.bytes(run.folder.lastCheckpoint) == before)
  }

  @Test(arguments: [false, true])
  func `a damaged checkpoint is named, and the one before taken`(isCut: Bool) throws {
    let (whole, damaged) = (try TestRun(epochs: 3), try TestRun(epochs: 3))
    _ = try whole.run()
    // Interrupted in the third epoch; the previous checkpoint is that of the second.
    #expect(throws: TrainingError.self) { try damaged.run(stopAfterSteps: 7) }
    var bytes = try damaged.bytes(damaged.folder.lastCheckpoint)
    if isCut { bytes.removeLast(bytes.count / 2) } else { bytes[bytes.count / 2] ^= 4 }
    try AtomicFile.write(bytes, to: damaged.folder.lastCheckpoint)
    var events: [String] = []
    _ = try damaged.run {
      switch $0 {
      case .damaged(let error, let instead): events.append("\(error) \(instead.lastPathComponent)")
      case .resumed(let epoch, let step): events.append("\(epoch) \(step)")
      default: break
      }
    }
    #expect(events.count == 2 && events.last == "2 0")
    #expect(events[0].contains("last.ckpt") && events[0].hasSuffix(" previous.ckpt"))
    let isSame =
      try whole.bytes(whole.folder.lastCheckpoint) == damaged.bytes(damaged.folder.lastCheckpoint)
    #expect(isSame)
  }

  @Test func `where every checkpoint is damaged the last one is named, and all are left alone`()
    throws
  {
    let run = try TestRun()
    _ = try run.run()
    let folder = run.folder
    let files =
      [folder.lastCheckpoint, folder.previousCheckpoint]
      + folder.keptEpochs().map(folder.checkpoint(epoch:))
    for file in files { try AtomicFile.write([1, 2, 3], to: file) }
    #expect {
      try run.run()
    } throws: {
      "\($0)".contains("last.ckpt")
    }
    for file in files { #expect(try run.bytes(file) == [1, 2, 3]) }
  }

  @Test(arguments: [false, true])
  func `a checkpoint that the system will not read stops the run`(isPipe: Bool) throws {
    let run = try TestRun()
    _ = try run.run()
    let last = run.folder.lastCheckpoint
    let previous = try run.bytes(run.folder.previousCheckpoint)
    try FileManager.default.removeItem(at: last)
    if isPipe {
      try #require(mkfifo(last.path, 0o600) == 0)
    } else {
      try FileManager.default.createDirectory(at: last, withIntermediateDirectories: false)
    }
    let expected = isPipe ? FileError.notAFile(last, "a pipe") : .unreadable(last, EISDIR)
    let error = #expect(throws: FileError.self) { try run.run() }
    #expect("\(try #require(error))" == "\(expected)")
    #expect(try run.bytes(run.folder.previousCheckpoint) == previous)
  }

  @Test func `of kept checkpoints the latest and the best stay`() throws {
    let all = try TestRun(epochs: 5)
    let records = try all.run()
    let kept = try TestRun(epochs: 5)
    _ = try kept.run(keptCount: 1)
    let saved = records.filter(\.isCheckpointSaved).map(\.epoch)
    #expect(all.folder.keptEpochs() == saved)
    let best = records.max { ($0.testAccuracy, $0.epoch) < ($1.testAccuracy, $1.epoch) }?.epoch
    #expect(Set(kept.folder.keptEpochs()) == Set([saved.last, best].compactMap(\.self)))
    #expect(try kept.folder.checkpoint(named: "best") == kept.folder.checkpoint(epoch: best ?? 0))
  }

  @Test func `a folder that another run works in is refused`() throws {
    let run = try TestRun()
    var refusal: (any Error)?
    _ = try run.run { event in
      guard case .step = event, refusal == nil else { return }
      do { _ = try run.run() } catch { refusal = error }
    }
    #expect(
      refusal as? FileError == .inUse(run.folder.url.appending(path: "train.lock")))
  }

  @Test func `logs hold every score of the record`() throws {
    let run = try TestRun()
    let records = try run.run()
    let logs = try CSVTable(contentsOf: run.folder.log)
    for (row, record) in records.enumerated() {
      for scalar in record.scalars {
        let column = logs.column(scalar.name) ?? []
        #expect(column.count == 2 && Double(column[row]) == scalar.value, "\(scalar.name)")
      }
    }
    let names = Set(records[0].scalars.map(\.name))
    #expect(
      names.isSuperset(of: [
        "train/loss_0", "train/loss_1", "test/nll", "test/ece", "test/accuracy_1",
        "test/ratio_of_errors",
      ]))
    #expect(records[0].trainLoss == records[0].memberLosses[0] + records[0].memberLosses[1])
  }

  /// The weights are finite, about 1e29, but no step can continue from them.
  @Test func `weights that a step blew up are not saved where it was asked to stop`() throws {
    let run = try TestRun(epochs: 3, ["lr": "1e30", "warmup_period": "0"])
    #expect(throws: TrainingError.diverged(run.folder.url, epoch: 1, step: 1, resume: nil)) {
      try run.run(stopAfterSteps: 1)
    }
    #expect(run.folder.keptEpochs().isEmpty)
    #expect(!FileManager.default.fileExists(atPath: run.folder.lastCheckpoint.path))
  }

  @Test func `a rate that diverges stops with the step`() throws {
    let run = try TestRun(epochs: 3, ["lr": "1e30", "warmup_period": "0"])
    #expect {
      try run.run()
    } throws: {
      if case TrainingError.diverged(_, let epoch, _, resume: nil) = $0 {
        epoch == 1
      } else {
        false
      }
    }
  }

  @Test func `best is the most accurate of the epochs kept, the latest of equals`() throws {
    let run = try TestRun()
    try FolderCreation.create(run.folder.url)
    let accuracies = [0.5, 0.7, 0.7, 0.9]
    let records = accuracies.enumerated().map { index, accuracy in
      EpochRecord(
        epoch: index + 1, trainAccuracy: 0, memberLosses: [1], learningRate: 0.1,
        test: EpochScores(values: [.init(name: "accuracy", value: accuracy)]),
        isCheckpointSaved: index < 3)
    }
    try AtomicFile.write(EpochRecord.table(records).text, to: run.folder.log)
    for name in ["best", "1"] {
      #expect(throws: RunsError.noEpoch(run.folder.url, last: nil)) {
        try run.folder.checkpoint(named: name)
      }
    }
    for epoch in 1...3 { try AtomicFile.write("", to: run.folder.checkpoint(epoch: epoch)) }
    #expect(
      try run.folder.checkpoint(named: "best") == run.folder.checkpoint(epoch: 3))
    #expect(try run.folder.checkpoint(named: "2") == run.folder.checkpoint(epoch: 2))
    let error = RunsError.noCheckpoint(
      run.folder.url, epoch: 4, kept: [1, 2, 3], by: .testAccuracy)
    #expect(throws: error) { try run.folder.checkpoint(named: "4") }
  }
}
