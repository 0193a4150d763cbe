import ArgumentParser
import Foundation
import Reports
import Runs

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Writes a page, figures and tables of finished evaluations.",
    example: HelpExample(
      "the page of mixmo demo again, in its own folder",
      "mixmo report demo/exp_digits_wrn101-2_cutmixmo-p5_standard_bar1"),
    discussion: """
      Reads only the files that evaluate, score or demo left in the run folders. Figures need \
      gnuplot; without it the page has numbers but no figures.

      Example: two runs side by side:

        mixmo report runs/first runs/second --output comparison
      """)

  @Argument(help: ArgumentHelp("Run folders.", valueName: "run"))
  var runs: [String]

  @Option(
    help: ArgumentHelp("The folder of the page (default: the run folder).", valueName: "dir"))
  var output: String?

  @OptionGroup var speech: OutputOptions

  func validate() throws {
    guard runs.count == 1 || output != nil else {
      throw ValidationError("Give --output, the folder for the page of several runs.")
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

/// Writes the page of some runs.
struct ReportJob {
  /// Writes the page of the run in `folder` into that folder, and prints its path.
  static func report(_ folder: URL, _ terminal: Terminal, threadCount: Int) async throws {
    let page = try await ReportJob(
      folders: [folder], output: folder, terminal: terminal, threadCount: threadCount
    ).run()
    terminal.say("The page is \(page.path).")
  }

  let folders: [URL]
  let output: URL
  let terminal: Terminal
  var threadCount = ThreadOptions.standardCount

  /// The runs in `folders`, with labels that differ.
  static func read(_ folders: [URL]) throws -> [Run] {
    let names = try folders.map { try RunRecord.read(from: RunFolder($0)).origin.run }
    return try zip(folders, RunLabels.labels(for: folders, names: names)).map {
      try Run(folder: RunFolder($0), label: $1)
    }
  }

  /// Writes the page.
  ///
  /// - Returns: Its file.
  func run() async throws -> URL {
    let runs = try Self.read(folders)
    let steps = StepProgress(terminal)
    defer { steps.finish() }
    return try await Report(runs, version: Mixmo.version).write(
      to: output, gnuplot: Self.gnuplot(terminal), threadCount: threadCount
    ) { try steps.show($0, $1, of: $2) }
  }

  /// The program that draws figures; prints a warning where it is not installed.
  static func gnuplot(_ terminal: Terminal) async throws -> GnuplotProgram? {
    let gnuplot = try await GnuplotProgram()
    if gnuplot == nil {
      terminal.warn(
        "gnuplot was not found, or does not run: the page has numbers, but no figures; install Debian's "
          + "package gnuplot-nox for them")
    }
    return gnuplot
  }
}
