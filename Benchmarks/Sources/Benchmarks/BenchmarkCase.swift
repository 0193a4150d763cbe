/// A network and a pass that both sides time.
struct BenchmarkCase {
  let architecture: String
  let depth: Int
  let width: Int
  let classes: Int
  let batch: Int
  let isTraining: Bool

  /// The networks whose speed is promised, in inference and in training.
  static let all = [false, true].flatMap { isTraining in
    [
      BenchmarkCase(
        architecture: "wrn", depth: 28, width: 10, classes: 100, batch: 32,
        isTraining: isTraining),
      BenchmarkCase(
        architecture: "wrn", depth: 16, width: 4, classes: 100, batch: 64,
        isTraining: isTraining),
      BenchmarkCase(
        architecture: "resnet", depth: 18, width: 2, classes: 200, batch: 32,
        isTraining: isTraining),
    ]
  }

  var network: String { "\(architecture)-\(depth)-\(width)" }

  var name: String { "\(network) M=2 batch \(batch) \(isTraining ? "training" : "inference")" }

  /// What `mixmo` is called with.
  func arguments(threads: Int) -> [String] {
    [
      "benchmark", "--network", network, "--classes", String(classes), "--batch", String(batch),
      "--threads", String(threads), "--json",
    ] + (isTraining ? ["--train"] : [])
  }

  /// What the PyTorch program is called with.
  func peerArguments(threads: Int) -> [String] {
    [
      "bench", "--arch", architecture, "--depth", String(depth), "--width", String(width),
      "--classes", String(classes), "--batch", String(batch), "--threads", String(threads),
    ] + (isTraining ? ["--train"] : [])
  }
}
