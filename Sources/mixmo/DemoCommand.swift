import ArgumentParser
import Corruptions
import Datasets
import Evaluation
import Foundation
import Runs
import Training

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Does the whole job on built-in handwritten digits.",
    example: HelpExample("with all files in the folder demo", "mixmo demo --output demo"),
    discussion: """
      Trains a small Cut-MixMo network, scores its subnetworks on clean and corrupted digits, \
      calibrates them and writes every file and a page. Started again, it continues where it stopped.
      """)

  @Option(help: ArgumentHelp("Where data and results go.", valueName: "dir"))
  var output = "mixmo-demo"

  @Flag(
    name: [.long, .customShort("f")], help: "Remove what an earlier demo left and start over.")
  var fromScratch = false

  @OptionGroup var multiplication: PrecisionOptions
  @OptionGroup var ending: EndingOptions
  @OptionGroup var common: CommonOptions

  static let recipe = "config/digits/exp_digits_wrn101-2_cutmixmo-p5_standard_bar1.yaml"

  func run() async throws {
    let output = URL(fileURLWithPath: output)
    let data = output.appendingPathComponent("data")
    let recipe = try SharedFiles.url(Self.recipe)
    let configuration = try RunConfiguration(contentsOf: recipe)
    let suite = try SelectedSuite(SelectedSuite.standardURL(for: .digits), names: nil)
    try Digits.write(to: data)

    let folder = RunFolder(save: output, configurationFile: recipe)
    let test = try configuration.data.dataset.read(.test, in: data)
    let kernels = multiplication.kernels(common.terminal)
    let lock = try TrainingJob(
      configuration: configuration, folder: folder, data: data, cache: nil, test: test,
      startsOver: fromScratch, keptCount: nil, common: common, kernels: kernels
    ).run()
    defer { lock?.release() }
    let request = ScoringRequest(
      ScoringSettings(
        calibrations: [.none, .temperature, .oracle], seed: common.seed, kinds: suite.suite.kinds))
    let best = try folder.bestEpoch()
    let images = ImageSource(
      dataset: test, origin: .named(configuration.data.dataset), data: data)
    let cube = try ModelEvaluation(
      model: ModelSource(
        configuration, checkpoint: folder.checkpoint(epoch: best.epoch), best: best, on: images,
        kernels: kernels, common),
      runName: folder.name, images: images, folder: folder, corruptions: .generated(suite),
      request: request, common: common, isReporting: true
    ).run(startsOver: fromScratch)
    try common.terminal.show(endOf: cube, ofRun: folder.name, in: folder, hasTable: ending.table)
    try await ReportJob.report(
      folder.url, common.terminal, threadCount: common.workers.count)
    common.terminal.say("All files are in \(folder.url.path).")
  }
}
