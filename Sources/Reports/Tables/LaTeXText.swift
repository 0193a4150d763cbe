import Formats
import Foundation

/// Text that any LaTeX sets as it is.
enum LaTeXText {
  /// `text` with what has a meaning in LaTeX escaped, accents as commands, and `?` for what the fonts
  /// of a plain document lack.
  static func escaped(_ text: String) -> String {
    text.withoutControlCharacters.map(escaped).joined()
  }

  /// The same, to be broken after all but letters and digits.
  static func breakable(_ text: String) -> String {
    text.withoutControlCharacters.map {
      escaped($0) + ($0.isLetter || $0.isNumber ? "" : "\\allowbreak{}")
    }.joined()
  }

  private static let accents: [Unicode.Scalar: String] = [
    "\u{300}": "\\`", "\u{301}": "\\'", "\u{302}": "\\^", "\u{303}": "\\~", "\u{304}": "\\=",
    "\u{306}": "\\u", "\u{307}": "\\.", "\u{308}": "\\\"", "\u{30A}": "\\r", "\u{30B}": "\\H",
    "\u{30C}": "\\v", "\u{327}": "\\c",
  ]

  private static func escaped(_ character: Character) -> String {
    switch character {
    case "\\": return "\\textbackslash{}"
    case "~": return "\\textasciitilde{}"
    case "^": return "\\textasciicircum{}"
    case "<": return "\\textless{}"
    case ">": return "\\textgreater{}"
    case "|": return "\\textbar{}"
    case "\"": return "\\char34{}"
    case "'", "`", "-": return "{\(character)}"
    case "&", "%", "$", "#", "_", "{", "}": return "\\\(character)"
    case "ß": return "\\ss{}"
    case "−", "–": return "--"
    default: return accented(character)
    }
  }

  /// A letter, or a letter with one accent.
  private static func accented(_ character: Character) -> String {
    let scalars = Array(String(character).decomposedStringWithCanonicalMapping.unicodeScalars)
    guard let base = scalars.first, base.isASCII else { return "?" }
    if scalars.count == 1 { return String(base) }
    guard scalars.count == 2, let accent = accents[scalars[1]] else { return "?" }
    return "\(accent){\(base)}"
  }

  /// About how wide Computer Modern sets `text`, in em, rather more than less.
  static func width(_ text: String) -> Double {
    text.reduce(0) { width, character in
      switch character {
      case ".", ",", ":", ";", "'", "|", "!", "i", "l": width + 0.29
      case "-", "(", ")", "[", "]", "I", "f", "j", "t", " ": width + 0.4
      case "m", "w", "M", "W", "%", "@", "−": width + 0.86
      case _ where character.isUppercase: width + 0.74
      default: width + 0.53
      }
    }
  }
}
