import ArgumentParser
import Checkpoints
import Foundation

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Converts checkpoints between PyTorch, safetensors and this program.",
    example: HelpExample(
      "the weights of a training checkpoint, for programs that read safetensors",
      """
      mixmo convert \\
        demo/exp_digits_wrn101-2_cutmixmo-p5_standard_bar1/last.ckpt \\
        digits.safetensors
      """),
    discussion: """
      Reads PyTorch's files of any age and safetensors. The extension of OUT says what is written: \
      .safetensors, or .ckpt, .pt and .pth for PyTorch's format, which is this program's own as well. \
      PyTorch's format gets all that can be written, safetensors and what --weights names the weights \
      alone. What is left out is named.
      """)

  @Argument(help: ArgumentHelp("The file to read.", valueName: "in"), completion: .file())
  var input: String

  @Argument(help: ArgumentHelp("The file to write.", valueName: "out"), completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp(
      "What to write, whatever the extension of OUT: pytorch or safetensors.", valueName: "name"))
  var format: CheckpointFormat?

  @OptionGroup var chosen: WeightsOptions
  @OptionGroup var speech: OutputOptions

  private var inputURL: URL { URL(fileURLWithPath: input) }
  private var outputURL: URL { URL(fileURLWithPath: output) }

  func validate() throws {
    guard outputFormat != nil else {
      throw ValidationError(
        "OUT: expected a file named .ckpt, .pt, .pth or .safetensors, found \"\(output)\"; give it "
          + "such a name, or say what to write with --format.")
    }
    guard !Self.isSameFile(inputURL, outputURL) else {
      throw ValidationError(
        "OUT: expected another file than IN, found \"\(output)\"; choose another name.")
    }
  }

  func run() throws {
    let checkpoint = try Checkpoint(contentsOf: inputURL)
    let (converted, omissions) = try convert(checkpoint, to: outputFormat ?? .pyTorch)
    try converted.write(to: outputURL, format: outputFormat ?? .pyTorch)
    let tensors = (try? converted.weights().entries) ?? converted.allTensors
    if speech.json {
      try speech.terminal.show(
        json: Summary(
          file: output, tensors: tensors.count,
          parameters: tensors.reduce(0) { $0 + $1.parameterCount }, leftOut: omissions))
    } else {
      speech.terminal.say("\(output): \(tensors.count) tensors")
      if !omissions.isEmpty {
        speech.terminal.warn("left out: \(omissions.joined(separator: ", "))")
      }
    }
  }

  /// What `--json` prints.
  private struct Summary: Encodable {
    let file: String
    let tensors: Int
    let parameters: Int
    let leftOut: [String]
  }

  private var outputFormat: CheckpointFormat? {
    format ?? CheckpointFormat(fileExtension: outputURL.pathExtension)
  }

  /// Libraries that share safetensors ask for this text, which says where the tensors come from.
  private static let formatKey = "format"

  /// What can be written in `format`, and the names of what cannot.
  private func convert(
    _ checkpoint: Checkpoint, to format: CheckpointFormat
  ) throws -> (Checkpoint, omissions: [String]) {
    guard format == .safeTensors || chosen.weights != nil else {
      let texts = checkpoint.metadata.keys.filter { $0 != Self.formatKey }.sorted()
      let (converted, omissions) = checkpoint.writable
      return (converted, omissions + texts.map { "metadata \($0)" })
    }
    let found = try checkpoint.foundWeights(named: chosen.weights)
    if let others = found.otherWeights { speech.terminal.warn("\(checkpoint.file): \(others)") }
    var converted = Checkpoint(found.weights.value, file: checkpoint.file)
    if format == .safeTensors {
      converted.metadata =
        checkpoint.metadata.isEmpty ? [Self.formatKey: "pt"] : checkpoint.metadata
    }
    return (converted, found.leftOut + found.beside)
  }

  /// Whether both lead to one file, by whatever path.
  private static func isSameFile(_ first: URL, _ second: URL) -> Bool {
    var statuses = (stat(), stat())
    guard stat(first.path, &statuses.0) == 0, stat(second.path, &statuses.1) == 0 else {
      return first.standardizedFileURL == second.standardizedFileURL
    }
    return statuses.0.st_dev == statuses.1.st_dev && statuses.0.st_ino == statuses.1.st_ino
  }
}

extension CheckpointFormat: ExpressibleByArgument {}
