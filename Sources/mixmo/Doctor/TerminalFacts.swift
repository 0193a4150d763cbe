import Formats
import Foundation

/// What messages and progress are shown on.
struct TerminalFacts: Encodable {
  let isOutputTerminal = isatty(STDOUT_FILENO) == 1
  /// Whether progress is a bar that is redrawn.
  let isErrorTerminal = isatty(STDERR_FILENO) == 1
  /// The columns of the terminal; nil where there is none.
  let columns: Int?
  /// What the terminal says that it is.
  let type: String?
  /// The colors that its type promises; the program uses none.
  let colors: Int

  init() {
    let variables = ProcessInfo.processInfo.environment
    let type = variables["TERM"].map(\.oneLine)
    self.type = type
    columns = [STDERR_FILENO, STDOUT_FILENO].lazy.compactMap(Self.columns).first
    colors =
      ["truecolor", "24bit"].contains(variables["COLORTERM"])
      ? 1 << 24
      : (type ?? "").contains("256color") ? 256 : ["", "dumb"].contains(type ?? "") ? 0 : 8
  }

  private static func columns(of stream: Int32) -> Int? {
    var size = winsize()
    guard ioctl(stream, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  var rows: [ReportRow] {
    func kind(_ isTerminal: Bool) -> String { isTerminal ? "a terminal" : "not a terminal" }
    let width = columns.map { ", \($0) columns" } ?? ""
    return [
      ReportRow(
        "terminal",
        "output \(kind(isOutputTerminal)), errors \(kind(isErrorTerminal))\(width), TERM "
          + "\(type ?? "not set"), \(colors) colors")
    ]
  }
}
