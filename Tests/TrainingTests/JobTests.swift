import Checkpoints
import Datasets
import Formats
import Foundation
import Networks
import Runs
import Tensors
import TestSupport
import Testing
import Training

extension TestRun {
  fileprivate struct Outcome: Sendable {
    var losses: [Double] = []
    var records: [EpochRecord] = []
  }

  /// Trains in `count` processes; the losses of all steps and the records in each of them.
  fileprivate func train(
    _ count: Int, stopAfterSteps stop: Int = .max, stoppedIn stopping: Int = 0,
    seed: @escaping @Sendable (_ rank: Int) -> UInt64 = { _ in 1 }, sumsExactly: Bool = false
  ) throws -> [Outcome] {
    let (configuration, train) = (try configuration(), Digits.first(160, of: .train))
    return try ThreadProcesses.run(count) { [self] processes in
      let run = try TrainingRun(
        configuration, folder: folder, train: train, test: Digits.read(.test),
        seed: seed(processes.rank), startsOver: false,
        workers: Workers(count: 1), processes: processes, sumsExactly: sumsExactly)
      var outcome = Outcome()
      outcome.records = try run.run { event in
        if case .step(let step) = event { outcome.losses.append(step.loss) }
      } isInterrupted: {
        processes.rank == stopping && outcome.losses.count >= stop
      }
      return outcome
    }
  }
}

/// Several processes that train one network.
struct JobTests {
  /// A learning rate so low that rounding errors hardly grow.
  private static let slow = ["lr": "0.001", "batch_size": "16"]

  @Test(arguments: [2, 3, 16])
  func `the losses are those of one process`(count: Int) throws {
    let one = try TestRun(Self.slow).train(1)[0]
    let several = try TestRun(Self.slow).train(count)
    #expect(one.losses.count == 20)
    for outcome in several {
      #expect(outcome.losses == several[0].losses && outcome.records == several[0].records)
    }
    for (expected, found) in zip(one.losses, several[0].losses) {
      // The rounding error of the first step in Float32, 2e-8, may grow a thousandfold in twenty steps.
      #expect(abs(expected - found) < 1e-4)
    }
    for (expected, found) in zip(one.records, several[0].records) {
      #expect(abs(expected.trainAccuracy - found.trainAccuracy) < 0.01)
    }
  }

  // At the recipe's own learning rate, 0.1, where rounding errors would grow. Four processes have
  // four images each.
  @Test(.enabled(if: Kernels.preferred.rowsAreIndependent))
  func `exact sums train any number of processes to the same bytes`() throws {
    func train(_ count: Int) throws -> (outcomes: [TestRun.Outcome], checkpoint: [UInt8]) {
      let run = try TestRun(["batch_size": "16"])
      let outcomes = try run.train(count, sumsExactly: true)
      return (outcomes, try FileContents.read(run.folder.lastCheckpoint, limit: 1 << 30))
    }
    let one = try train(1)
    for count in [2, 3, 4] {
      let several = try train(count)
      for outcome in several.outcomes {
        #expect(outcome.losses == one.outcomes[0].losses)
        #expect(outcome.records == one.outcomes[0].records)
      }
      #expect(several.checkpoint == one.checkpoint)
    }
    #expect(throws: TrainingError.tooManyProcesses(5, batch: 16, limit: 4)) { try train(5) }
    let quick = try TestRun(["batch_size": "16"]).train(1)[0].losses[0]
    // The rounding error of the first step in Float32, as above.
    #expect(abs(quick - one.outcomes[0].losses[0]) < 1e-6)
  }

