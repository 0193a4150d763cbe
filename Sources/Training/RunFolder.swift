import Formats
import Foundation

/// The folder of one training run and the names of its files.
package struct RunFolder: Sendable {
  package let url: URL

  /// The folder named as the configuration file, below `save`.
  package init(save: URL, configurationFile: URL) {
    url = save.appendingPathComponent(Self.runName(of: configurationFile))
  }

  /// The name of a run: its configuration file's, without extension.
  package static func runName(of configurationFile: URL) -> String {
    configurationFile.deletingPathExtension().lastPathComponent
  }

  package var name: String { url.lastPathComponent }
  package var configuration: URL { url.appendingPathComponent("config.yaml") }
  package var logs: URL { url.appendingPathComponent("logs.csv") }
  /// The state after the latest epoch or interruption, from which a run resumes.
  package var lastCheckpoint: URL { url.appendingPathComponent("last.ckpt") }
  /// The state before that one, for the case that it is damaged.
  package var previousCheckpoint: URL { url.appendingPathComponent("previous.ckpt") }
  /// The scalars of each epoch, for TensorBoard.
  package var events: URL { url.appendingPathComponent(EventFile.name) }
  /// Events that were damaged, under a name that TensorBoard does not read.
  package var damagedEvents: URL { url.appendingPathComponent("events.damaged") }
  /// Held by the process that trains in the folder.
  var lock: URL { url.appendingPathComponent("train.lock") }

  /// The checkpoint kept of an epoch.
  package func checkpoint(epoch: Int) -> URL {
    let digits = String(epoch)
    let padding = String(repeating: "0", count: max(0, 3 - digits.count))
    return url.appendingPathComponent("checkpoint_epoch_\(padding)\(digits).ckpt")
  }

  /// Writes a configuration into the folder, or makes sure that it is this configuration's.
  ///
  /// - Throws: `TrainingError.otherConfiguration`, or `FileError`.
  func claim(_ yaml: String) throws {
    guard FileManager.default.fileExists(atPath: configuration.path) else {
      return try AtomicFile.write(yaml, to: configuration)
    }
    let existing = try FileContents.read(configuration, limit: ConfigurationFile.maximumSize)
    let found = String(decoding: existing, as: UTF8.self)
    guard found != yaml, RunConfiguration.restated(found) != yaml else { return }
    let difference = LineDifference(expected: yaml, found: found)
    throw TrainingError.otherConfiguration(
      url, expected: difference.expected, found: difference.found)
  }

  /// Removes what a run and its evaluations left, so that another one can start here.
  ///
  /// What a run resumes from goes first and its configuration last: killed in between, nothing
  /// takes the remains for another run.
  ///
  /// - Throws: `FileError.unwritable`.
  func clear() throws {
    let predictions = url.appendingPathComponent("predictions")
    let stored = (try? FileManager.default.contentsOfDirectory(atPath: predictions.path)) ?? []
    let results = [
      "run.json", "cells.csv", "diversity.csv", "reliability.csv", "summary.csv", "report.html",
    ]
    var files =
      [lastCheckpoint, previousCheckpoint] + keptEpochs().map(checkpoint(epoch:))
      + [logs, events, damagedEvents]
    files += results.map { url.appendingPathComponent($0) }
    files += stored.filter { $0.hasSuffix(".npy") }.map { predictions.appendingPathComponent($0) }
    for file in files + [configuration] where unlink(file.path) != 0 && errno != ENOENT {
      throw FileError.unwritable(file, errno)
    }
  }

  /// Puts the events away as damaged ones, in the place of earlier ones.
  ///
  /// - Throws: `FileError.unwritable`.
  func moveEventsAside() throws {
    guard rename(events.path, damagedEvents.path) == 0 else {
      throw FileError.unwritable(damagedEvents, errno)
    }
  }

  /// Makes the last checkpoint the previous one as well.
  ///
  /// - Throws: `FileError.unwritable`.
  func keepPrevious() throws {
    guard FileManager.default.fileExists(atPath: lastCheckpoint.path) else { return }
    unlink(previousCheckpoint.path)
    // Of the file itself, where the name is a symbolic link to it.
    let isLinked = linkat(
      AT_FDCWD, lastCheckpoint.path, AT_FDCWD, previousCheckpoint.path, AT_SYMLINK_FOLLOW)
    guard isLinked != 0 else { return }
    // Some file systems have no links.
    let bytes = try FileContents.read(lastCheckpoint, limit: .max)
    try AtomicFile.write(bytes, to: previousCheckpoint)
  }

  /// The checkpoints that a run may go on from, the latest first.
  func resumableCheckpoints() -> [URL] {
    let all =
      [lastCheckpoint, previousCheckpoint] + keptEpochs().reversed().map(checkpoint(epoch:))
    return all.filter { FileManager.default.fileExists(atPath: $0.path) }
  }

  /// Removes the checkpoints of epochs but for the latest `count` and the best one.
  ///
  /// - Throws: `FileError.unwritable`.
  func thin(keeping count: Int, of records: [EpochRecord]) throws {
    let kept = keptEpochs()
    let best = records.filter { kept.contains($0.epoch) }
      .max { ($0.testAccuracy, $0.epoch) < ($1.testAccuracy, $1.epoch) }
    for epoch in kept.dropLast(count) where epoch != best?.epoch {
      let file = checkpoint(epoch: epoch)
      guard unlink(file.path) == 0 || errno == ENOENT else {
        throw FileError.unwritable(file, errno)
      }
    }
  }

  /// The epochs of which a checkpoint was kept, in ascending order.
  package func keptEpochs() -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    return names.compactMap { name in
      guard name.hasPrefix("checkpoint_epoch_"), name.hasSuffix(".ckpt") else { return nil }
      return Int(name.dropFirst("checkpoint_epoch_".count).dropLast(".ckpt".count))
    }.sorted()
  }

  /// The checkpoint that a user means by a path, an epoch's number, or `best`: the highest test
  /// accuracy in `logs.csv` among the epochs whose checkpoint was kept, the latest of equals.
  ///
  /// - Throws: `TrainingError.noCheckpoint` or `.malformedLogs`, `FileError` or `CSVError`.
  package func checkpoint(named text: String) throws -> URL {
    if let epoch = Int(text) {
      guard keptEpochs().contains(epoch) else {
        throw TrainingError.noCheckpoint(url, epoch: epoch, kept: keptEpochs())
      }
      return checkpoint(epoch: epoch)
    }
    return text == "best" ? try bestCheckpoint() : URL(fileURLWithPath: text)
  }

  private func bestCheckpoint() throws -> URL {
    let kept = Set(keptEpochs())
    let table = try CSVTable(contentsOf: logs)
    let epochs = try numbers("epoch", of: table, expected: "a whole number") { Int($0) }
    let accuracies = try numbers(
      "test/accuracy", of: table, expected: "a number or a percentage", Self.accuracy)
    let candidates = zip(epochs, accuracies).filter { kept.contains($0.0) }
    guard let best = candidates.max(by: { ($0.1, $0.0) < ($1.1, $1.0) }) else {
      throw TrainingError.noCheckpoint(url, epoch: nil, kept: keptEpochs())
    }
    return checkpoint(epoch: best.0)
  }

  /// The numbers in a column of `logs.csv`, which is read as `table`.
  private func numbers<Number>(
    _ column: String, of table: CSVTable, expected: String, _ number: (String) -> Number?
  ) throws -> [Number] {
    guard let fields = table.column(column) else {
      throw TrainingError.malformedLogs(
        logs, place: "line 1", expected: "a column \(column)",
        found: table.header.joined(separator: ",").oneLine)
    }
    return try fields.enumerated().map { index, field in
      guard let value = number(field) else {
        throw TrainingError.malformedLogs(
          logs, place: "row \(index + 1), column \(column)", expected: expected,
          found: field.oneLine)
      }
      return value
    }
  }

  /// A share; the reference writes percentages.
  private static func accuracy(_ text: String) -> Double? {
    let isPercentage = text.hasSuffix("%")
    guard let number = Double(isPercentage ? text.dropLast() : text[...]), number.isFinite else {
      return nil
    }
    return isPercentage ? number / 100 : number
  }
}
