import Formats
import Foundation
import Runs
import Tensors

/// This process as the record of a run describes it.
enum Invocation {
  private static let start = Date()

  /// Notes when the command began.
  static func begin() { _ = start }

  /// This command as a step in the history of a folder.
  static func step(threadCount: Int) -> RunRecord.Step {
    RunRecord.Step(
      command: commandLine(Array(ProcessInfo.processInfo.arguments.dropFirst())),
      version: Mixmo.version, start: start, processor: processor,
      instructions: Kernels.preferred.name, threads: threadCount,
      processes: Launch.count > 1 ? Launch.count : nil)
  }

  // MARK: The command line

  /// More characters of a command line are not kept.
  private static let longestCommandLine = 4096

  /// The command with these arguments as a shell reads it, without control characters.
  private static func commandLine(_ arguments: [String]) -> String {
    let line = (["mixmo"] + arguments.map(quoted)).joined(separator: " ")
      .withoutControlCharacters
    return line.count > longestCommandLine ? "\(line.prefix(longestCommandLine)) …" : line
  }

  /// An argument in single quotes, where a shell needs them.
  private static func quoted(_ argument: String) -> String {
    let plain = argument.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "_./:=,@%+-".utf8.contains(byte)
      }
    }
    return plain ? argument : "'\(argument.replacing("'", with: #"'\''"#))'"
  }

  // MARK: The machine

  /// The name that the system has for the processor.
  static var processor: String? {
    let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    let line = text?.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map {
      $0.trimmingCharacters(in: .whitespaces).withoutControlCharacters
    }
  }
}
