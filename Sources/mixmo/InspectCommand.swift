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
    discussion: """
      A checkpoint is a file of PyTorch or safetensors. With --config as well, its weights are \
      those of the configured network, layer by layer. Of weights that have MixMo's names the \
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

  @OptionGroup var speech: OutputOptions

  func validate() throws {
    guard checkpoint != nil || config != nil else {
      throw ValidationError("Give a checkpoint, --config, or both.")
    }
    try ThreadOptions.checkKernels()
  }

  func run() throws {
    let report = try report()
    if speech.json {
      try speech.terminal.show(json: report)
    } else {
      try speech.terminal.show(report.text)
    }
  }

  private func report() throws -> InspectionReport {
    let file = try checkpoint.map { try Checkpoint(contentsOf: URL(fileURLWithPath: $0)) }
    guard let config else {
      return try file.map { try InspectionReport($0) } ?? InspectionReport(rows: [])
    }
    let configuration = try RunConfiguration(contentsOf: SharedFiles.url(named: config))
    let network = configuration.network(workers: Workers(count: 1))
    if let file { try network.load(file.weights()) }
    var report = InspectionReport(
      rows: InspectionReport.rows(of: network),
      separation: file == nil ? nil : network.featureSeparation)
    report.add(file)
    return report
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
  let separation: Separation?

  enum CodingKeys: String, CodingKey {
    case rows, parameters, others, metadata
    case separation = "feature_separation"
  }

  init(rows: [Row], separation: FeatureSeparation? = nil) {
    self.rows = rows
    parameters = rows.reduce(0) { $0 + $1.parameters }
    self.separation = separation.map { Separation($0) }
  }

  /// The tensors of a file's weights.
  init(_ checkpoint: Checkpoint) throws {
    let entries = try checkpoint.weights().entries
    let rows = entries.map { entry in
      Row(
        name: entry.name, type: entry.tensor.elementType.description, shape: entry.tensor.shape,
        parameters: entry.parameterCount)
    }
    let filters = entries.compactMap { entry -> FeatureSeparation.Filters? in
      guard entry.tensor.shape.count == 4, entry.tensor.elementType.isFloatingPoint else {
        return nil
      }
      return FeatureSeparation.Filters(
        entry.name, shape: entry.tensor.shape, weights: entry.tensor.floats())
    }
    self.init(rows: rows, separation: FeatureSeparation(filters))
    add(checkpoint)
  }

  /// Takes over what a file holds beside its weights.
  mutating func add(_ checkpoint: Checkpoint?) {
    others = checkpoint?.nonWeightKeys ?? []
    metadata = checkpoint?.metadata ?? [:]
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
    var lines = table
    lines.append("\(parameters) parameters")
    if !others.isEmpty { lines.append("beside the weights: \(others.joined(separator: ", "))") }
    for (key, text) in metadata.sorted(by: { $0.key < $1.key }) {
      lines.append("metadata \(key.oneLine): \(text.oneLine)")
    }
    if let separation { lines += separation.lines }
    return lines.map(\.withoutControlCharacters).joined(separator: "\n") + "\n"
  }

  private var table: [String] {
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
    let table = ([header] + cells).map { row in shown.map { row[$0] } }
    let widths = shown.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
    return table.map { row in
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
