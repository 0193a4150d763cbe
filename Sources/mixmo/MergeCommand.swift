import ArgumentParser
import Evaluation
import Foundation
import Runs

struct MergeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Makes one evaluation of its shards, or of folders of score --cells.",
    example: HelpExample(
      "the three parts of an evaluation",
      "mixmo merge shard-1 shard-2 shard-3 --output results"),
    discussion: """
      The result is that of an evaluation in one piece, byte for byte but for the commands and times in \
      run.json. Shards must be of the same \
      checkpoint, data, configuration and version, and each must be there once.

      Folders of score --cells are put together as well, where they have the same clean images, labels and \
      settings: the result has the cells of all, as if one folder had held their files.

      Example: the jobs of an array that predict these parts, in any order and on any machines:

        mixmo evaluate … --corruptions --shard 1/3 --output shard-1
        mixmo evaluate … --corruptions --shard 2/3 --output shard-2
        mixmo evaluate … --corruptions --shard 3/3 --output shard-3
      """)

  @Argument(help: ArgumentHelp("The folders of the shards, or of score --cells.", valueName: "dir"))
  var shards: [String]

  @Option(help: ArgumentHelp("The folder of the whole.", valueName: "dir"))
  var output: String

  @Flag(help: "Make a page of the results, as mixmo report does.")
  var report = false

  @OptionGroup var binning: BinningOptions
  @OptionGroup var threading: ThreadOptions
  @OptionGroup var ending: EndingOptions
  @OptionGroup var speech: OutputOptions

  func run() async throws {
    Interruption.listen()
    let folder = RunFolder(URL(fileURLWithPath: output))
    let steps = StepProgress(
      speech.terminal, whenInterrupted: "nothing was written; run the same command to start again")
    let merge = try ShardMerge(
      shards.map { RunFolder(URL(fileURLWithPath: $0)) }, into: folder,
      threadCount: threading.workers.count
    ) { try steps.show("hash", $0, of: $1, .bytes) }
    steps.finish()
    var settings = merge.settings
    settings.binning = binning.binning(standard: settings.binning)
    let name = merge.runName
    let cube = try EvaluationRun(
      of: merge, request: ScoringRequest(settings), workers: threading.workers
    ).run(
      speakingTo: speech.terminal, whenInterrupted: "run the same command to start again",
      isReporting: report)
    try speech.terminal.show(endOf: cube, ofRun: name, in: folder, hasTable: ending.table)
    if report {
      try await ReportJob.report(folder.url, speech.terminal, threadCount: threading.workers.count)
    }
  }
}
