import Datasets
import Foundation
import Loading
import Reports
import Synchronization
import Tensors

/// How far the steps before and after the main work of a command are, which mostly are short: a bar for
/// each that takes more than two seconds.
final class StepProgress: Sendable {
  private struct Step {
    let title: String
    let total: Int
    let bar: ProgressBar
  }

  private let terminal: Terminal
  /// How to go on after an interruption; nil for a command that the signal itself ends.
  private let advice: String?
  private let current = Mutex<Step?>(nil)

  private static let patience = 2.0

  /// - Parameters:
  ///   - terminal: Where it is shown.
  ///   - advice: How to go on after an interruption, of a command that listens for one.
  init(_ terminal: Terminal, whenInterrupted advice: String? = nil) {
    self.terminal = terminal
    self.advice = advice
  }

  /// A failure leaves a bar unfinished.
  deinit { finish() }

  /// Shows that `done` of `total` are finished in the step `title`.
  ///
  /// - Throws: `ExitCode` after an interruption.
  func show(
    _ title: String, _ done: Int, of total: Int, _ unit: ProgressBar.Unit = .images
  ) throws {
    try current.withLock { current in
      if current?.title != title || current?.total != total {
        current?.bar.finish()
        current = Step(
          title: title, total: total,
          bar: ProgressBar(
            title, total: total, unit: unit, patience: Self.patience, terminal: terminal))
      }
      guard let bar = current?.bar else { return }
      bar.update(done)
      if done >= total {
        bar.finish()
        current = nil
      }
      if let advice { try Interruption.check(terminal, bar, saying: advice) }
    }
  }

  /// Shows how far a step of a page, a table or a comparison is.
  ///
  /// - Throws: `ExitCode` after an interruption.
  func show(_ step: ReportStep, _ done: Int, of total: Int) throws {
    let unit: ProgressBar.Unit =
      switch step {
      case .hash: .bytes
      case .test: .images
      case .draw: .figures
      }
    try show(step.rawValue, done, of: total, unit)
  }

  /// Ends the line of a bar.
  func finish() {
    current.withLock { current in
      current?.bar.finish()
      current = nil
    }
  }
}

extension DatasetKind {
  /// Reads one part of the data set, and shows how far images are packed into the folder `cache`, where
  /// that takes long.
  ///
  /// - Throws: As `read(_:in:cache:workers:advanced:)`; `ExitCode` after an interruption.
  func read(
    _ split: DatasetSplit, in data: URL, cache: URL?, workers: Workers, showingOn terminal: Terminal
  ) throws -> any Dataset {
    let steps = StepProgress(
      terminal, whenInterrupted: "nothing was kept; run the same command to pack them again")
    defer { steps.finish() }
    return try read(split, in: data, cache: cache, workers: workers) { done, total in
      try steps.show("pack \(rawValue) \(split.rawValue)", done, of: total)
    }
  }
}
