import Checkpoints
import Formats
import Foundation
import Runs
import TestSupport
import Testing
import Training

/// Runs that resume in a folder with a damaged file.
struct ResumptionTests {
  /// What a run reports about a damaged file.
  private struct Damage {
    let error: String
    let instead: String
  }

  /// Resumes a run with one damaged file in its folder.
  private func damage(resuming run: TestRun) throws -> Damage {
    var damages: [Damage] = []
    _ = try run.run {
      guard case .damaged(let error, let instead) = $0 else { return }
      damages.append(Damage(error: "\(error)", instead: instead.lastPathComponent))
    }
    #expect(damages.count == 1)
    return try #require(damages.first)
  }

  private func steps(_ folder: RunFolder) throws -> [Int] {
    try EventFile.events(of: folder.events).map(\.step)
  }

  @Test func `damaged events are put aside and written anew`() throws {
    let run = try TestRun(epochs: 3)
    // Interrupted in the third epoch.
    #expect(throws: TrainingError.self) { try run.run(stopAfterSteps: 7) }
    let folder = run.folder
    let damaged = try run.bytes(folder.events) + [UInt8](repeating: 0, count: 64)
    try AtomicFile.write(damaged, to: folder.events)
    try AtomicFile.write("earlier ones", to: folder.damagedEvents)
    let damage = try damage(resuming: run)
    #expect(damage.instead == "last.ckpt")
    #expect(damage.error.hasPrefix("\(folder.events.path): the TensorBoard events are damaged"))
    #expect(try steps(folder) == [1, 2, 3])
    #expect(try run.bytes(folder.damagedEvents) == damaged)
    #expect(!folder.damagedEvents.lastPathComponent.contains("tfevents"))
    _ = try run.run(startsOver: true)
    #expect(!FileManager.default.fileExists(atPath: folder.damagedEvents.path))
  }

  @Test func `events that are damaged before the first epoch has ended start anew`() throws {
    let run = try TestRun()
    #expect(throws: TrainingError.self) { try run.run(stopAfterSteps: 1) }
    let folder = run.folder
    try FileManager.default.removeItem(at: folder.lastCheckpoint)
    try AtomicFile.write("no events at all", to: folder.events)
    #expect(try damage(resuming: run).instead == "config.yaml")
    #expect(try steps(folder) == [1, 2])
  }

  @Test func `an event of a step that no run has does no harm`() throws {
    let run = try TestRun()
    _ = try run.run()
    let file = try EventFile(run.folder.events, keepingThrough: .max)
    try file.append([ScalarEvent(step: -1, scalars: [.init("other", 1)])])
    _ = try run.run()
    #expect(try steps(run.folder) == [1, 2, -1])
  }

  @Test(arguments: [.max, (1 << 48) + 1, -1] as [Int64])
  func `a count of batches that would overflow is damage`(count: Int64) throws {
    let run = try TestRun()
    #expect(throws: TrainingError.self) { try run.run(stopAfterSteps: 4) }
    let last = run.folder.lastCheckpoint
    let checkpoint = try Checkpoint(contentsOf: last)
    let (weights, name) = ("classifier_state_dict" as CheckpointKey, "bn1.num_batches_tracked")
    let entries = try #require(checkpoint.root[weights]?.items).map {
      $0.key == .string(name) ? CheckpointItem($0.key, .tensor(CheckpointTensor([], [count]))) : $0
    }
    let items = try #require(checkpoint.root.items).map {
      $0.key == weights ? CheckpointItem(weights, .orderedDictionary(entries)) : $0
    }
    try Checkpoint(.dictionary(items)).write(to: last)
    let damage = try damage(resuming: run)
    #expect(damage.instead == "previous.ckpt")
    #expect(
      damage.error.contains("last.ckpt: \(name): not a tensor with a count"), "\(damage.error)")
  }

  @Test func `a configuration that was cut short is told by its first missing line`() throws {
    let run = try TestRun()
    _ = try run.run()
    let yaml = try String(contentsOf: run.folder.configuration, encoding: .utf8)
    let lines = yaml.split(separator: "\n")
    let cut = lines.dropLast().joined(separator: "\n")
    try AtomicFile.write(cut, to: run.folder.configuration)
    let last = try #require(lines.last).trimmingCharacters(in: .whitespaces)
    #expect(
      throws: TrainingError.otherConfiguration(
        run.folder.url, expected: last, found: "nothing")
    ) {
      try run.run()
    }
  }

  // Three steps are an epoch.
  @Test(arguments: [[4], [3, 1, 1]])
  func `a run interrupted in any epoch ends with the checkpoints of one left alone`(
    stops: [Int]
  ) throws {
    let (whole, stopped) = (try TestRun(), try TestRun())
    _ = try whole.run()
    for stop in stops {
      #expect(throws: TrainingError.self) { try stopped.run(stopAfterSteps: stop) }
    }
    _ = try stopped.run()
    for file in [\RunFolder.previousCheckpoint, \.lastCheckpoint] {
      let isSame =
        try whole.bytes(whole.folder[keyPath: file])
        == stopped.bytes(stopped.folder[keyPath: file])
      #expect(isSame, "\(whole.folder[keyPath: file].lastPathComponent)")
    }
  }
}
