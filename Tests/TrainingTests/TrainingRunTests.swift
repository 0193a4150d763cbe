import Checkpoints
import Datasets
import Formats
import Foundation
import Tensors
import TestSupport
import Testing
import Training

struct TrainingRunTests {
  /// A run on the first digits in a temporary folder.
  final class Subject {
    let save: URL
    private(set) var recipe: TestRecipe

    init(
      epochs: Int = 2, _ replacements: [String: String] = [:], imageMixing: String? = nil
    ) throws {
      save = FileManager.default.temporaryDirectory.appending(path: "run-\(UUID())")
      recipe = try TestRecipe.small(epochs: epochs, replacements)
      if let imageMixing { recipe.mixImages(by: imageMixing) }
      try FolderCreation.create(save)
    }

    deinit { try? FileManager.default.removeItem(at: save) }

    var folder: RunFolder {
      RunFolder(save: save, configurationFile: URL(filePath: "/small.yaml"))
    }

    func run(
      seed: UInt64 = 1, threads: Int = 2, images: Int = 48, startsOver: Bool = false,
      recipe: TestRecipe? = nil, stopAfterSteps: Int = .max, keptCount: Int? = nil,
      report: (TrainingRun.Event) -> Void = { _ in }
    ) throws -> [EpochRecord] {
      let file = save.appending(path: "small.yaml")
      try AtomicFile.write((recipe ?? self.recipe).text, to: file)
      func digits(_ split: DatasetSplit, _ count: Int) -> InMemoryDataset {
        let all = Digits.dataset(split)
        return InMemoryDataset(
          name: all.name, classCount: all.classCount, imageSide: all.imageSide,
          labels: Array(all.labels.prefix(count)), images: Array(all.images.prefix(count)))
      }
      let train = digits(.train, images)
      let run = try TrainingRun(
        RunConfiguration(contentsOf: file), folder: folder, train: train, test: digits(.test, 20),
        dataFingerprint: train.fingerprint(workers: Workers(count: 1)), seed: seed,
        startsOver: startsOver, keptCount: keptCount, workers: Workers(count: threads))
      var steps = 0
      return try run.run { event in
        if case .step = event { steps += 1 }
        report(event)
      } isInterrupted: {
        steps >= stopAfterSteps
      }
    }

    func bytes(_ url: URL) throws -> [UInt8] { try FileContents.read(url, limit: 1 << 30) }
  }

