import ArgumentParser

/// The example that the help of a command begins with: a command that works as it is typed, on files of
/// the demo or with names of plain use.
struct HelpExample {
  private let purpose: String
  private let command: String

  /// - Parameters:
  ///   - purpose: What the command does, as the end of a sentence.
  ///   - command: The command as a shell reads it.
  init(_ purpose: String, _ command: String) {
    self.purpose = purpose
    self.command = command
  }

  fileprivate var text: String {
    let lines = command.split(separator: "\n").map { "  \($0)" }
    return "Example: \(purpose):\n\n" + lines.joined(separator: "\n")
  }
}

extension CommandConfiguration {
  /// The configuration of a command whose help begins with an example.
  ///
  /// - Parameters:
  ///   - commandName: Its name.
  ///   - abstract: What it does, in one line.
  ///   - example: What stands below that line.
  ///   - discussion: What is to be known further.
  ///   - version: What `--version` prints.
  ///   - subcommands: The commands below it.
  init(
    commandName: String? = nil, abstract: String, example: HelpExample, discussion: String = "",
    version: String = "", subcommands: [any ParsableCommand.Type] = []
  ) {
    self.init(
      commandName: commandName, abstract: abstract,
      discussion: [example.text, discussion].filter { !$0.isEmpty }.joined(separator: "\n\n"),
      version: version, subcommands: subcommands)
  }
}
