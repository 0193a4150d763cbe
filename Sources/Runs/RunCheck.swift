import Formats

/// What one check of a run folder found: a line of `mixmo verify`.
package struct RunCheck: Encodable, Sendable, Equatable {
  package enum Status: String, Encodable, Sendable {
    /// It is what the folder says.
    case ok
    /// It is something else.
    case differs
    /// What the check needs is not there.
    case notAtHand = "not at hand"
  }

  package let status: Status
  /// What was checked: a file of the folder, or the checkpoint or data that predictions were made from.
  package let subject: String
  /// What the folder says; of what differs.
  package var expected: String?
  /// What was found instead.
  package var found: String?
  /// What else a reader should know, such as what is missing.
  package var note: String?

  private init(
    _ status: Status, _ subject: String, expected: String? = nil, found: String? = nil,
    note: String? = nil
  ) {
    (self.status, self.subject) = (status, subject)
    (self.expected, self.found, self.note) = (expected, found, note)
  }

  package static func ok(_ subject: String, note: String? = nil) -> RunCheck {
    RunCheck(.ok, subject, note: note)
  }

  package static func differs(
    _ subject: String, expected: String, found: String, note: String? = nil
  ) -> RunCheck {
    RunCheck(.differs, subject, expected: expected, found: found, note: note)
  }

  package static func notAtHand(_ subject: String, _ note: String) -> RunCheck {
    RunCheck(.notAtHand, subject, note: note)
  }

  /// The result as one line of text, which a terminal can show.
  package var line: String {
    let difference = expected.map { "expected \($0), found \(found ?? "nothing")" }
    let facts = [difference, note].compactMap { $0 }.joined(separator: "; ")
    let name = "\(status.rawValue.leftAligned(11))  \(subject)"
    return (facts.isEmpty ? name : "\(name): \(facts)").withoutControlCharacters
  }
}

extension RunCheck {
  /// Whether the bytes that were found are those that are expected; of texts the first line that differs
  /// is named, around the place where it does.
  package static func bytes(
    _ subject: String, expected: [UInt8], found: [UInt8]
  ) -> RunCheck {
    guard expected != found else { return .ok(subject) }
    let lines = [expected, found].map {
      String(decoding: $0, as: UTF8.self)
        .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    }
    let index = zip(lines[0], lines[1]).prefix { $0 == $1 }.count
    guard index < max(lines[0].count, lines[1].count) else {
      return .differs(subject, expected: "the same ends of lines", found: "others")
    }
    let pair = lines.map { index < $0.count ? String($0[index]) : "" }
    let same = zip(pair[0], pair[1]).prefix { $0 == $1 }.count
    let texts = zip(lines, pair).map { lines, line in
      index < lines.count ? "\"\(excerpt(of: line, around: same))\"" : "nothing"
    }
    return .differs(subject, expected: texts[0], found: texts[1], note: "line \(index + 1)")
  }

  /// The characters of a line around one of them.
  private static func excerpt(of line: String, around position: Int) -> String {
    let start = max(0, position - 20)
    return (start > 0 ? "…" : "") + String(line.dropFirst(start)).oneLine
  }
}

extension PredictionProof {
  /// What was found, a check for each file.
  package var checks: [RunCheck] {
    let place = folder.lastPathComponent
    return findings.map { name, finding in
      let subject = "\(place)/\(name)"
      switch finding {
      case .same: return .ok(subject)
      case .unproven:
        return .notAtHand(
          subject,
          "an older version recorded no SHA-256 of it, so nothing proves that it is the run's")
      case .missing: return .notAtHand(subject, "the file is not there")
      case .other(let expected, let found):
        return .differs(subject, expected: "SHA-256 \(expected)", found: found)
      case .unrecorded:
        return .differs(
          subject, expected: "no such file, as run.json records",
          found: "a file of which nothing says what made it")
      }
    }
  }
}
