import ArgumentParser
import Checkpoints
import Formats
import Foundation
import Networks
import Tensors
import Training

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows what is in a checkpoint, and the layers of a configured network.",
    example: HelpExample(
      "the weights that mixmo demo trained",
      "mixmo inspect demo/exp_digits_wrn101-2_cutmixmo-p5_standard_bar1/last.ckpt"),
    discussion: """
      A checkpoint is a file of PyTorch or safetensors. With --config as well, its weights are \
      those of the configured network, layer by layer. The keys of the file are listed; where several \
      dictionaries may be the weights, --weights KEY chooses one. Of weights that have MixMo's names the \
      feature separation is shown: the share of filters in the core whose L1 norm exceeds a part of \
      the layer's largest, and the norms of the encoders' filters.

      Example: the layers of a network, and how each convolution will be computed:

        mixmo inspect --config \\
          config/cifar100/exp_cifar100_wrn2810-2_cutmixmo-p5_standard_bar4.yaml
      """)

  @Argument(help: "A checkpoint file.", completion: .file())
  var checkpoint: String?

  @Option(
    name: [.long, .customShort("c")],
    help: ArgumentHelp("A run's configuration file.", valueName: "file"))
  var config: String?

  @OptionGroup var chosen: WeightsOptions
  @OptionGroup var speech: OutputOptions

  func validate() throws {
    guard checkpoint != nil || config != nil else {
      throw ValidationError("Give a checkpoint, --config, or both.")
    }
    try ThreadOptions.checkKernels()
  }

  func run() throws {
    let file = try checkpoint.map { try Checkpoint(contentsOf: URL(fileURLWithPath: $0)) }
    let (report, problem) = try report(file)
    if speech.json {
      try speech.terminal.show(json: report)
    } else {
      try speech.terminal.show(report.text)
    }
    if let others = report.otherWeights { speech.terminal.warn(others) }
    // The keys are shown even so: they tell what to choose.
    switch problem?.problem {
    case nil: break
    case .severalWeights?, .doubtfulWeights?: speech.terminal.warn(problem?.description ?? "")
    default: if let problem { throw problem }
    }
  }

  /// What is found, and why there are no weights if there are none.
  private func report(_ file: Checkpoint?) throws -> (InspectionReport, CheckpointError?) {
    guard let config else {
      guard let file else { return (InspectionReport(rows: []), nil) }
      do {
        return (InspectionReport(file, try file.foundWeights(named: chosen.weights)), nil)
      } catch let error as CheckpointError {
        var report = InspectionReport(rows: [])
        report.add(file, nil)
        return (report, error)
      }
    }
    let configuration = try RunConfiguration(contentsOf: SharedFiles.url(named: config))
    let network = configuration.network(workers: Workers(count: 1))
    let found = try file.map { try network.load($0, named: chosen.weights, for: .inspection) }
    var report = InspectionReport(
      rows: InspectionReport.rows(of: network),
      separation: file == nil ? nil : network.featureSeparation)
    if let file { report.add(file, found) }
    return (report, nil)
  }
}

/// What `inspect` found.
private struct InspectionReport: Encodable {
  /// A tensor, or a layer of a network.
  struct Row: Encodable {
    let name: String
    var type: String?
    var input: [Int]?
    var output: [Int]?
    let shape: [Int]
    let parameters: Int
    var method: String?
  }

  /// What `FeatureSeparation` measures; nil stands for what is not a number.
  struct Separation: Encodable {
    let thresholds = FeatureSeparation.thresholds
    let activeShares: [Double]
    let encoderNorms: [[Double?]]

    init(_ separation: FeatureSeparation) {
      activeShares = separation.activeShares
      encoderNorms = separation.encoderNorms.map { $0.map { $0.isFinite ? $0 : nil } }
    }
  }

  let rows: [Row]
  let parameters: Int
  var others: [String] = []
  var metadata: [String: String] = [:]
  /// The name of the weights in the file.
  var weights: String?
  var keys: [CheckpointOutline.Row] = []
  /// What is to say about dictionaries that may be weights as well.
  var otherWeights: String?
  let separation: Separation?

  enum CodingKeys: String, CodingKey {
    case rows, parameters, others, metadata, weights, keys
    case separation = "feature_separation"
  }

  init(rows: [Row], separation: FeatureSeparation? = nil) {
    self.rows = rows
    parameters = rows.reduce(0) { $0 + $1.parameters }
    self.separation = separation.map { Separation($0) }
  }

  /// The tensors of a file's weights.
  init(_ checkpoint: Checkpoint, _ found: FoundWeights) {
    let entries = found.weights.entries
    let rows = entries.map { entry in
      Row(
        name: entry.name, type: entry.tensor.elementType.description, shape: entry.tensor.shape,
        parameters: entry.parameterCount)
    }
    let filters = entries.filter {
      $0.tensor.shape.count == 4 && $0.tensor.elementType.isFloatingPoint
    }
    // Of views that repeat their elements too often no copies are made.
    let copied = filters.map(\.tensor).areCopyable ? filters : []
    let separation = FeatureSeparation(
      copied.compactMap {
        FeatureSeparation.Filters($0.name, shape: $0.tensor.shape, weights: $0.tensor.floats())
      })
    self.init(rows: rows, separation: separation)
    add(checkpoint, found)
  }

