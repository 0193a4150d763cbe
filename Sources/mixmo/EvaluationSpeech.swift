import ArgumentParser
import Evaluation
import Runs

/// What a user sees while an evaluation runs: a bar for each of its stages, and warnings.
private final class EvaluationSpeech {
  private let terminal: Terminal
  private var title = ""
  private var bar: ProgressBar?

  init(_ terminal: Terminal) {
    self.terminal = terminal
  }

  func report(_ event: EvaluationEvent) {
    switch event {
    case .hashed(let done, let total): update("hash", done, of: total, unit: .bytes)
    case .read(let count, let total): update("read", count, of: total)
    case .checked(let count, let total): update("check", count, of: total)
    case .predicted(let cell, let count, let total):
      update("evaluate", count, of: total, cell.name)
    case .stored(let count, let total): update("store", count, of: total)
    case .scored(let count, let total): update("score", count, of: total)
    case .note(let text):
      finish()
      terminal.warn(text)
    }
  }

  private func update(
    _ title: String, _ count: Int, of total: Int, _ detail: String = "",
    unit: ProgressBar.Unit = .images
  ) {
    if bar == nil || self.title != title {
      finish()
      self.title = title
      bar = ProgressBar(
        title, total: total, unit: unit, patience: Self.preliminaries.contains(title) ? 2 : 0,
        terminal: terminal)
    }
    bar?.update(count, detail)
    // Several sets of images are read one after the other, each with a bar of its own.
    if count == total, Self.preliminaries.contains(title) { finish() }
  }

  /// Stages that mostly are too short for a bar.
  private static let preliminaries: Set = ["hash", "read", "store"]

  /// Ends the line of a bar.
  func finish() {
    bar?.finish()
    bar = nil
  }
}

extension EvaluationRun {
  /// Evaluates and speaks to the user meanwhile; ends the program with 130 where it is interrupted.
  ///
  /// - Parameters:
  ///   - terminal: Where to speak.
  ///   - startsOver: Whether the command first removes what is there.
  ///   - advice: How to go on after an interruption of scoring; nil for what predictions that are
  ///     stored allow.
  ///   - isReporting: Whether a page is made of the tables after this.
  /// - Returns: The scores.
  /// - Throws: `ExitCode` after an interruption, or what the evaluation throws.
  func run(
    speakingTo terminal: Terminal, startsOver: Bool = false, whenInterrupted advice: String? = nil,
    isReporting: Bool = false
  ) throws -> ScoreCube {
    let cube = try speaking(to: terminal, startsOver: startsOver, advice) { evaluation, speech in
      try evaluation.run(report: speech.report) { Interruption.isRequested }
    }
    if let folder, !isReporting, folder.isPageOutdated {
      terminal.warn(
        "\(folder.page.path): older than the tables or run.json; run mixmo report \(folder.url.path) to make it "
          + "again")
    }
    return cube
  }

  /// The same without scoring.
  func predict(speakingTo terminal: Terminal) throws {
    try speaking(to: terminal, startsOver: false, nil) { evaluation, speech in
      try evaluation.predict(report: speech.report) { Interruption.isRequested }
    }
  }

  private func speaking<Result>(
    to terminal: Terminal, startsOver: Bool, _ advice: String?,
    _ body: (EvaluationRun, EvaluationSpeech) throws -> Result
  ) throws -> Result {
    var evaluation = self
    evaluation.step = Invocation.step(threadCount: threadCount)
    let speech = EvaluationSpeech(terminal)
    defer { speech.finish() }
    do {
      return try body(evaluation, speech)
    } catch EvaluationError.interrupted(let stage) {
      speech.finish()
      let command = Interruption.sameCommand(startsOver: startsOver)
      let wayOn =
        switch stage {
        case .checking: "run \(command) to start again"
        case .predicting(let cell): "run \(command) to continue from \(cell.name)"
        case .scoring: advice ?? "run \(command) to score the stored predictions"
        }
      terminal.say("interrupted; \(wayOn)")
      throw ExitCode(130)
    }
  }
}
