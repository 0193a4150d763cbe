import Checkpoints
import Datasets
import Formats
import Foundation
import Loading
import Runs
import Tensors
import TestSupport
import Testing
import Training

/// Runs that keep a part of the training images for validation.
struct ValidationRunTests {
  private static let whole = Digits.first(66, of: .train)

  /// Keeps 18 of 66 images; 48 are three steps of an epoch.
  private func run(epochs: Int = 3) throws -> TestRun {
    try TestRun(epochs: epochs, validation: 18)
  }

  private func weights(_ run: TestRun) throws -> CheckpointValue {
    let checkpoint = try Checkpoint(contentsOf: run.folder.lastCheckpoint)
    return try #require(checkpoint.root["classifier_state_dict"])
  }

  @Test func `it trains as on the other images alone, and scores the kept ones as test images`()
    throws
  {
    let split = try ValidationSplit(of: Self.whole, keeping: 18, seed: 1)
    let (kept, alone) = (try run(), try TestRun(epochs: 3))
    var steps: [TrainingEvent.Step] = []
    let records = try kept.run(train: Self.whole) {
      if case .step(let step) = $0 { steps.append(step) }
    }
    var expected: [TrainingEvent.Step] = []
    let others = try alone.run(train: split.training, test: split.validation) {
      if case .step(let step) = $0 { expected.append(step) }
    }
    #expect(steps.map(\.loss) == expected.map(\.loss) && steps.count == 9)
    #expect(steps.map(\.learningRate) == expected.map(\.learningRate))
    #expect(steps.allSatisfy { $0.stepCount == 3 })
    #expect(try weights(kept) == weights(alone))
    #expect(records.map(\.validation) == others.map(\.test))
    // The rates of whole epochs: the warm-up counts steps, milestones count epochs.
    let rate = try kept.configuration().learningRate
    #expect(records.map(\.learningRate) == (1...3).map { rate.at(epoch: $0, step: 3 * $0) })
  }

