import Foundation

/// Times networks, in turn with PyTorch where a Python has it.
struct NetworkBenchmarks {
  let mixmo: Program
  /// Runs `peer_torch.py`; nil to time `mixmo` alone.
  let peer: Program?
  let rounds: Int
  let threads: Int

  /// The speed of a case on each side, their ratio, and the share of the processor's ceiling.
  func line(_ benchmark: BenchmarkCase) async throws -> String {
    var (ours, theirs): ([Measurement], [Double]) = ([], [])
    for _ in 0..<rounds {
      let output = try await mixmo.output(benchmark.arguments(threads: threads))
      ours.append(try JSONDecoder().decode(Measurement.self, from: Data(output.utf8)))
      if let peer {
        let output = try await peer.output(benchmark.peerArguments(threads: threads))
        theirs.append(try peer.value(before: "images/s", in: output))
      }
    }
    let share = String(format: "%.0f %% of the ceiling", 100 * median(ours.map(\.share)))
    let rate = String(format: "%.2f images/s", median(ours.map(\.imagesPerSecond)))
    guard peer != nil else { return "\(benchmark.name): \(rate), \(share)" }
    let ratios = zip(ours, theirs).map { $0.imagesPerSecond / $1 }
    let comparison = String(
      format: "PyTorch %.2f, ratio %.2f (%.2f to %.2f)", median(theirs), median(ratios),
      ratios.min() ?? 0, ratios.max() ?? 0)
    return "\(benchmark.name): \(rate), \(comparison), \(share)"
  }

  /// Every convolution of the largest network on its own.
  func layers() async throws -> String {
    try await mixmo.output([
      "benchmark", "--network", "wrn-28-10", "--threads", String(threads), "--layers",
    ])
  }
}

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

/// What `mixmo benchmark --json` prints.
struct Measurement: Decodable {
  let imagesPerSecond: Double
  /// Of direct convolutions, for an image.
  let operationsPerImage: Double
  /// Operations per second of the product kernel.
  let ceiling: Double

  enum CodingKeys: String, CodingKey {
    case imagesPerSecond = "images_per_second"
    case operationsPerImage = "operations_per_image"
    case ceiling
  }

  /// Direct-equivalent operations per second, as a share of the ceiling.
  var share: Double { imagesPerSecond * operationsPerImage / ceiling }
}
