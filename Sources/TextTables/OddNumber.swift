import Foundation

/// A field that holds a number, but not as a program reads it.
enum OddNumber: Equatable {
  case percentage
  /// An exponent after `D`.
  case fortran
  /// Brackets, quotes or a call such as `tensor(…)` around it.
  case wrapped
  case hexadecimal
  case complex
  /// A letter or a mark behind it, such as `f`.
  case suffix(String)
  /// A character that is no digit, by its number in Unicode.
  case character(UInt32)

  /// What a text is, if a number is in it.
  init?(_ text: String) {
    let plain = Self.plain(text)
    if plain.text.isEmpty { return nil }
    if Self.isNumber(plain.text) {
      guard let odd = plain.odd else { return nil }
      self = .character(odd.value)
    } else if plain.text.hasSuffix("%"), Self.isNumber(String(plain.text.dropLast())) {
      self = .percentage
    } else if plain.text.wholeMatch(of: /[-+]?[0-9.]+[dD][-+]?[0-9]+/) != nil {
      self = .fortran
    } else if plain.text.wholeMatch(of: /[-+]?0[xX][0-9a-fA-F]+/) != nil {
      self = .hexadecimal
    } else if plain.text.wholeMatch(of: /\(?[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?[-+][0-9.eE]+[ij]\)?/)
      != nil
    {
      self = .complex
    } else if let inner = Self.unwrapped(plain.text), Self.isNumber(inner) {
      self = .wrapped
    } else if let last = plain.text.last, Self.isNumber(String(plain.text.dropLast())) {
      self = .suffix(String(last))
    } else {
      return nil
    }
  }

  /// What it is, and what to write.
  var remark: String {
    switch self {
    case .percentage: "a percentage; write the share, without a sign"
    case .fortran: "which has the exponent of Fortran; write E for D"
    case .wrapped:
      "a number with something around it; write the number alone, as numpy.savetxt does"
    case .hexadecimal: "a hexadecimal number; write a decimal one"
    case .complex: "a complex number; write its real part"
    case .suffix(let mark): "a number with \"\(mark)\" behind it; write the number alone"
    case .character(let value):
      "a number with the character U+" + String(format: "%04X", value)
        + ", which is no digit; write digits, sign and decimal point alone"
    }
  }

  /// The text without marks that only look like spaces or signs, and without marks between digits; the
  /// first of them.
  private static func plain(_ text: String) -> (text: String, odd: Unicode.Scalar?) {
    var (result, odd): (String.UnicodeScalarView, Unicode.Scalar?) = (.init(), nil)
    for scalar in text.unicodeScalars {
      switch scalar {
      case " ", "\t": break
      case "\u{2010}"..."\u{2015}", "\u{2212}", "\u{FE63}", "\u{FF0D}":
        odd = odd ?? scalar
        result.append("-")
      case "_", "'", ",", "\u{2019}", "\u{60C}", "\u{66C}":
        // Marks of thousands; before a number they are quotes.
        if result.isEmpty { return (text, nil) }
        odd = odd ?? scalar
      case _ where scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint:
        odd = odd ?? scalar
      case _ where !scalar.isASCII && scalar.properties.numericType == .decimal:
        odd = odd ?? scalar
        result.append(contentsOf: "\(Int(scalar.properties.numericValue ?? 0))".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return (String(result), odd)
  }

  /// The text without brackets, quotes and calls around it; nil without any.
  private static func unwrapped(_ text: String) -> String? {
    let marks: Set<Character> = ["[", "]", "(", ")", "{", "}", "'", "\"", "`", ";", ",", "<", ">"]
    var inner = text.drop(while: marks.contains)
    if let bracket = inner.firstIndex(of: "("),
      inner[..<bracket].wholeMatch(of: /[A-Za-z_][A-Za-z_0-9.]*/) != nil
    {
      inner = inner[bracket...].drop(while: marks.contains)
    }
    while let last = inner.last, marks.contains(last) { inner.removeLast() }
    return inner.count < text.count ? String(inner) : nil
  }

  private static func isNumber(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      DecimalNumber(bytes, at: 0, end: bytes.count)?.length == bytes.count && !bytes.isEmpty
    }
  }
}
