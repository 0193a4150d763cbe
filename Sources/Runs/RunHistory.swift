import Foundation

extension RunRecord {
  /// A command that changed a folder, and what it ran on.
  package struct Step: Codable, Sendable, Equatable {
    /// The command line, as a shell reads it again.
    package var command: String
    /// The version of the program.
    package var version: String
    /// When the command began, in UTC by ISO 8601.
    package var start: String
    /// When its evaluation was finished; nil where it was not.
    package var end: String?
    /// The name of the processor; nil where the system does not tell.
    package var processor: String?
    /// The instruction set of the kernels, such as `avx2`.
    package var instructions: String
    package var threads: Int
    /// The processes that shared the work; nil for one.
    package var processes: Int?
    /// The prediction files that the command wrote, by name.
    package var predictions: [String] = []

    package init(
      command: String, version: String, start: Date, processor: String?, instructions: String,
      threads: Int, processes: Int? = nil
    ) {
      self.command = command
      self.version = version
      self.start = Self.time(start)
      self.processor = processor
      self.instructions = instructions
      self.threads = threads
      self.processes = processes
    }

    /// A time to the second, such as `2026-03-01T09:30:00Z`.
    static func time(_ date: Date) -> String {
      date.formatted(.iso8601)
    }
  }

  /// How many commands that made no predictions are kept.
  private static let keptStepCount = 20

  /// Adds the command that changes the folder from here on.
  ///
  /// Of earlier ones that made none of the predictions, the latest are kept, so that a record does not
  /// grow without end.
  package mutating func begin(_ step: Step) {
    var spare = history.count { $0.predictions.isEmpty } - Self.keptStepCount
    history.removeAll { step in
      guard step.predictions.isEmpty, spare > 0 else { return false }
      spare -= 1
      return true
    }
    history.append(step)
  }
}

/// A text as JSON that people read: an array of its lines.
struct TextLines: Codable {
  let text: String

  init(_ text: String) { self.text = text }

  /// Decodes lines, or the whole text as older versions wrote it.
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let text = try? container.decode(String.self) {
      self.text = text
    } else {
      text = try container.decode([String].self).map { $0 + "\n" }.joined()
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    // Lines say nothing of an end without a line break.
    guard text.hasSuffix("\n"), lines.popLast() == "" else { return try container.encode(text) }
    try container.encode(lines)
  }
}
