import Foundation

/// How far a job is, with its rate and the time left: a bar that is redrawn on a terminal, a line
/// now and then elsewhere.
final class ProgressBar {
  private let title: String
  private let total: Int
  private let isHidden: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let start = Date()
  private var shown = Date.distantPast
  private var firstDone: Int?

  private static let width = 24

  /// A bar for `total` images.
  init(_ title: String, total: Int, terminal: Terminal) {
    self.title = title
    self.total = total
    isHidden = terminal.isQuiet
  }

  /// Shows that `done` images are finished, and something about the latest ones.
  func update(_ done: Int, _ detail: String = "") {
    let first = firstDone ?? done
    firstDone = first
    let pause = isTerminal ? 0.1 : 10
    guard !isHidden, done == total || Date().timeIntervalSince(shown) >= pause else { return }
    shown = Date()
    let text = line(done, since: first, detail)
    write(isTerminal ? "\r\u{1B}[K\(text)" : text + "\n")
  }

  /// Ends the line.
  func finish() {
    if isTerminal && !isHidden && shown != .distantPast { write("\n") }
  }

  private func line(_ done: Int, since first: Int, _ detail: String) -> String {
    let rate = Double(done - first) / max(Date().timeIntervalSince(start), 1e-9)
    let filled = Self.width * done / max(total, 1)
    let bar =
      String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
    let left = rate > 0 ? time(Double(total - done) / rate) + " left" : ""
    let parts = [
      title, isTerminal ? bar : "", "\(100 * done / max(total, 1)) %",
      rate > 0 ? String(format: "%.0f images/s", rate) : "", left, detail,
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "  ")
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
