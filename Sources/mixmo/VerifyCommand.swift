import ArgumentParser
import Evaluation
import Foundation
import Reports
import Runs
import Scoring

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Checks everything that a run folder claims.",
    example: HelpExample(
      "the run of mixmo demo",
      "mixmo verify demo/exp_digits_wrn101-2_cutmixmo-p5_standard_bar1"),
    discussion: """
      Prediction files must have the SHA-256 that run.json records. The tables and the fitted \
      calibrations are computed again from the predictions, and the page, its tables and the values of \
      its figures are made again from the tables; each must be the file that is there, byte for byte \
      where this version made it. The checkpoint and the images are looked for where run.json says that \
      they were, and kept checkpoints in the folder.

      Prints a line for each: ok, differs, with what was expected and found, or not at hand. Exits with 1 \
      if anything differs.

      Example: a run that somebody sent, with their checkpoint and your copy of the data:

        mixmo verify runs/theirs --checkpoint theirs.ckpt --data data
      """)

  @Argument(help: ArgumentHelp("Run folders.", valueName: "run"))
  var runs: [String]

  @Option(
    help: ArgumentHelp(
      "The checkpoint that made the predictions (default: where run.json says, or in the folder).",
      valueName: "file"))
  var checkpoint: String?

  @Option(
    help: ArgumentHelp(
      "The folder that holds the data sets' folders (default: where run.json says).",
      valueName: "dir"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "The folder of the pictures that were evaluated (default: where run.json says).",
      valueName: "dir"))
  var images: String?

  @OptionGroup var threading: ThreadOptions
  @OptionGroup var speech: OutputOptions

  func validate() throws {
    if checkpoint != nil && runs.count > 1 {
      throw ValidationError("--checkpoint is for one run; give its folder alone.")
    }
  }

  func run() async throws {
    Interruption.listen()
    var results: [VerifiedRun] = []
    for path in runs {
      let result = VerifiedRun(run: path, checks: try await checks(of: path))
      results.append(result)
      if !speech.json { try speech.terminal.show(result.text) }
    }
    if speech.json { try speech.terminal.show(json: results) }
    guard results.allSatisfy({ $0.count(.differs) == 0 }) else { throw ExitCode.failure }
  }

  private func checks(of path: String) async throws -> [RunCheck] {
    let folder = RunFolder(URL(fileURLWithPath: path))
    let (workers, terminal) = (threading.workers, speech.terminal)
    let record = try RunRecord.read(from: folder)
    let steps = StepProgress(terminal, whenInterrupted: Self.advice)
    defer { steps.finish() }
    let proof = try PredictionProof(of: folder, threadCount: workers.count) {
      try steps.show("hash", $0, of: $1, .bytes)
    }
    var checks = [RunCheck.ok(folder.record.lastPathComponent)] + proof.checks
    let imageCount = (try? folder.predictions.labels().count) ?? 0
    let bar = ProgressBar(
      "verify", total: imageCount * folder.predictions.cells().count, terminal: terminal)
    defer { bar.finish() }
    checks += try TableVerification(
      of: folder, record, kinds: standardKinds, version: Mixmo.version,
      workers: workers
    ).checks(proof) { done in
      bar.update(done * imageCount)
      try Interruption.check(terminal, bar, saying: Self.advice)
    }
    bar.finish()
    checks += try await pageChecks(of: folder, record, proof)
    var inputs = InputVerification(
      of: folder, record, checkpoint: checkpoint.map { URL(fileURLWithPath: $0) },
      data: data.map { URL(fileURLWithPath: $0) },
      pictures: images.map { URL(fileURLWithPath: $0) }, workers: workers)
    inputs.report = { try steps.show("images", $0, of: $1) }
    return try checks + inputs.checks()
  }

  private static let advice = "nothing was changed; run the same command to check again"

  /// The corruptions of the published suite; none where its table is not there.
  private var standardKinds: [CorruptionKind] {
    let suite = try? SelectedSuite(SelectedSuite.standardURL(for: .cifar10), names: []).suite
    return suite?.kinds ?? []
  }

  private func pageChecks(
    of folder: RunFolder, _ record: RunRecord, _ proof: PredictionProof
  ) async throws -> [RunCheck] {
    let name = folder.page.lastPathComponent
    guard (try? proof.check()) != nil else {
      return [.notAtHand(name, "it needs the run's own predictions")]
    }
    do {
      let run = try Run(folder: folder, label: record.origin.run)
      return try await PageVerification(run, version: Mixmo.version)
        .checks(threadCount: threading.workers.count)
    } catch {
      return [.notAtHand(name, "\(error)")]
    }
  }
}

/// What was found of one run.
private struct VerifiedRun: Encodable {
  let run: String
  let checks: [RunCheck]

  func count(_ status: RunCheck.Status) -> Int { checks.count { $0.status == status } }

  /// A line for each check, and one that counts them.
  var text: String {
    let counts = [RunCheck.Status.ok, .differs, .notAtHand].map { "\(count($0)) \($0.rawValue)" }
    return checks.map { $0.line + "\n" }.joined() + "\(run): \(counts.joined(separator: ", "))\n"
  }
}
