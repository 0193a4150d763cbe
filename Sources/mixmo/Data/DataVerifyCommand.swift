import ArgumentParser
import Datasets
import Formats
import Foundation
import Synchronization

struct DataVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Checks the files of a data set in the folder that they are read from.",
    example: HelpExample(
      "the files of CIFAR-100 below data",
      "mixmo data verify --dataset cifar100 --data data"),
    discussion: """
      Data sets: \(names.joined(separator: ", ")).

      Every file must be there. The arrays of CIFAR-10-C and CIFAR-100-C, the images of CIFAR-100's \
      binary form and the files of both CIFARs' Python form must have their published MD5s.

      There are no published MD5s of CIFAR-10's binary files, of CIFAR-10.1's v4 and of the digits: \
      their sizes and labels are checked, but not their pixels.

      Every image of Tiny-ImageNet, Tiny-ImageNet-C, ImageNet-C (224×224, in folders of groups or not) \
      and of ImageNet's validation set, ImageNet-A and ImageNet-R, in the folders of their classes, is \
      decoded and must have the right size, and each class must have the right number of images; whether \
      they are the published ones cannot be checked.

      A file or folder of another number of whole images, such as a part of a data set, is valid, not \
      the published file; so are corrupted images that mixmo corrupt made.

      Prints a line for each file or folder; exits with 1 if anything is missing or wrong.
      """)

  private static let names = VerifiedDataset.all.map(\.name)

  @Option(help: ArgumentHelp("The data set.", valueName: "name"))
  var dataset: String

  @OptionGroup var folder: DataFolder
  @OptionGroup var threading: ThreadOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    _ = try found()
  }

  private func found() throws -> VerifiedDataset {
    guard let found = VerifiedDataset.named(dataset) else {
      throw ValidationError(
        "--dataset: unknown \"\(dataset)\"; "
          + Spelling.suggestion(for: dataset, from: Self.names))
    }
    return found
  }

  func run() throws {
    let verification = try DatasetVerification(found(), in: folder.url)
    Interruption.listen()
    let records = try records(of: verification)
    let wrong = records.filter { [.missing, .wrong].contains($0.status) }
    if output.json {
      try output.terminal.show(json: records)
    } else {
      try output.terminal.show(records.map { $0.line + "\n" }.joined() + summary(records, wrong))
    }
    guard wrong.isEmpty else {
      if PublishedArchive.named(dataset) != nil {
        output.terminal.say(
          "mixmo data download \(dataset) --data \(folder.data.oneLine) --force fetches it again")
      }
      throw ExitCode.failure
    }
  }

  private func records(of verification: DatasetVerification) throws -> [VerificationRecord] {
    let (byteCount, checkCount) = (verification.hashedByteCount, verification.checkCount)
    let steps = StepProgress(output.terminal)
    defer { steps.finish() }
    do {
      // Bytes tell more than files, where there are files to hash.
      return try verification.run(
        workers: threading.workers,
        advanced: { done in try? steps.show("hash", done, of: byteCount, .bytes) },
        checked: { done in
          if byteCount == 0 { try? steps.show("check", done, of: checkCount, .files) }
        },
        isInterrupted: { Interruption.isRequested })
    } catch is CancellationError {
      output.terminal.say("stopped before everything was checked")
      throw ExitCode(130)
    }
  }

  private func summary(_ records: [VerificationRecord], _ wrong: [VerificationRecord]) -> String {
    let others = records.count { $0.status == .valid }
    let remark = others > 0 ? "; \(others) valid, not the published files" : ""
    guard !wrong.isEmpty else {
      return others > 0
        ? "\(dataset): nothing is missing or wrong\(remark)\n"
        : "\(dataset): all \(records.count) checks are ok\n"
    }
    let missing = wrong.count { $0.status == .missing }
    return "\(dataset): \(missing) missing and \(wrong.count - missing) wrong of \(records.count)"
      + "\(remark)\n"
  }
}
