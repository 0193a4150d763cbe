import ArgumentParser
import Evaluation
import Foundation
import PredictionFiles
import Runs
import Scoring

struct ScoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Scores anybody's predictions: the scores of evaluate, without a network.",
    example: HelpExample(
      "predictions and labels in files",
      "mixmo score --logits logits.npy --labels labels.npy --output scores"),
    discussion: """
      A file holds the logits of N rows over K classes, [N, K], or of M members too, [N, M, K]; \
      several files of [N, K] are the members of an ensemble, networks of their own, whose first row is \
      the mean of probabilities. Forms: .npy, .npz (the array named \
      logits or probabilities, or the only one), and tables of text, .csv, .tsv, .txt or .dat: a row \
      on each line, separated by commas, semicolons, tabs, bars or spaces, below names of columns or none. \
      Labels are class indices from 0, in the same forms.

      A column that is no class, such as row numbers, is refused until --drop-column leaves it out, or \
      --all-columns says that it is one. \
      What was decided about a file is said, and kept in run.json.

      --cells takes a folder with a file for each cell, clean and corrupted: clean.npy, fog-3.npy for fog \
      at severity 3, fog.npy for its five severities one after the other, as in the files of CIFAR-10-C. \
      Several folders are the members of an ensemble. The predictions/ of any run folder is such a folder.

      Prints what it finds; --output writes cells.csv, diversity.csv, reliability.csv, summary.csv, \
      findings.json and run.json as well, and predictions/ with the logits and labels that were scored, for compare \
      and report.

      Example: a deep ensemble of two, as it is and with every calibration:

        mixmo score --logits first.npy second.npy --labels labels.npy \\
          --calibration all --output scores

      Example: predictions of clean and corrupted images, one file for each cell:

        mixmo score --cells predictions --labels labels.npy \\
          --temperature-scaling --output scores

      Example: how well these images are told from those of another data set:

        mixmo score --logits test.npy --labels labels.npy --ood svhn=svhn.npy \\
          --output scores

      Example: ImageNet-R with a model of ImageNet's 1000 classes, where labels are indices of the folders:

        mixmo score --logits r.npy --labels r-labels.npy --mask-classes \\
          --label-classes imagenet-r --class-order imagenet --output scores

      Example: the predictions of a run folder again, with one calibration more:

        mixmo score scores --calibration vector
      """)

  @Argument(
    help: ArgumentHelp(
      "The folder of a run, whose own predictions are scored again, instead of --logits.",
      valueName: "run"))
  var folder: String?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("The predictions: one file, or one for each member.", valueName: "file"))
  var logits: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "The predictions of clean and corrupted images: a folder with a file for each cell, or one folder "
        + "for each member.", valueName: "dir"))
  var cells: [String] = []

  @Option(
    help: ArgumentHelp(
      "With --cells, the table of corruptions that names and families are from: a published name or a "
        + "file (default: the 19 published ones).", valueName: "name or file"))
  var suite: String?

  @Option(
    help: ArgumentHelp(
      "The class of each row; with --cells that of each clean image, once or five times over.",
      valueName: "file"))
  var labels: String?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Predictions of other images, to fit calibrations on all of them.", valueName: "file"))
  var validationLogits: [String] = []

  @Option(help: ArgumentHelp("The classes of the validation rows.", valueName: "file"))
  var validationLabels: String?

  @Option(help: ArgumentHelp("The folder that the tables go to.", valueName: "dir"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "The run's name in the tables (default: that of the first file or folder).", valueName: "text"
    )
  )
  var name: String?

  @OptionGroup var outOfDistribution: OutOfDistributionFiles
  @OptionGroup var predictions: PredictionOptions
  @OptionGroup var classMask: ClassMaskOptions
  @OptionGroup var scoring: ScoringOptions
  @OptionGroup var ending: EndingOptions
  @OptionGroup var common: CommonOptions

  func validate() throws {
    try checkSources()
    if predictions.binary && classMask.maskClasses {
      throw ValidationError(
        "--mask-classes: a binary classifier has no other classes; leave it out.")
    }
    guard validationLogits.isEmpty == (validationLabels == nil) else {
      throw ValidationError("--validation-logits and --validation-labels go together.")
    }
    if !validationLogits.isEmpty, let fitting = scoring.fitting, fitting != .validation {
      throw ValidationError(
        "--fitting \(fitting.rawValue) needs no validation set; leave --validation-logits out, or choose "
          + "--fitting validation.")
    }
    if folder == nil && validationLogits.isEmpty && scoring.fitting == .validation {
      throw ValidationError(
        "--fitting validation needs --validation-logits and --validation-labels.")
    }
  }

  /// Checks that predictions are given in one way.
  private func checkSources() throws {
    if folder != nil { return try checkOptionsOfRun() }
    guard logits.isEmpty || cells.isEmpty else {
      throw ValidationError(
        "--logits takes one cell, --cells a folder of cells; give one of the two.")
    }
    guard !(logits.isEmpty && cells.isEmpty), labels != nil else {
      throw ValidationError(
        "Give --logits and --labels, or the folder of a run to score its predictions again; --cells "
          + "takes a folder of cells in place of --logits.")
    }
    guard suite == nil || !cells.isEmpty else {
      throw ValidationError("--suite names the corruptions of --cells; give them, or leave it out.")
    }
    try checkIsOneCell()
  }

  /// Checks that no option says what the folder of the run says.
  private func checkOptionsOfRun() throws {
    let given = [
      ("--logits", !logits.isEmpty), ("--cells", !cells.isEmpty), ("--suite", suite != nil),
      ("--labels", labels != nil), ("--output", output != nil), ("--name", name != nil),
      ("--validation-logits", !validationLogits.isEmpty),
      ("--mask-classes", classMask.maskClasses),
    ]
    // Files of --ood are read as the options say.
    let ofFiles = outOfDistribution.ood.isEmpty ? predictions.givenName : predictions.nameForLabels
    guard let option = given.first(where: \.1)?.0 ?? ofFiles else { return }
    throw ValidationError(
      "\(option) is not for the folder of a run, whose own predictions are scored again; leave it out, or "
        + "give predictions in files with --logits, a folder of them with --cells.")
  }

  func run() throws {
    Interruption.listen()
    if let folder { return try scoreAgain(RunFolder(url(folder))) }
    if !cells.isEmpty { return try scoreCells(labels: url(labels ?? "")) }
    try scoreFiles(labels: labels ?? "")
  }

  /// Scores the predictions of a run folder.
  private func scoreAgain(_ folder: RunFolder) throws {
    let run = try StoredRun(folder)
    let seed = run.record.origin.seed
    if let given = common.givenSeed, given != seed {
      throw ValidationError("--seed \(given): the run has seed \(seed); leave --seed out.")
    }
    let softLabels = try givenSoftLabels(of: folder.predictions)
    let request = try scoring.request(
      outOfDistribution: outOfDistribution.names, kinds: kinds(of: run.record),
      softLabels: softLabels, seed: seed)
    var evaluation = EvaluationRun(of: run, request: request, workers: common.workers)
    evaluation.outOfDistribution = try outOfDistribution.read(
      reader, like: run.cleanLogits())
    let cube = try evaluation.run(
      speakingTo: common.terminal, whenInterrupted: "run the same command to start again")
    try common.terminal.show(
      endOf: cube, ofRun: run.record.origin.run, in: folder, hasTable: ending.table)
  }

  /// What people say of the images whose predictions are stored, where it is asked for.
  private func givenSoftLabels(of store: PredictionStore) throws -> GivenSoftLabels? {
    guard scoring.additions.softLabels != nil else { return nil }
    return try scoring.additions.softLabels(
      RowSelection(count: store.labels().count), of: "each image that the run has predictions of",
      classCount: store.predictions(of: .clean).classCount)
  }

  /// The corruptions that aggregates know: those of the run or, where an older version recorded none, the
  /// published ones.
  private func kinds(of record: RunRecord) throws -> [CorruptionKind] {
    if let kinds = record.scoring?.kinds { return kinds }
    guard !record.isOfAnybodysPredictions else { return [] }
    return try SelectedSuite(SelectedSuite.standardURL(for: .cifar10), names: []).suite.kinds
  }

  /// What reads files of predictions and labels.
  var reader: PredictionReader {
    predictions.reader(
      common.terminal,
      whenInterrupted: "nothing was written; run the same command to start again")
  }

  private func scoreFiles(labels: String) throws {
    var reader = self.reader
    var rows = try reader.read(logits.map(url), labels: url(labels))
    if let mask = try classMask.mask {
      let columns = try mask.columns(of: rows, labelFile: url(labels))
      rows = try rows.comparing(columns, labelFile: url(labels))
      reader.columns = columns
    }
    let validationRows = try validationLabels.map { labels in
      try reader.read(validationLogits.map(url), labels: url(labels))
    }
    let all = [rows] + (validationRows.map { [$0] } ?? [])
    try reader.checkChoices(in: all, file: url(logits[0]))
    try CellFileName.checkIsOneCell(logits.map(url), labels: rows.labels)
    let (members, note) = try predictions.members(
      rows.predictions.memberCount, in: logits.map(url))
    let given = try GivenPredictions(
      rows, validation: validationRows, runName: runName,
      predictionFiles: (logits + validationLogits).map(url),
      labelFiles: ([labels] + (validationLabels.map { [$0] } ?? [])).map(url),
      members: members, folder: output.map { RunFolder(url($0)) },
      notes: all.flatMap(\.notes) + note + noteOfCorruption, seed: common.seed,
      version: Mixmo.version)
    speak(of: given.rows, as: "probabilities")
    let softLabels = try scoring.additions.softLabels(
      rows.selection, of: Self.eachLabel, classCount: given.rows.classCount)
    let others = try outOfDistribution.read(reader, like: given.rows)
    try score(
      given, named: runName, validation: validationRows, softLabels: softLabels, others, kinds: [])
  }

  /// What has a row in a file of soft labels.
  static let eachLabel = "each label"

  /// Scores predictions in files, with calibrations fitted on `validation` where there is one, and tells them
  /// from `others`.
  func score(
    _ given: some PredictionSource, named name: String, validation: PredictionReader.Rows?,
    softLabels: GivenSoftLabels?, _ others: [GivenOutOfDistribution], kinds: [CorruptionKind]
  ) throws {
    let validation = try labeled(validation)
    if let validation { speak(of: validation, as: "validation probabilities") }
    let request = try scoring.request(
      validation: validation, outOfDistribution: outOfDistribution.names, kinds: kinds,
      softLabels: softLabels, seed: common.seed)
    var evaluation = EvaluationRun(of: given, request: request, workers: common.workers)
    evaluation.outOfDistribution = others
    let cube = try evaluation.run(
      speakingTo: common.terminal,
      whenInterrupted: "run the same command to start again")
    try common.terminal.show(endOf: cube, ofRun: name, in: given.folder, hasTable: ending.table)
  }

  /// The predictions of other images, with their labels.
  private func labeled(_ validation: PredictionReader.Rows?) throws -> LabeledLogits? {
    guard let validation, let validationLabels else { return nil }
    return try validation.predictions.labeled(validation.labels, from: url(validationLabels))
  }

  /// Says how far from 1 probabilities sum, and what that means for them.
  private func speak(of rows: LabeledLogits, as name: String) {
    guard let sums = rows.sums else { return }
    if sums.dividedCount > 0 {
      common.terminal.warn("\(name): \(sums.remark)")
    } else {
      common.terminal.say("\(name): \(sums.remark)")
    }
    if rows.memberCount > 1 { common.terminal.say("\(name): \(ProbabilitySums.remarkOnMembers)") }
  }

  private var runName: String { name ?? url(logits[0]).deletingPathExtension().lastPathComponent }

  func url(_ path: String) -> URL { URL(fileURLWithPath: path) }
}
