import ArgumentParser
import Datasets
import Formats
import Foundation
import Synchronization

struct DataVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Checks that every file of a data set is there, whole and the published one.",
    discussion: """
      Data sets: \(names.joined(separator: ", ")).

      Prints a line for each file or folder; exits with 1 if anything is wrong.

      Example:

        mixmo data verify --dataset cifar100 --data data
      """)

  private static let names = DatasetVerification.Name.allCases.map(\.rawValue)

  @Option(help: ArgumentHelp("The data set.", valueName: "name"))
  var dataset: String

  @OptionGroup var folder: DataFolder
  @OptionGroup var common: CommonOptions

  func validate() throws {
    _ = try name()
  }

  private func name() throws -> DatasetVerification.Name {
    guard let name = DatasetVerification.Name(rawValue: dataset) else {
      throw ValidationError(
        "--dataset: unknown \"\(dataset)\"; "
          + Spelling.suggestion(for: dataset, from: Self.names))
    }
    return name
  }

  func run() throws {
    let verification = try DatasetVerification(name(), in: folder.url)
    Interruption.listen()
    let records = try records(of: verification)
    let wrong = records.filter { $0.status != .ok }
    if common.json {
      try common.terminal.show(json: records)
    } else {
      try common.terminal.show(records.map { $0.line + "\n" }.joined() + summary(records, wrong))
    }
    guard wrong.isEmpty else { throw ExitCode.failure }
  }

  private func records(of verification: DatasetVerification) throws -> [VerificationRecord] {
    let bar = Mutex(
      ProgressBar(
        "hash", total: verification.hashedByteCount, unit: .bytes, terminal: common.terminal))
    defer { bar.withLock { $0.finish() } }
    do {
      return try verification.run(
        workers: common.workers, advanced: { done in bar.withLock { $0.update(done) } },
        isInterrupted: { Interruption.isRequested })
    } catch is CancellationError {
      common.terminal.say("stopped before everything was checked")
      throw ExitCode(130)
    }
  }

  private func summary(_ records: [VerificationRecord], _ wrong: [VerificationRecord]) -> String {
    guard !wrong.isEmpty else { return "\(dataset): all \(records.count) checks are ok\n" }
    let missing = wrong.filter { $0.status == .missing }.count
    return "\(dataset): \(missing) missing and \(wrong.count - missing) wrong of \(records.count)\n"
  }
}
