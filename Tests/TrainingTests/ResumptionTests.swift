import Checkpoints
import Formats
import Foundation
import TestSupport
import Testing
import Training

/// Runs that go on in a folder in which something is damaged.
struct ResumptionTests {
  private typealias Subject = TrainingRunTests.Subject

  /// What a run tells of a damaged file.
  private struct Damage {
    let error: String
    let instead: String
  }

  /// Goes on with a run, in whose folder one file is damaged.
  private func damage(resuming subject: Subject) throws -> Damage {
    var damages: [Damage] = []
    _ = try subject.run {
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
    let subject = try Subject(epochs: 3)
    // Stopped in the third epoch.
    #expect(throws: TrainingError.self) { try subject.run(stopAfterSteps: 7) }
    let folder = subject.folder
    let damaged = try subject.bytes(folder.events) + [UInt8](repeating: 0, count: 64)
    try AtomicFile.write(damaged, to: folder.events)
    try AtomicFile.write("earlier ones", to: folder.damagedEvents)
    let damage = try damage(resuming: subject)
    #expect(damage.instead == "last.ckpt")
    #expect(damage.error.hasPrefix("\(folder.events.path): the TensorBoard events are damaged"))
    #expect(try steps(folder) == [1, 2, 3])
    #expect(try subject.bytes(folder.damagedEvents) == damaged)
    #expect(!folder.damagedEvents.lastPathComponent.contains("tfevents"))
    _ = try subject.run(startsOver: true)
    #expect(!FileManager.default.fileExists(atPath: folder.damagedEvents.path))
  }

  @Test func `events that are damaged before the first epoch has ended start anew`() throws {
    let subject = try Subject()
    #expect(throws: TrainingError.self) { try subject.run(stopAfterSteps: 1) }
    let folder = subject.folder
    try FileManager.default.removeItem(at: folder.lastCheckpoint)
    try AtomicFile.write("no events at all", to: folder.events)
    #expect(try damage(resuming: subject).instead == "config.yaml")
    #expect(try steps(folder) == [1, 2])
  }

  @Test func `an event of a step that no run has does no harm`() throws {
    let subject = try Subject()
    _ = try subject.run()
    let file = try EventFile(subject.folder.events, keepingThrough: .max)
    try file.append([ScalarEvent(step: -1, scalars: [.init("other", 1)])])
    _ = try subject.run()
    #expect(try steps(subject.folder) == [1, 2, -1])
  }

  @Test(arguments: [.max, (1 << 48) + 1, -1] as [Int64])
  func `a count of batches that would overflow is damage`(count: Int64) throws {
    let subject = try Subject()
    #expect(throws: TrainingError.self) { try subject.run(stopAfterSteps: 4) }
    let last = subject.folder.lastCheckpoint
    let checkpoint = try Checkpoint(contentsOf: last)
    let (weights, name) = ("classifier_state_dict" as CheckpointKey, "bn1.num_batches_tracked")
    let entries = try #require(checkpoint.root[weights]?.items).map {
      $0.key == .string(name) ? CheckpointItem($0.key, .tensor(CheckpointTensor([], [count]))) : $0
    }
    let items = try #require(checkpoint.root.items).map {
      $0.key == weights ? CheckpointItem(weights, .orderedDictionary(entries)) : $0
    }
    try Checkpoint(.dictionary(items)).write(to: last)
    let damage = try damage(resuming: subject)
    #expect(damage.instead == "previous.ckpt")
    #expect(damage.error.contains("last.ckpt: \(name): not a tensor"), "\(damage.error)")
  }

  @Test func `a configuration that was cut short is told by its first missing line`() throws {
    let subject = try Subject()
    _ = try subject.run()
    let yaml = try String(contentsOf: subject.folder.configuration, encoding: .utf8)
    let lines = yaml.split(separator: "\n")
    let cut = lines.dropLast().joined(separator: "\n")
    try AtomicFile.write(cut, to: subject.folder.configuration)
    let last = try #require(lines.last).trimmingCharacters(in: .whitespaces)
    #expect(
      throws: TrainingError.otherConfiguration(
        subject.folder.url, expected: last, found: "nothing")
    ) {
      try subject.run()
    }
  }
}