  @Test func `an interrupt of one process stops all, and another number of them goes on`() throws {
    let (whole, run) = (try TestRun(Self.slow), try TestRun(Self.slow))
    let expected = try whole.train(3)[0]
    #expect(throws: TrainingError.interrupted(epoch: 2, step: 3)) {
      try run.train(2, stopAfterSteps: 13, stoppedIn: 1)
    }
    let rest = try run.train(3)[2]
    #expect(rest.losses.count == 7)
    for (first, second) in zip(expected.losses.suffix(7), rest.losses) {
      #expect(abs(first - second) < 1e-4)  // as above
    }
    #expect(rest.records.map(\.epoch) == [1, 2])
    let last = try Checkpoint(contentsOf: run.folder.lastCheckpoint)
    #expect(last.root["epoch"] == 2)
  }

  @Test func `a finished run is left as it is by any number of processes`() throws {
    let run = try TestRun(Self.slow)
    let records = try run.train(2)[0].records
    let bytes = try FileContents.read(run.folder.lastCheckpoint, limit: 1 << 30)
    let again = try run.train(3)
    #expect(again.allSatisfy { $0.records == records && $0.losses.isEmpty })
    #expect(try FileContents.read(run.folder.lastCheckpoint, limit: 1 << 30) == bytes)
  }

  @Test func `more processes than images in a batch are refused`() throws {
    #expect(throws: TrainingError.tooManyProcesses(17, batch: 16, limit: 16)) {
      try TestRun(Self.slow).train(17)
    }
  }

  /// Otherwise process 0 would continue, and write, while the others end.
  @Test func `a process with another value is named in all of them`() throws {
    let errors = try ThreadProcesses.run(4) { processes -> TrainingError? in
      do {
        try processes.expectSame("configuration", "a: 1\nb: 2\n")
        try processes.expectSame("seed", ["1", "1", "3", "2"][processes.rank])
        return nil
      } catch let error as TrainingError {
        return error
      }
    }
    let error = TrainingError.otherProcess(rank: 2, what: "seed", expected: "1", found: "3")
    #expect(errors == [error, error, error, error])
  }

  @Test(arguments: [
    ("a: 1\nb: 2\n", "a: 1\n", "b: 2", "nothing"), ("a: 1", "a: 1\n\n  b: 2", "nothing", "b: 2"),
    ("a: 1\nb: 2\n", "a: 1\nb: 3\n", "b: 2", "b: 3"),
    ("a: 1\n", "a: 1\r\n", "the same line breaks", "others"),
  ])
  func `the line in which a process has another text is told`(
    first: String, second: String, expected: String, found: String
  ) throws {
    let error = TrainingError.otherProcess(
      rank: 1, what: "configuration", expected: expected, found: found)
    #expect(throws: error) {
      try ThreadProcesses.run(2) {
        try $0.expectSame("configuration", $0.rank == 0 ? first : second)
      }
    }
  }

  @Test(.enabled(if: Kernels.preferred.rowsAreIndependent), arguments: [true, false])
  func `a run goes on in the way to sum that it began in`(isExact: Bool) throws {
    let run = try TestRun(Self.slow)
    #expect(throws: TrainingError.interrupted(epoch: 2, step: 3)) {
      try run.train(1, stopAfterSteps: 13, sumsExactly: isExact)
    }
    let error = TrainingError.otherSums(run.folder.url, isExact: isExact)
    #expect("\(error)".contains(isExact ? "give --exact-sums" : "leave out --exact-sums"))
    #expect(throws: error) { try run.train(1, sumsExactly: !isExact) }
    #expect(try run.train(1, sumsExactly: isExact)[0].losses.count == 7)
  }

  @Test(.enabled(if: Kernels.preferred.rowsAreIndependent), arguments: [true, false])
  func `a checkpoint that does not say how it sums goes on either way`(isExact: Bool) throws {
    let run = try TestRun(Self.slow)
    #expect(throws: TrainingError.interrupted(epoch: 2, step: 3)) {
      try run.train(1, stopAfterSteps: 13, sumsExactly: isExact)
    }
    let root = try Checkpoint(contentsOf: run.folder.lastCheckpoint).root
    let own = try #require(root["mixmo"]?.items).filter { $0.key != "exact_sums" }
    let items = try #require(root.items).map {
      $0.key == "mixmo" ? CheckpointItem("mixmo", .dictionary(own)) : $0
    }
    try Checkpoint(.dictionary(items)).write(to: run.folder.lastCheckpoint)
    #expect(try run.train(1, sumsExactly: isExact)[0].losses.count == 7)
  }

  // Of 160 images 16 are kept, so that an epoch has nine steps instead of ten.
  @Test(.enabled(if: Kernels.preferred.rowsAreIndependent))
  func `processes keep the same images for validation, and score them as one`() throws {
    func train(_ count: Int) throws -> (outcomes: [TestRun.Outcome], checkpoint: [UInt8]) {
      let run = try TestRun(Self.slow, validation: 16)
      let outcomes = try run.train(count, sumsExactly: true)
      return (outcomes, try FileContents.read(run.folder.lastCheckpoint, limit: 1 << 30))
    }
    let one = try train(1)
    #expect(one.outcomes[0].losses.count == 18)
    #expect(one.outcomes[0].records.allSatisfy { $0.validation != nil })
    for count in [2, 3] {
      let several = try train(count)
      for outcome in several.outcomes { #expect(outcome.records == one.outcomes[0].records) }
      #expect(several.checkpoint == one.checkpoint)
    }
  }

  @Test func `slices cover a batch in order`() throws {
    for count in 1...9 {
      let slices = try ThreadProcesses.run(count) { $0.slice(of: 7) }
      #expect(slices.flatMap(Array.init) == Array(0..<7))
      let sizes = slices.map(\.count)
      #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
      let groups = try ThreadProcesses.run(count) { $0.slice(of: 7, inGroupsOf: 3) }
      #expect(groups.flatMap(Array.init) == Array(0..<7))
      #expect(groups.allSatisfy { $0.lowerBound.isMultiple(of: 3) || $0.isEmpty })
    }
  }
}
