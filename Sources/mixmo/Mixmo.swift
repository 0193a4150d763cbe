import ArgumentParser
import Evaluation
import Formats
import Foundation
import Processes

@main
package enum Program {
  static func main() {
    Invocation.begin()
    StandardStreams.open()
    FatalSignals.explain()
    do {
      var command = try parse(Array(ProcessInfo.processInfo.arguments.dropFirst()))
      if let asynchronous = command as? any AsyncParsableCommand {
        try run(asynchronous)
      } else {
        try command.run()
      }
    } catch {
      end(error)
    }
  }

  /// What is wrong with a command line, as the program says it; nil where nothing is.
  ///
  /// - Parameter arguments: What follows the program's name.
  /// - Returns: The message.
  package static func misuse(in arguments: [String]) -> String? {
    do {
      _ = try parse(arguments)
      return nil
    } catch {
      return Mixmo.fullMessage(for: error)
    }
  }

  private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
    try refuseEmpty(arguments)
    return try Mixmo.parseAsRoot(ReferenceSpellings.replaced(in: arguments))
  }

  /// Runs a command that starts other programs, and ends this one.
  ///
  /// Only such a command uses tasks, whose threads Swift's runtime waits for where the system refuses
  /// them.
  private static func run(_ command: any AsyncParsableCommand) throws -> Never {
    try SystemRoom.check(for: "mixmo")
    // Only the task uses the command from here on.
    nonisolated(unsafe) var command = command
    Task.detached {
      do {
        try await command.run()
        exit(0)
      } catch {
        end(error)
      }
    }
    while true { pause() }
  }

  /// Refuses empty paths and names: most come from a variable that is not set, and an empty path would
  /// mean the current folder.
  private static func refuseEmpty(_ arguments: [String]) throws {
    for (index, argument) in arguments.enumerated() {
      let isOption = argument.hasPrefix("-") && argument.hasSuffix("=")
      guard argument.isEmpty || isOption else { continue }
      let before = index > 0 ? arguments[index - 1] : ""
      let place =
        isOption ? String(argument.dropLast()) : before.hasPrefix("-") ? before : "argument"
      throw ValidationError(
        "\(place): expected a value, found an empty one; is a variable not set?")
    }
  }

  /// Ends the program with help or a message, as ArgumentParser does, but without control characters.
  private static func end(_ error: any Error) -> Never {
    let code = Mixmo.exitCode(for: error)
    let message = Mixmo.fullMessage(for: error)
    let text = (error as? any AdvisedError)?.message(message) ?? message
    if !text.isEmpty {
      if code.isSuccess {
        do { try Terminal.print(text + "\n") } catch { end(error) }
      } else {
        // What is wrong with a file is said on one line; misuse is said with the usage below it.
        // What a program said last has lines of its own.
        let isOneLine = code == .failure && !(error is ProgramError)
        Terminal.write(
          (isOneLine ? text.withoutControlCharacters : text) + "\n", to: .standardError)
      }
    }
    exit(code.rawValue)
  }
}

struct Mixmo: AsyncParsableCommand {
  static let version = "0.2.0"

  static let configuration = CommandConfiguration(
    abstract: "Trains MixMo networks; measures their robustness and calibration.",
    example: HelpExample(
      "the whole job on built-in handwritten digits, in a few minutes", "mixmo demo --output demo"),
    version: version,
    subcommands: [
      DemoCommand.self, TrainCommand.self, EvaluateCommand.self, ModelClientCommand.self,
      MergeCommand.self, ScoreCommand.self, CalibrateCommand.self, ApplyCommand.self,
      CorruptCommand.self, InspectCommand.self, ConvertCommand.self, ConfigCommand.self,
      DataCommand.self, ReportCommand.self, CompareCommand.self, TableCommand.self,
      VerifyCommand.self, BenchmarkCommand.self, BenchMPICommand.self,
      DoctorCommand.self,
    ])
}

/// The options of MixMo's own program, which are accepted but not shown in the help.
private enum ReferenceSpellings {
  private static let names = [
    "--config_path": "--config", "--config_dir": "--output", "--template_path": "--template",
    "--dataplace": "--data", "-dp": "--data", "--saveplace": "--save", "-sp": "--save",
    "--from_scratch": "--from-scratch", "--robustness": "--corruptions",
    "--tempscale": "--temperature-scaling", "--tempscal": "--temperature-scaling",
  ]

  /// The arguments with MixMo's options replaced by ours; what follows `--` stays.
  static func replaced(in arguments: [String]) -> [String] {
    let options = arguments.prefix { $0 != "--" }
    return options.map(spelled) + arguments.dropFirst(options.count)
  }

  private static func spelled(_ argument: String) -> String {
    let name = argument.prefix { $0 != "=" }
    guard let ours = names[String(name)] else { return argument }
    return ours + argument.dropFirst(name.count)
  }
}
