/// One system of axes with what is drawn in it, as gnuplot's commands.
package struct Panel: Sendable {
  /// Named data: lines of fields that tabs separate.
  struct Block: Sendable {
    let name: String
    let lines: [String]
  }

  let title: String
  /// The height of what the axes enclose, in CSS pixels.
  let height: Double
  /// The room left of the axes, in CSS pixels.
  let leftMargin: Double
  /// The room below the axes, in CSS pixels.
  let bottomMargin: Double
  let blocks: [Block]
  /// Whether there is a point to draw; gnuplot fails on a plot that has none.
  let hasPoints: Bool
  /// Commands that set the axes up and plot, of settings that are as gnuplot has them at first.
  let commands: [String]
}

extension Panel {
  /// The names of rows as they are drawn, and the room that they take left of the axes, in CSS pixels.
  static func rowNames(_ names: [String]) -> (shown: [String], margin: Double) {
    let shown = names.map { Gnuplot.plain($0, limit: 32) }
    return (shown, max(122, 20 + 5.2 * Double(shown.map(\.count).max() ?? 0)))
  }
}

/// Text and numbers in gnuplot's language.
enum Gnuplot {
  /// Text as a literal; whatever has a meaning for gnuplot is replaced.
  static func quoted(_ text: String) -> String { "'\(plain(text))'" }

  /// Text as a field of a block, of at most `limit` characters.
  static func plain(_ text: String, limit: Int = 60) -> String {
    let shown = text.count > limit ? text.prefix(max(limit - 1, 0)) + "…" : text[...]
    return String(shown.map { isPlain($0) ? $0 : "·" })
  }

  private static func isPlain(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || " _-+.,:;()/=%#<>&*…".contains(character)
  }

  /// Whether a number can be drawn: gnuplot takes larger ones as undefined, or its axes overflow.
  static func isDrawn(_ number: Double?) -> Bool { number.map { abs($0) < 1e300 } ?? false }

  /// A number as a field; a NaN, which is not drawn, where it cannot be or is not there.
  static func field(_ number: Double?) -> String {
    guard let number, isDrawn(number) else { return "NaN" }
    return "\(number)"
  }
}