  @Test func `leaves configuration, logs and checkpoints`() throws {
    let subject = try Subject()
    let records = try subject.run()
    #expect(records.map(\.epoch) == [1, 2])
    let logs = try CSVTable(contentsOf: subject.folder.logs)
    #expect(
      logs.header.prefix(4) == [
        "epoch", "train/accuracy", "test/accuracy", "general/checkpoint_saved",
      ])
    #expect(logs.column("epoch") == ["1", "2"])
    #expect(subject.folder.keptEpochs().first == 1)
    let saved = try RunConfiguration(contentsOf: subject.folder.configuration)
    #expect(saved.training.epochCount == 2)
    let last = try Checkpoint(contentsOf: subject.folder.lastCheckpoint)
    #expect(last.root["epoch"] == 2)
  }

  @Test(arguments: [1, 3, 4, 5])
  func `a run stopped after some steps ends in the bytes of one that was not`(steps: Int) throws {
    let (whole, stopped) = (try Subject(), try Subject())
    _ = try whole.run()
    #expect(throws: TrainingError.self) { try stopped.run(stopAfterSteps: steps) }
    _ = try stopped.run(threads: 1)
    for file in [\RunFolder.lastCheckpoint, \.logs, \.configuration] {
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
    let (whole, stopped) = (try Subject(), try Subject())
    _ = try whole.run(recipe: recipe)
    #expect(throws: TrainingError.self) { try stopped.run(recipe: recipe, stopAfterSteps: 5) }
    #expect(try Checkpoint(contentsOf: stopped.folder.lastCheckpoint).root["epoch"] == 1)
    _ = try stopped.run(threads: 1, recipe: recipe)
    let bytes = try [whole, stopped].map { try $0.bytes($0.folder.lastCheckpoint) }
    let isSame = bytes[0] == bytes[1]
    #expect(isSame)
  }

  @Test func `a checkpoint without the optimizer's state is refused`() throws {
    let subject = try Subject()
    _ = try subject.run()
    let url = subject.folder.lastCheckpoint
    let checkpoint = try Checkpoint(contentsOf: url)
    let items = try #require(checkpoint.root.items)
    let key: CheckpointKey = "classifier_optimizer_state_dict"
    let emptied = items.map { $0.key == key ? CheckpointItem(key, ["state": [:]]) : $0 }
    try Checkpoint(.dictionary(emptied)).write(to: url)
    #expect(throws: TrainingError.notResumable(url, missing: "the optimizer's state")) {
      try subject.run()
    }
  }

  /// Every kind of mixing and augmentation that recipes name, each stopped within an epoch.
  @Test(arguments: [
    ["method_name": "mixup", "alpha": "0", "weight_root": "1"],
    ["method_name": "cow", "prob": "1"], ["method_name": "patchupsoft", "prob": "1"],
    ["msda": "cutmix", "batch_repetitions": "4", "proba_input_repetition": "0"],
    ["msda": "mixup", "da_method": "augmix"],
  ])
  func `recipes resume to the same bytes`(replacements: [String: String]) throws {
    var others = replacements
    let imageMixing = others.removeValue(forKey: "msda")
    let whole = try Subject(others, imageMixing: imageMixing)
    let stopped = try Subject(others, imageMixing: imageMixing)
    let stepCount = replacements["batch_repetitions"] == nil ? 3 : 12
    _ = try whole.run()
    #expect(throws: TrainingError.interrupted(epoch: 2, step: 2)) {
      try stopped.run(stopAfterSteps: stepCount + 2)
    }
    _ = try stopped.run(threads: 1)
    for file in [\RunFolder.lastCheckpoint, \.logs] {
      let isSame =
        try whole.bytes(whole.folder[keyPath: file]) == stopped.bytes(stopped.folder[keyPath: file])
      #expect(isSame, "\(file)")
    }
  }

  /// `value` with another one in the place that `path` leads to.
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
    let subject = try Subject()
    #expect(throws: TrainingError.self) { try subject.run(stopAfterSteps: 4) }
    let url = subject.folder.lastCheckpoint
    let root = try Checkpoint(contentsOf: url).root
    try Checkpoint(Self.replace(root, at: ["mixmo"] + path[...], by: new)).write(to: url)
    let missing =
      path[0] == "records" ? "a record for each epoch" : "the progress of its epoch"
    #expect(throws: TrainingError.notResumable(url, missing: missing)) { try subject.run() }
  }

  @Test func `records with other figures than the latest leave their fields empty`() throws {
    let records = ["nll", "ece"].enumerated().map { index, name in
      EpochRecord(
        epoch: index + 1, trainAccuracy: 0.5, memberLosses: [1], learningRate: 0.1,
        test: TestScores(figures: [.init(name: name, value: 2)]), isCheckpointSaved: true)
    }
    let table = EpochRecord.table(records)
    #expect(table.column("test/ece") == ["", "2.0"] && table.column("test/nll") == nil)
    #expect(table.column("train/accuracy") == ["0.5", "0.5"])
    #expect(table.column("general/checkpoint_saved") == ["1", "1"])
  }

  @Test func `a finished run is left as it is`() throws {
    let subject = try Subject()
    let first = try subject.run()
    let bytes = try subject.bytes(subject.folder.lastCheckpoint)
    #expect(try subject.run() == first)
    let isSame = try subject.bytes(subject.folder.lastCheckpoint) == bytes
    #expect(isSame)
  }

  @Test func `lost logs come back, and starting over starts over`() throws {
    let subject = try Subject()
    _ = try subject.run()
    let logs = try subject.bytes(subject.folder.logs)
    try FileManager.default.removeItem(at: subject.folder.logs)
    _ = try subject.run()
    #expect(try subject.bytes(subject.folder.logs) == logs)
    _ = try subject.run(seed: 9, startsOver: true)
    #expect(try subject.bytes(subject.folder.logs) != logs)
  }

  @Test func `a folder of another run is refused and left alone`() throws {
    let subject = try Subject()
    _ = try subject.run()
    let before = try subject.bytes(subject.folder.lastCheckpoint)
    #expect(throws: TrainingError.otherSeed(subject.folder.url, expected: 2, found: 1)) {
      try subject.run(seed: 2)
    }
    #expect {
      try subject.run(images: 50)
    } throws: {
      if case TrainingError.otherData = $0 { true } else { false }
    }
    let other = try TestRecipe.small(epochs: 2, ["lr": "0.01"])
    #expect(
      throws: TrainingError.otherConfiguration(
        subject.folder.url, expected: "lr: 0.01", found: "lr: 0.1")
    ) {
      try subject.run(recipe: other)
    }
    #expect(try subject.bytes(subject.folder.lastCheckpoint) == before)
  }

  @Test(arguments: [false, true])
  func `a damaged checkpoint is named, and the one before taken`(isCut: Bool) throws {
    let (whole, damaged) = (try Subject(epochs: 3), try Subject(epochs: 3))
    _ = try whole.run()
    // Stopped in the third epoch; the previous checkpoint is that of the second.
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
    let subject = try Subject()
    _ = try subject.run()
    let folder = subject.folder
    let files =
      [folder.lastCheckpoint, folder.previousCheckpoint]
      + folder.keptEpochs().map(folder.checkpoint(epoch:))
    for file in files { try AtomicFile.write([1, 2, 3], to: file) }
    #expect {
      try subject.run()
    } throws: {
      "\($0)".contains("last.ckpt")
    }
    for file in files { #expect(try subject.bytes(file) == [1, 2, 3]) }
  }

  @Test(arguments: [EISDIR, EINVAL])
  func `a checkpoint that the system will not read stops the run`(code: Int32) throws {
    let subject = try Subject()
    _ = try subject.run()
    let last = subject.folder.lastCheckpoint
    let previous = try subject.bytes(subject.folder.previousCheckpoint)
    try FileManager.default.removeItem(at: last)
    if code == EISDIR {
      try FileManager.default.createDirectory(at: last, withIntermediateDirectories: false)
    } else {
      try #require(mkfifo(last.path, 0o600) == 0)
    }
    let error = #expect(throws: FileError.self) { try subject.run() }
    #expect("\(try #require(error))" == "\(FileError.unreadable(last, code))")
    #expect(try subject.bytes(subject.folder.previousCheckpoint) == previous)
  }

  @Test func `of kept checkpoints the latest and the best stay`() throws {
    let all = try Subject(epochs: 5)
    let records = try all.run()
    let kept = try Subject(epochs: 5)
    _ = try kept.run(keptCount: 1)
    let saved = records.filter(\.isCheckpointSaved).map(\.epoch)
    #expect(all.folder.keptEpochs() == saved)
    let best = records.max { ($0.testAccuracy, $0.epoch) < ($1.testAccuracy, $1.epoch) }?.epoch
    #expect(Set(kept.folder.keptEpochs()) == Set([saved.last, best].compactMap(\.self)))
    #expect(try kept.folder.checkpoint(named: "best") == kept.folder.checkpoint(epoch: best ?? 0))
  }

  @Test func `a folder that another run works in is refused`() throws {
    let subject = try Subject()
    var refusal: (any Error)?
    _ = try subject.run { event in
      guard case .step = event, refusal == nil else { return }
      do { _ = try subject.run() } catch { refusal = error }
    }
    #expect(
      refusal as? FileError == .inUse(subject.folder.url.appending(path: "train.lock")))
  }

  @Test func `logs hold every figure of the record`() throws {
    let subject = try Subject()
    let records = try subject.run()
    let logs = try CSVTable(contentsOf: subject.folder.logs)
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

  /// The weights are finite, some 1e29, but no step can go on from them.
  @Test func `weights that a step blew up are not saved where it was asked to stop`() throws {
    let subject = try Subject(epochs: 3, ["lr": "1e30", "warmup_period": "0"])
    #expect(throws: TrainingError.diverged(epoch: 1, step: 1, resume: nil)) {
      try subject.run(stopAfterSteps: 1)
    }
    #expect(subject.folder.keptEpochs().isEmpty)
    #expect(!FileManager.default.fileExists(atPath: subject.folder.lastCheckpoint.path))
  }

  @Test func `a rate that diverges stops with the step`() throws {
    let subject = try Subject(epochs: 3, ["lr": "1e30", "warmup_period": "0"])
    #expect {
      try subject.run()
    } throws: {
      if case TrainingError.diverged(let epoch, _, resume: nil) = $0 { epoch == 1 } else { false }
    }
  }

  @Test func `best is the most accurate of the epochs kept, the latest of equals`() throws {
    let subject = try Subject()
    try FolderCreation.create(subject.folder.url)
    let accuracies = [0.5, 0.7, 0.7, 0.9]
    let records = accuracies.enumerated().map { index, accuracy in
      EpochRecord(
        epoch: index + 1, trainAccuracy: 0, memberLosses: [1], learningRate: 0.1,
        test: TestScores(figures: [.init(name: "accuracy", value: accuracy)]),
        isCheckpointSaved: index < 3)
    }
    try AtomicFile.write(EpochRecord.table(records).text, to: subject.folder.logs)
    #expect(throws: TrainingError.noCheckpoint(subject.folder.url, epoch: nil, kept: [])) {
      try subject.folder.checkpoint(named: "best")
    }
    for epoch in 1...3 { try AtomicFile.write("", to: subject.folder.checkpoint(epoch: epoch)) }
    #expect(
      try subject.folder.checkpoint(named: "best") == subject.folder.checkpoint(epoch: 3))
    #expect(try subject.folder.checkpoint(named: "2") == subject.folder.checkpoint(epoch: 2))
    #expect(throws: TrainingError.noCheckpoint(subject.folder.url, epoch: 4, kept: [1, 2, 3])) {
      try subject.folder.checkpoint(named: "4")
    }
  }
}
