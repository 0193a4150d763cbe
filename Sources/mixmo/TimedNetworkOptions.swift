import ArgumentParser
import Networks
import Optimization
import Tensors
import Training

/// The network that a subcommand times.
struct TimedNetworkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("wrn-DEPTH-WIDTH or resnet-18-WIDTH.", valueName: "name"))
  var network: String

  @Option(help: "Subnetworks.")
  var members = 2

  @Option(help: "Classes.")
  var classes = 100

  @Option(help: "Images in a batch.")
  var batch = 32

  @Option(help: "Measurements of which the median is shown.")
  var rounds = 5

  func validate() throws {
    _ = try networkConfiguration()
    for (name, value, range) in [
      ("members", members, 1...16), ("classes", classes, 2...100_000),
      ("batch", batch, 1...65_536), ("rounds", rounds, 1...1000),
    ] where !range.contains(value) {
      throw ValidationError(
        "--\(name): expected a number from \(range.lowerBound) to \(range.upperBound), "
          + "found \(value).")
    }
  }

  /// The test of the network that the options name.
  func speedTest(
    workers: Workers, processes: any ProcessGroup = SoleProcess(), kernels: Kernels = .preferred
  ) throws -> SpeedTest {
    SpeedTest(
      try networkConfiguration(), memberCount: members, classCount: classes, batch: batch,
      rounds: rounds, workers: workers, processes: processes, kernels: kernels)
  }

  /// Images per second in training with SGD.
  func trainingSpeed(_ test: SpeedTest, workers: Workers) -> Double {
    let optimizer = SGD(
      test.network.parameters,
      settings: .init(learningRate: 0.01, momentum: 0.9, usesNesterovMomentum: true),
      l2Penalty: 3e-4, workers: workers)
    return test.training { optimizer.step(learningRate: 0.01) }
  }

  private func networkConfiguration() throws -> NetworkConfiguration {
    let parts = network.split(separator: "-")
    guard parts.count == 3, let depth = Int(parts[1]), let width = Int(parts[2]),
      (1...64).contains(width), let isWide = ["wrn": true, "resnet": false][parts[0]],
      NetworkConfiguration.isPossible(depth: depth, isWide: isWide)
    else {
      throw ValidationError(
        "--network: expected wrn-DEPTH-WIDTH with DEPTH 6n + 4, or resnet-18-WIDTH, "
          + "found \"\(network)\"; give a name such as wrn-28-10.")
    }
    let name: NetworkConfiguration.Name =
      members == 1 ? (isWide ? .wideResNet : .resNet) : (isWide ? .wideResNetMixMo : .resNetMixMo)
    return NetworkConfiguration(name: name, depth: depth, widenFactor: width)
  }
}
