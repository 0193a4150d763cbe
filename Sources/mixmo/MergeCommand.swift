import ArgumentParser
import Evaluation
import Foundation

struct MergeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Makes one evaluation of its shards.",
    discussion: """
      The result is that of an evaluation in one piece, byte for byte. Shards must be of the same \
      checkpoint, data, configuration and version, and each must be there once.

      Example: three jobs of an array, in any order and on any machines, then the whole:

        mixmo evaluate … --corruptions --shard 1/3 --output shard-1
        mixmo evaluate … --corruptions --shard 2/3 --output shard-2
        mixmo evaluate … --corruptions --shard 3/3 --output shard-3
        mixmo merge shard-1 shard-2 shard-3 --output results
      """)

  @Argument(help: ArgumentHelp("The folders of the shards.", valueName: "dir"))
  var shards: [String]

  @Option(help: ArgumentHelp("The folder of the whole.", valueName: "dir"))
  var output: String

  @Flag(help: "Make a page of the results, as mixmo report does.")
  var report = false

  @OptionGroup var threading: ThreadOptions
  @OptionGroup var speech: OutputOptions

  func run() async throws {
    Interruption.listen()
    let start = Date()
    let folder = URL(fileURLWithPath: output)
    let merge = try ShardMerge(shards.map { URL(fileURLWithPath: $0) })
    let (store, labels, lock) = try merge.gather(into: folder)
    defer { lock.release() }
    let clean = try LogitArray(contentsOf: store.url(of: .clean))
    let cube = try merge.settings.score(
      merge.cells, rowCount: labels.count, workers: threading.workers, terminal: speech.terminal,
      whenInterrupted: "the same command starts again"
    ) { cell in
      try store.logits(
        of: cell, labels: labels, memberCount: clean.memberCount, classCount: clean.classCount)
    }
    let origin = merge.record.origin
    try ResultFiles(runName: origin.run, datasetName: origin.dataset, cube: cube)
      .write(to: folder)
    var record = merge.record
    record.threads = threading.workers.count
    record.durationSeconds = Date().timeIntervalSince(start)
    try record.write(to: folder)
    try speech.terminal.show(summaryOf: cube)
    if report {
      try await ReportJob.report(folder, speech.terminal, threadCount: threading.workers.count)
    }
  }
}
