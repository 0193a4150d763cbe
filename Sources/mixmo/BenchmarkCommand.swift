import ArgumentParser
import Foundation
import Networks
import Tensors

struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "Times a network on this machine.",
    example: HelpExample(
      "images per second of WRN-28-10 with two subnetworks, in training, and every convolution",
      "mixmo benchmark --network wrn-28-10 --batch 32 --train --layers"))

  @OptionGroup var timed: TimedNetworkOptions

  @Flag(help: "Time training steps instead of inference.")
  var train = false

  @Flag(help: "Time every convolution as well.")
  var layers = false

  @OptionGroup var multiplication: PrecisionOptions
  @OptionGroup var threading: ThreadOptions
  @OptionGroup var speech: OutputOptions

  func run() throws {
    let steps = StepProgress(speech.terminal)
    defer { steps.finish() }
    var test = try timed.speedTest(
      workers: threading.workers, kernels: multiplication.kernels(speech.terminal))
    test.report = { try? steps.show("time", $0, of: $1, .passes) }
    let rate =
      train ? timed.trainingSpeed(test, workers: threading.workers) : test.inference()
    let ceiling = test.ceiling()
    test.report = { try? steps.show("layers", $0, of: $1, .convolutions) }
    let speeds = layers ? test.layers() : []
    if speech.json {
      try speech.terminal.show(
        json: Measurements(
          imagesPerSecond: rate, operationsPerImage: test.operationsPerImage(isTraining: train),
          precision: test.precision.rawValue, ceiling: ceiling, layers: speeds))
    } else {
      try speech.terminal.show(
        "\(timed.network) M=\(timed.members) \(train ? "training" : "inference") batch "
          + "\(timed.batch): "
          + String(format: "%.2f images/s\n", rate))
      try show(speeds, ceiling: ceiling)
    }
  }

  /// The output of `--json`: speeds in operations per second, times in seconds.
  ///
  /// The precision is the one that was computed: float32 where the machine has no faster way.
  private struct Measurements: Encodable {
    let imagesPerSecond: Double
    let operationsPerImage: Double
    let precision: String
    let ceiling: Double
    let layers: [LayerSpeed]
  }

  private func show(_ layers: [LayerSpeed], ceiling: Double) throws {
    guard !layers.isEmpty else { return }
    func column(_ layer: LayerSpeed, _ seconds: Double) -> String {
      let speed = layer.speed(seconds)
      return String(
        format: "%9.2f ms %6.0f GFLOP/s %4.0f %%", seconds * 1e3, speed * 1e-9,
        100 * speed / ceiling)
    }
    try speech.terminal.show(
      String(format: "ceiling of direct multiplication: %.0f GFLOP/s\n", ceiling * 1e-9))
    for layer in layers {
      try speech.terminal.show(
        "\(layer.name) \(layer.shape.inputChannels)→\(layer.shape.outputChannels) "
          + "\(layer.shape.inputSide)→\(layer.shape.outputSide) \(layer.method): forward"
          + column(layer, layer.forward) + "; to input" + column(layer, layer.inputGradient)
          + "; to weight" + column(layer, layer.weightGradient) + "\n")
    }
  }
}