  @Test func `the best epoch is the most accurate on the kept images`() throws {
    let run = try run(epochs: 6)
    let records = try run.run(train: Self.whole)
    let accuracies = records.map { $0.validation?.accuracy ?? -1 }
    #expect(accuracies != records.map(\.testAccuracy))
    for (index, record) in records.enumerated() {
      #expect(record.choosingAccuracy == accuracies[index])
      #expect(record.isCheckpointSaved == (accuracies[index] >= accuracies[...index].max() ?? 0))
    }
    #expect(run.folder.keptEpochs() == records.filter(\.isCheckpointSaved).map(\.epoch))
    let best = try #require(
      records.filter(\.isCheckpointSaved).map { ($0.choosingAccuracy, $0.epoch) }.max(by: <)?.1)
    #expect(try run.folder.bestEpoch() == BestEpoch(epoch: best, criterion: .validationAccuracy))
    let thinned = try self.run(epochs: 6)
    _ = try thinned.run(train: Self.whole, keptCount: 1)
    #expect(try thinned.folder.bestEpoch().epoch == best)
  }

  @Test func `logs and events have the scores of both, the columns at the end`() throws {
    let (run, plain) = (try run(), try TestRun(epochs: 3))
    let records = try run.run(train: Self.whole)
    _ = try plain.run()
    let header = try CSVTable(contentsOf: plain.folder.log).header
    let logs = try CSVTable(contentsOf: run.folder.log)
    #expect(Array(logs.header.prefix(header.count)) == header)
    let further = Array(logs.header.dropFirst(header.count))
    #expect(further == (records[0].validation?.values ?? []).map { "validation/\($0.name)" })
    #expect(further.first == "validation/accuracy" && further.contains("validation/nll"))
    let column = try #require(logs.column("validation/accuracy")).map(Double.init)
    #expect(column == records.map { $0.validation?.accuracy })
    for (event, record) in zip(try EventFile.events(of: run.folder.events), records) {
      let scalar = event.scalars.first { $0.tag == "validation/accuracy" }
      #expect(scalar?.value == record.validation.map { Float($0.accuracy) })
    }
  }

  @Test(arguments: [1, 3, 4, 5])
  func `stopped after some steps it ends in the bytes of a run that was not`(steps: Int) throws {
    let (whole, stopped) = (try run(epochs: 2), try run(epochs: 2))
    _ = try whole.run(train: Self.whole)
    #expect(throws: TrainingError.self) {
      try stopped.run(threads: 3, train: Self.whole, stopAfterSteps: steps)
    }
    _ = try stopped.run(threads: 1, train: Self.whole)
    for file in [\RunFolder.lastCheckpoint, \.previousCheckpoint, \.log, \.configuration] {
      let isSame =
        try whole.bytes(whole.folder[keyPath: file]) == stopped.bytes(stopped.folder[keyPath: file])
      #expect(isSame, "\(file)")
    }
  }

  @Test(arguments: [10, nil])
  func `a run is not resumed with another number of kept images`(count: Int?) throws {
    let run = try run(epochs: 2)
    #expect(throws: TrainingError.self) { try run.run(train: Self.whole, stopAfterSteps: 4) }
    let bytes = try run.bytes(run.folder.lastCheckpoint)
    var other = try TestRecipe.small(epochs: 2)
    if let count { other.append("validation: \(count)\n") }
    let error = TrainingError.otherValidation(run.folder.url, expected: count, found: 18)
    #expect(throws: error) { try run.run(train: Self.whole, recipe: other) }
    let asked = count.map { "\($0)" } ?? "no"
    #expect("\(error)".contains("keeps 18 images for validation, not \(asked) images"))
    #expect("\(error)".contains("give --validation 18, or start over with --from-scratch"))
    // The checkpoint knows it too.
    try FileManager.default.removeItem(at: run.folder.configuration)
    #expect(throws: error) { try run.run(train: Self.whole, recipe: other) }
    #expect(try run.bytes(run.folder.lastCheckpoint) == bytes)
    _ = try run.run(train: Self.whole, startsOver: true, recipe: other)
    #expect(
      try run.folder.bestEpoch().criterion == (count == nil ? .testAccuracy : .validationAccuracy))
  }

  @Test func `a run without validation is not resumed with it, nor on other images`() throws {
    let plain = try TestRun()
    #expect(throws: TrainingError.self) { try plain.run(stopAfterSteps: 4) }
    var other = try TestRecipe.small(epochs: 2)
    other.append("validation: 7\n")
    let error = TrainingError.otherValidation(plain.folder.url, expected: 7, found: nil)
    #expect(throws: error) { try plain.run(recipe: other) }
    #expect(
      "\(error)".contains("keeps no images for validation, not 7 images; give --validation 0"))

    let run = try run(epochs: 2)
    #expect(throws: TrainingError.self) { try run.run(train: Self.whole, stopAfterSteps: 4) }
    #expect {
      try run.run(images: 67)
    } throws: {
      if case TrainingError.otherData = $0 { true } else { false }
    }
  }

  /// A record without validation scores in a run with validation, and the reverse.
  @Test(arguments: [true, false])
  func `a checkpoint whose records lack the scores is refused`(hasScores: Bool) throws {
    let run = hasScores ? try TestRun() : try run(epochs: 2)
    #expect(throws: TrainingError.self) { try run.run(train: Self.whole, stopAfterSteps: 5) }
    let url = run.folder.lastCheckpoint
    let root = try Checkpoint(contentsOf: url).root
    let own = try #require(root["mixmo"]?.items).map { item -> CheckpointItem in
      guard item.key == "records", case .list(let records) = item.value else { return item }
      return CheckpointItem(item.key, .list(records.map { changed($0, hasScores) }))
    }
    let items = try #require(root.items).map {
      $0.key == "mixmo" ? CheckpointItem("mixmo", .dictionary(own)) : $0
    }
    try Checkpoint(.dictionary(items)).write(to: url)
    #expect(throws: TrainingError.notResumable(url, missing: "a record for each epoch")) {
      try run.run(train: Self.whole)
    }
  }

  private func changed(_ record: CheckpointValue, _ hasScores: Bool) -> CheckpointValue {
    let others = (record.items ?? []).filter { $0.key != "validation" }
    let scores = CheckpointItem("validation", ["accuracy": 0.5])
    return .dictionary(hasScores ? others + [scores] : others)
  }

  @Test func `too many images for validation are an error that counts them`() throws {
    let run = try TestRun(validation: 40)
    let batch = LoadingError.tooFewImages(
      dataset: "digits", purpose: "a batch beside 40 validation images", expected: 16, found: 8)
    #expect(throws: batch) { try run.run(images: 48) }
    #expect(throws: LoadingError.self) { try run.run(images: 40) }
    #expect(!FileManager.default.fileExists(atPath: run.folder.url.path))
  }
}