  /// Takes over what a file holds beside its weights.
  mutating func add(_ checkpoint: Checkpoint, _ found: FoundWeights?) {
    others = found.map { $0.leftOut + $0.beside } ?? checkpoint.nonWeightKeys
    metadata = checkpoint.metadata
    weights = found?.name
    otherWeights = found?.otherWeights.map { "\(checkpoint.file): \($0)" }
    keys = CheckpointOutline(checkpoint).rows
  }

  /// What has parameters, in PyTorch's order; convolutions with their methods.
  static func rows(of network: MixMoNetwork) -> [Row] {
    let type = ElementType.float32.description
    let convolutions = Dictionary(
      uniqueKeysWithValues: network.convolutions.map { ($0.weight.name, $0) })
    return network.parameters.map { parameter in
      let (shape, count) = (parameter.checkpointShape, parameter.value.count)
      if let layer = convolutions[parameter.name] {
        return Row(
          name: layer.name, type: type, input: Array(layer.shape.inputShape(batch: 1).dropFirst()),
          output: Array(layer.shape.outputShape(batch: 1).dropFirst()), shape: shape,
          parameters: count, method: layer.methodName)
      }
      let (input, output) = features(of: parameter.name, in: network, convolutions)
      return Row(
        name: parameter.name, type: type, input: input, output: output, shape: shape,
        parameters: count)
    }
  }

  /// What the layer with this parameter reads and makes of one image.
  ///
  /// In a block `bn1` stands before `conv1`, and so on; one outside of blocks comes last, before the
  /// heads.
  private static func features(
    of name: String, in network: MixMoNetwork, _ convolutions: [String: ConvolutionLayer]
  ) -> (input: [Int]?, output: [Int]?) {
    let last = network.convolutions.last.map { Array($0.shape.outputShape(batch: 1).dropFirst()) }
    var parts = name.split(separator: ".").dropLast().map(String.init)
    if parts.first?.hasSuffix("fc") == true {
      return (last.map { [$0[2]] }, [network.classCount])
    }
    guard let layer = parts.popLast(), layer.hasPrefix("bn") else { return (nil, nil) }
    guard !parts.isEmpty else { return (last, last) }
    let next = (parts + [layer.replacing("bn", with: "conv"), "weight"]).joined(separator: ".")
    let shape = convolutions[next].map { Array($0.shape.inputShape(batch: 1).dropFirst()) }
    return (shape, shape)
  }
}

// MARK: As text

extension InspectionReport {
  var text: String {
    var lines: [String] = []
    if !rows.isEmpty { lines += Self.table(of: cells) + ["\(parameters) parameters"] }
    if !others.isEmpty { lines.append("beside the weights: \(others.listed(limit: 100))") }
    for (key, text) in metadata.sorted(by: { $0.key < $1.key }) {
      lines.append("metadata \(key.oneLine): \(text.oneLine)")
    }
    if !keys.isEmpty {
      let table = Self.table(of: keys.map { [$0.name, $0.content] })
      lines += ["keys of the file:"] + table.map { "  \($0)" }
    }
    if let separation { lines += separation.lines }
    return lines.map(\.withoutControlCharacters).joined(separator: "\n") + "\n"
  }

  private var cells: [[String]] {
    func extents(_ shape: [Int]?) -> String { shape?.map(String.init).joined(separator: "×") ?? "" }
    let cells = rows.map { row in
      [
        row.name.oneLine, extents(row.shape), row.type ?? "",
        row.parameters == 0 ? "" : String(row.parameters),
        row.input.map { "\(extents($0)) → \(extents(row.output))" } ?? "", row.method ?? "",
      ]
    }
    let header = ["name", "shape", "type", "parameters", "features", "method"]
    // A column that no row fills is not shown.
    let shown = header.indices.filter { column in cells.contains { $0[column] != "" } }
    return ([header] + cells).map { row in shown.map { row[$0] } }
  }

  /// The lines of a table, whose columns are as wide as their widest cells.
  private static func table(of cells: [[String]]) -> [String] {
    let widths = (cells.first ?? []).indices.map { column in
      cells.map { $0[column].count }.max() ?? 0
    }
    return cells.map { row in
      zip(row, widths).map { $0.leftAligned($1) }
        .joined(separator: "  ").trimmingCharacters(in: .whitespaces)
    }
  }
}

extension InspectionReport.Separation {
  fileprivate var lines: [String] {
    let shares = zip(thresholds, activeShares).map {
      String(format: "%.2f %% above %.1f", 100 * $1, $0)
    }
    let norms = encoderNorms.enumerated().map { member, norms in
      let texts = norms.map { $0.map { String(format: "%.4g", $0) } ?? "nan" }
      return "L1 norms of encoder \(member): \(texts.joined(separator: " "))"
    }
    return ["active filters of the core: \(shares.joined(separator: ", "))"] + norms
  }
}
