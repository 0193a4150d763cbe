extension String {
  /// The text without control characters and line breaks: a name from a hostile file must not move
  /// the cursor of a terminal.
  package var withoutControlCharacters: String {
    String(UnicodeScalarView(unicodeScalars.map { $0.movesCursor ? "\u{FFFD}" : $0 }))
  }

  /// At most a hundred characters on one line, for messages.
  package var oneLine: String {
    let shown = String(UnicodeScalarView(unicodeScalars.prefix(100)))
    return shown.withoutControlCharacters + (shown.utf8.count < utf8.count ? "…" : "")
  }
}

extension Unicode.Scalar {
  fileprivate var movesCursor: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
