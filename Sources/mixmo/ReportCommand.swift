import ArgumentParser
import Foundation
import Reports

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Makes a page, figures and tables of finished evaluations.",
    discussion: """
      Reads the tables in the folders of evaluate, score or demo, and nothing else. Figures need \
      gnuplot; without it the page has numbers alone.

      Example: one run, into its own folder, and two side by side:

        mixmo report runs/exp_cifar100_wrn2810-2_cutmixmo-p5_standard_bar4
        mixmo report runs/first runs/second --output comparison
      """)

  @Argument(help: ArgumentHelp("Folders of evaluations.", valueName: "run"))
  var runs: [String]

  @Option(
    help: ArgumentHelp("Where the page goes (default: the folder of the run).", valueName: "dir"))
  var output: String?

  @OptionGroup var speech: OutputOptions

  func validate() throws {
    guard runs.count == 1 || output != nil else {
      throw ValidationError("Give --output, where the page of several runs goes.")
    }
  }

  func run() async throws {
    let folders = runs.map { URL(fileURLWithPath: $0) }
    let page = try await ReportJob(
      folders: folders, output: output.map { URL(fileURLWithPath: $0) } ?? folders[0],
      terminal: speech.terminal
    ).run()
    if speech.json {
      try speech.terminal.show(json: Page(page: page.path))
    } else {
      try speech.terminal.show(page.path + "\n")
    }
  }

  /// What `--json` prints.
  private struct Page: Encodable {
    let page: String
  }
}

/// Makes the page of some runs.
struct ReportJob {
  /// Makes the page of the run in `folder`, and says where it is.
  static func report(_ folder: URL, _ terminal: Terminal, threadCount: Int) async throws {
    let page = try await ReportJob(
      folders: [folder], output: folder, terminal: terminal, threadCount: threadCount
    ).run()
    terminal.say("The page is \(page.path).")
  }

  let folders: [URL]
  let output: URL
  let terminal: Terminal
  var threadCount = ProcessInfo.processInfo.activeProcessorCount

  /// The runs in `folders`, named so that they can be told apart.
  static func read(_ folders: [URL]) throws -> [Run] {
    let names = try folders.map { try RunInformation(of: $0).origin.run }
    return try zip(folders, RunLabels.labels(for: folders, names: names)).map {
      try Run(folder: $0, label: $1)
    }
  }

  /// - Returns: The page.
  func run() async throws -> URL {
    let runs = try Self.read(folders)
    return try await Report(runs, version: Mixmo.version).write(
      to: output, gnuplot: Self.gnuplot(terminal), threadCount: threadCount)
  }

  /// The program that draws figures; a warning where it is not there.
  static func gnuplot(_ terminal: Terminal) async -> GnuplotProgram? {
    let gnuplot = await GnuplotProgram()
    if gnuplot == nil {
      terminal.warn("gnuplot was not found; the page has numbers, but no figures")
    }
    return gnuplot
  }
}
