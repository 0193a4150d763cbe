import ArgumentParser
import Checkpoints
import Foundation
import Networks
import Tensors
import Training

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows what is in a checkpoint, and the layers of a configured network.",
    discussion: """
      Example: the layers of a network, and how each convolution will be computed:

        mixmo inspect --config config/cifar100/exp_cifar100_wrn2810-2_cutmixmo-p5_standard_bar4.yaml
      """)

  @Argument(help: "A checkpoint file.")
  var checkpoint: String?

  @Option(
    name: [.long, .customLong("config_path"), .customShort("c")],
    help: ArgumentHelp("A run's configuration file.", valueName: "file"))
  var config: String?

  @OptionGroup var common: CommonOptions

  /// A line of output.
  private struct Row: Encodable {
    let name: String
    var input: [Int]?
    var output: [Int]?
    var shape: [Int]?
    let parameters: Int
    var method: String?
  }

  func validate() throws {
    guard checkpoint != nil || config != nil else {
      throw ValidationError("Give a checkpoint, --config, or both.")
    }
  }

  func run() throws {
    var rows: [Row] = []
    if let config {
      let configuration = try RunConfiguration(contentsOf: URL(fileURLWithPath: config))
      let workers = Workers(count: 1)
      let network =
        try checkpoint.map {
          try configuration.network(loading: URL(fileURLWithPath: $0), workers: workers)
        } ?? configuration.network(workers: workers)
      rows = layers(of: network)
    } else if let checkpoint {
      rows = try Checkpoint(contentsOf: URL(fileURLWithPath: checkpoint)).weights().entries.map {
        Row(name: $0.name, shape: $0.tensor.shape, parameters: $0.tensor.shape.reduce(1, *))
      }
    }
    if common.json {
      try common.terminal.show(json: rows)
    } else {
      try common.terminal.show(text(rows))
    }
  }

  /// The convolutions with their methods, then what else has parameters.
  private func layers(of network: MixMoNetwork) -> [Row] {
    let convolutions = network.convolutions.map { layer in
      Row(
        name: layer.name, input: Array(layer.shape.inputShape(batch: 1).dropFirst()),
        output: Array(layer.shape.outputShape(batch: 1).dropFirst()),
        shape: layer.weight.checkpointShape, parameters: layer.weight.value.count,
        method: layer.methodName)
    }
    let convolutionNames = Set(network.convolutions.map(\.weight.name))
    let others = network.parameters.filter { !convolutionNames.contains($0.name) }.map {
      Row(name: $0.name, shape: $0.checkpointShape, parameters: $0.value.count)
    }
    return convolutions + others
  }

  private func text(_ rows: [Row]) -> String {
    func extents(_ shape: [Int]?) -> String { shape?.map(String.init).joined(separator: "×") ?? "" }
    let cells = rows.map { row in
      [
        row.name, extents(row.shape), String(row.parameters),
        row.input.map { "\(extents($0)) → \(extents(row.output))" } ?? "", row.method ?? "",
      ]
    }
    let header = ["name", "shape", "parameters", "features", "method"]
    let table = [header] + cells
    let widths = header.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
    let lines = table.map { row in
      zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
        .joined(separator: "  ").trimmingCharacters(in: .whitespaces)
    }
    let total = rows.reduce(0) { $0 + $1.parameters }
    return (lines + ["\(total) parameters"]).joined(separator: "\n") + "\n"
  }
}
