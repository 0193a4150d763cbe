import Foundation
import Testing

/// The help of every subcommand.
struct HelpTests {
  /// A subcommand as the program describes it.
  private struct Command: Decodable {
    let commandName: String
    let discussion: String?
    let subcommands: [Command]?

    var withSubcommands: [Command] { [self] + (subcommands ?? []).flatMap(\.withSubcommands) }
  }

  private struct Tool: Decodable {
    let command: Command
  }

  @Test func `no line of an example is so long that a narrow terminal breaks it`() throws {
    let process = try MixmoProcess("--experimental-dump-help")
    let tool = try JSONDecoder().decode(Tool.self, from: Data(process.output.utf8))
    let commands = tool.command.withSubcommands
    #expect(commands.contains { $0.commandName == "train" && $0.discussion != nil })
    for command in commands {
      for line in (command.discussion ?? "").split(separator: "\n") where line.hasPrefix(" ") {
        #expect(line.count <= 76, "\(command.commandName): \(line)")
      }
    }
  }

  @Test(arguments: [
    ["train"], ["evaluate"], ["score"], ["config", "create"], ["data", "download"],
  ])
  func `the reference's spellings are taken, but not shown`(command: [String]) throws {
    let help = try MixmoProcess(command + ["--help"]).output
    #expect(help.contains("USAGE: mixmo"))
    for spelling in [
      "_path", "_dir", "_scratch", "--dataplace", "-dp", "--saveplace", "-sp", "--tempscal",
      "--robustness",
    ] { #expect(!help.contains(spelling), "\(spelling)") }
  }
}
