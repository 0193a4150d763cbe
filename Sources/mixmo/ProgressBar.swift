import Datasets
import Formats
import Foundation

/// How far a job is, with its rate and the time left: a bar that is redrawn on a terminal, a line
/// now and then elsewhere.
final class ProgressBar {
  private let title: String
  private let total: Int
  private let unit: Unit
  private let isHidden: Bool
  private let patience: Double
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let start = Date()
  private var shown = Date.distantPast
  private var firstDone: Int?

  private static let width = 24

  /// What is counted.
  enum Unit: String {
    case images, rows, bytes, figures, fits, passes, convolutions, files
  }

  /// A bar for `total` images or whatever is counted, 0 where their number is not known.
  ///
  /// Nothing is shown in the first `patience` seconds, so that short work leaves no line.
  init(
    _ title: String, total: Int, unit: Unit = .images, patience: Double = 0, terminal: Terminal
  ) {
    self.title = title
    self.total = total
    self.unit = unit
    self.patience = patience
    isHidden = terminal.isQuiet || terminal.isMute
  }

  /// Shows that `done` are finished, and something about the latest ones.
  func update(_ done: Int, _ detail: String = "") {
    // A file may grow while it is read.
    let done = total > 0 ? min(done, total) : done
    let first = firstDone ?? done
    firstDone = first
    let pause = isTerminal ? 0.1 : 10
    guard !isHidden, done == total || Date().timeIntervalSince(shown) >= pause else { return }
    guard shown != .distantPast || Date().timeIntervalSince(start) >= patience else { return }
    shown = Date()
    let text = line(done, since: first, detail)
    write(isTerminal ? "\r\u{1B}[K\(text)" : text + "\n")
  }

  /// Ends the line, where there is one.
  func finish() {
    if isTerminal && !isHidden && shown != .distantPast { write("\n") }
    shown = .distantPast
  }

  private func line(_ done: Int, since first: Int, _ detail: String) -> String {
    let rate = Double(done - first) / max(Date().timeIntervalSince(start), 1e-9)
    let filled = total > 0 ? Self.width * done / total : 0
    let bar =
      String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
    let left = rate > 0 && total > 0 ? time(Double(total - done) / rate) + " left" : ""
    let share = total > 0 ? "\(100 * done / total) %" : ""
    let parts = [
      title, isTerminal && total > 0 ? bar : "", share, rate > 0 ? text(rate: rate) : "", left,
      detail,
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "  ").withoutControlCharacters
  }

  private func text(rate: Double) -> String {
    switch unit {
    case .bytes: ByteCount.text(Int(rate)) + "/s"
    // A few a minute are no rate that one reads.
    case _ where rate < 1: ""
    default: String(format: "%.0f \(unit.rawValue)/s", rate)
    }
  }

  private func time(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e9).rounded())
    let (minutes, rest) = whole.quotientAndRemainder(dividingBy: 60)
    return minutes < 60
      ? String(format: "%d:%02d", minutes, rest)
      : String(format: "%d:%02d:%02d", minutes / 60, minutes % 60, rest)
  }

  private func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
