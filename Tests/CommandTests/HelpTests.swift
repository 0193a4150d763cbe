import Datasets
import Formats
import Foundation
import TestSupport
import Testing
import mixmo

/// The help of every subcommand.
struct HelpTests {
  /// A subcommand as the program describes it.
  private struct Command: Decodable {
    let commandName: String
    let abstract: String?
    let discussion: String?
    let subcommands: [Command]?

    var withSubcommands: [Command] { [self] + (subcommands ?? []).flatMap(\.withSubcommands) }

    /// The words that lead to each command of the program's own, itself first.
    var paths: [[String]] {
      let own = (subcommands ?? []).filter { $0.commandName != "help" }
      return [[]] + own.flatMap { command in command.paths.map { [command.commandName] + $0 } }
    }
  }

  private struct Tool: Decodable {
    let command: Command

    static func dumped() throws -> Tool {
      let process = try MixmoProcess("--experimental-dump-help")
      return try JSONDecoder().decode(Tool.self, from: Data(process.output.utf8))
    }
  }

  /// The examples of a help, each on one line.
  private static func examples(_ help: String) -> [String] {
    help.replacing("\\\n", with: " ").split(separator: "\n")
      // A line of a table may begin with the word, and more space behind it.
      .filter {
        $0.hasPrefix("  mpirun ") || $0.hasPrefix("  mixmo ") && !$0.hasPrefix("  mixmo  ")
      }
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// The words of an example after the program's name, as a shell reads them.
  private static func arguments(_ example: String) throws -> [String] {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = [
      "-c",
      #"mixmo() { printf '%s\n' "$@" >&2; }; mpirun() { shift 2; "$@"; }; "#
        + example.replacing("mixmo-mpi", with: "mixmo").replacing(" > ", with: " # "),
    ]
    let words = Pipe()
    process.standardError = words
    try process.run()
    let text = String(
      decoding: try words.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    return text.split(separator: "\n").map(String.init)
  }

  @Test func `every help begins with an example of its command`() throws {
    let tool = try Tool.dumped()
    let paths = tool.command.paths
    #expect(paths.count > 20 && paths.contains(["data", "verify"]) && paths.contains(["doctor"]))
    for path in paths {
      let help = try MixmoProcess(path + ["--help"])
      #expect(help.status == 0)
      let blocks = help.output.split(separator: "\n\n", maxSplits: 3)
      try #require(blocks.count == 4, "\(path)")
      #expect(blocks[0].hasPrefix("OVERVIEW: "), "\(path)")
      #expect(blocks[1].hasPrefix("Example: ") && blocks[1].hasSuffix(":"), "\(path): \(blocks[1])")
      let first = try #require(Self.examples(String(blocks[2])).first, "\(path): \(blocks[2])")
      #expect(first.contains((["mixmo"] + path).joined(separator: " ")) || path == ["bench-mpi"])
    }
  }

  @Test func `every example is what its command takes`() throws {
    for path in try Tool.dumped().command.paths {
      let help = try MixmoProcess(path + ["--help"]).output
      for example in Self.examples(help) where !example.contains("…") {
        let misuse = Program.misuse(in: try Self.arguments(example))
        if path == ["bench-mpi"] {
          #expect(misuse?.contains("for several processes") ?? true, "\(example)")
        } else if path == ["evaluate"], example.contains("--config demo/") {
          // It takes the demo's files, with which the next test runs it.
          #expect(misuse?.contains("or the config.yaml in it") ?? true, "\(example)")
        } else {
          #expect(misuse == nil, "\(example): \(misuse ?? "")")
        }
      }
    }
    #expect(Program.misuse(in: ["demo", "--outptu", "demo"])?.contains("--outptu") ?? false)
    #expect(Program.misuse(in: ["demo", "--output", ""])?.contains("an empty one") ?? false)
  }

  /// A folder with what examples name: a demo on few digits, predictions, and two runs to compare.
  private static func prepare(_ folder: borrowing TemporaryFolder) throws {
    let name = "exp_digits_wrn101-2_cutmixmo-p5_standard_bar1"
    try Digits.writeFirst(train: 48, test: 24, below: folder.file("demo/data"))
    try AtomicFile.write(TestRecipe.small(epochs: 1).text, to: folder.file("\(name).yaml"))
    let labels = folder.file("labels.npy")
    for (name, seed) in [("logits", 1), ("validation", 2), ("test", 3)] as [(String, UInt64)] {
      try RandomLogits(rowCount: 24, seed: seed).write(folder.file("\(name).npy"), labels)
    }
    for arguments in [
      ["train", "--config", "\(name).yaml", "--data", "demo/data", "--save", "demo"],
      [
        "evaluate", "--config", "demo/\(name)/config.yaml", "--data", "demo/data", "--checkpoint",
        "best", "--corruption", "fog", "--generate", "--bootstrap", "20", "--report",
      ],
      ["score", "--logits", "test.npy", "--labels", "labels.npy", "--output", "runs/baseline"],
      ["score", "--logits", "logits.npy", "--labels", "labels.npy", "--output", "runs/first"],
    ] {
      let process = try MixmoProcess(arguments + ["--quiet"], folder: folder.url)
      try #require(process.status == 0, "\(arguments): \(process.errors)")
    }
    try FileManager.default.createSymbolicLink(
      at: folder.file("mixmo"), withDestinationURL: MixmoProcess.executable)
  }

  @Test func `the first examples work as they are typed`() throws {
    let folder = try TemporaryFolder()
    try Self.prepare(folder)
    // The others take minutes, data sets that are published, or several processes.
    for command in [
      "train", "evaluate", "model-client", "score", "calibrate", "apply", "corrupt", "inspect",
      "convert", "config", "config create", "report", "compare", "table", "verify", "doctor",
    ] {
      let path = command.split(separator: " ").map(String.init)
      let help = try MixmoProcess(path + ["--help"]).output
      let example = try #require(Self.examples(help).first)
      let process = MixmoProcess.process([], folder: folder.url)
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = ["-c", #"PATH="$PWD:$PATH"; "# + example]
      process.standardOutput = FileHandle.nullDevice
      let errors = Pipe()
      process.standardError = errors
      try process.run()
      let text = String(
        decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 0, "\(example): \(text)")
    }
  }

  @Test func `no line of an example is so long that a narrow terminal breaks it`() throws {
    let commands = try Tool.dumped().command.withSubcommands
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
