import Formats
import Foundation

/// The folder of a run and the names of its files.
package struct RunFolder: Sendable, Equatable {
  package let url: URL

  /// The folder at `url`, which need not exist.
  package init(_ url: URL) { self.url = url }

  /// The folder of the configuration file's run, below `save`.
  package init(save: URL, configurationFile: URL) {
    url = save.appendingPathComponent(Self.runName(of: configurationFile))
  }

  /// The folder of the run that wrote the configuration file: its `config.yaml` lies beside what a
  /// training or an evaluation leaves.
  ///
  /// Nil for any other file.
  package init?(owning configurationFile: URL) {
    let file = configurationFile.absoluteURL.standardizedFileURL
    let folder = RunFolder(file.deletingLastPathComponent())
    let traces = [folder.lastCheckpoint, folder.log, folder.record, folder.trainingLock]
    guard file.lastPathComponent == folder.configuration.lastPathComponent, file.exists,
      traces.contains(where: \.exists)
    else { return nil }
    self = folder
  }

  /// The name of a run: its configuration file's, without extension, or, for the file that a run wrote,
  /// its folder's.
  package static func runName(of configurationFile: URL) -> String {
    RunFolder(owning: configurationFile)?.name
      ?? configurationFile.deletingPathExtension().lastPathComponent
  }

  package var name: String { url.lastPathComponent }

  private func file(_ name: String) -> URL { url.appendingPathComponent(name) }
}

/// What a training leaves.
extension RunFolder {
  /// The configuration with every default written out, in YAML.
  package var configuration: URL { file("config.yaml") }
  /// The state after the latest epoch or interruption, from which a run resumes.
  package var lastCheckpoint: URL { file("last.ckpt") }
  /// The state before that one, for the case that it is damaged.
  package var previousCheckpoint: URL { file("previous.ckpt") }
  /// A row for each epoch; see `EpochRecord`.
  package var log: URL { file("logs.csv") }
  /// The scalars of each epoch, for TensorBoard; see `EventLog`.
  package var events: URL { file(EventFile.name) }
  /// Events that were damaged, under a name that TensorBoard does not read.
  package var damagedEvents: URL { file("events.damaged") }
  /// Held by the process that trains in the folder.
  package var trainingLock: URL { file("train.lock") }
}

/// What an evaluation and its report leave.
extension RunFolder {
  /// What made the predictions; see `RunRecord`.
  package var record: URL { file("run.json") }
  /// The tables; see `ResultTables`.
  package func table(_ format: TableFormat) -> URL { file(format.fileName) }
  /// What was fitted to calibrate the numbers of the tables; see `CalibrationFile`.
  package var calibrations: URL { file("calibrations.json") }
  /// The logits of each cell and the labels.
  package var predictions: PredictionStore { PredictionStore(folder: file("predictions")) }
  /// The page about the run.
  package var page: URL { file("report.html") }
  /// Whether there is a page, and a table or the record was written after it.
  package var isPageOutdated: Bool {
    guard let pageDate = Self.date(of: page) else { return false }
    return ((TableFormat.results + TableFormat.optional).map(table) + [record]).contains { file in
      Self.date(of: file).map { $0 > pageDate } ?? false
    }
  }

  private static func date(of file: URL) -> Date? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
    return attributes?[.modificationDate] as? Date
  }

  /// What the tables say, as sentences and numbers for programs.
  package var findings: URL { file("findings.json") }
  /// Pictures of the page.
  package var figures: URL { file("figures") }
  /// Tables of the page.
  package var tables: URL { file("tables") }
}

extension RunFolder {
  /// Removes what a training and its evaluations left, so that another one can start here.
  ///
  /// What a run resumes from goes first and its configuration last: if the process is killed in
  /// between, nothing takes the remains for another run.
  ///
  /// - Throws: `FileError.unwritable`.
  package func clear() throws {
    let training =
      [lastCheckpoint, previousCheckpoint] + keptEpochs().map(checkpoint(epoch:))
      + [log, events, damagedEvents]
    let tables = (TableFormat.results + TableFormat.optional).map(table)
    let evaluation =
      [record, calibrations, findings] + tables + [page] + predictions.files()
      + predictions.others.flatMap { $0.files() }
    for file in training + evaluation + [configuration]
    where unlink(file.path) != 0 && errno != ENOENT {
      throw FileError.unwritable(file, errno)
    }
  }

  /// Renames the event log as damaged; an earlier damaged log is replaced.
  ///
  /// - Throws: `FileError.unwritable`.
  package func moveEventsAside() throws {
    guard rename(events.path, damagedEvents.path) == 0 else {
      throw FileError.unwritable(damagedEvents, errno)
    }
  }
}

extension URL {
  fileprivate var exists: Bool { FileManager.default.fileExists(atPath: path) }
}
