import ArgumentParser
import Datasets
import Formats
import Foundation
import Synchronization

struct DataVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Checks the files of a data set where training and evaluation read them.",
    discussion: """
      Data sets: \(names.joined(separator: ", ")).

      Every file must be there. Beyond that, what is published decides what can be checked:

        MD5         the arrays of CIFAR-10-C and CIFAR-100-C, CIFAR-100's binary files, and both
                    CIFARs in Python's form
        contents    CIFAR-10's binary files, of which no MD5 is published: their sizes and labels,
                    not their pixels; the digits alike
        images      Tiny-ImageNet and Tiny-ImageNet-C: the names and numbers of images of each
                    class, and that every image can be decoded and has its size

      Prints a line for each file or folder; exits with 1 if anything is wrong.

      Example:

        mixmo data verify --dataset cifar100 --data data
      """)

  private static let names = DatasetVerification.Name.allCases.map(\.rawValue)

  @Option(help: ArgumentHelp("The data set.", valueName: "name"))
  var dataset: String

  @OptionGroup var folder: DataFolder
  @OptionGroup var threading: ThreadOptions
  @OptionGroup var output: OutputOptions

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
    if output.json {
      try output.terminal.show(json: records)
    } else {
      try output.terminal.show(records.map { $0.line + "\n" }.joined() + summary(records, wrong))
    }
    guard wrong.isEmpty else { throw ExitCode.failure }
  }

  private func records(of verification: DatasetVerification) throws -> [VerificationRecord] {
    let bar = Mutex(
      ProgressBar(
        "hash", total: verification.hashedByteCount, unit: .bytes, terminal: output.terminal))
    defer { bar.withLock { $0.finish() } }
    do {
      return try verification.run(
        workers: threading.workers, advanced: { done in bar.withLock { $0.update(done) } },
        isInterrupted: { Interruption.isRequested })
    } catch is CancellationError {
      output.terminal.say("stopped before everything was checked")
      throw ExitCode(130)
    }
  }

  private func summary(_ records: [VerificationRecord], _ wrong: [VerificationRecord]) -> String {
    guard !wrong.isEmpty else { return "\(dataset): all \(records.count) checks are ok\n" }
    let missing = wrong.filter { $0.status == .missing }.count
    return "\(dataset): \(missing) missing and \(wrong.count - missing) wrong of \(records.count)\n"
  }
}
