import Foundation

/// Times networks at each precision that the machine has, in turn with PyTorch and OpenVINO where a Python
/// has them.
struct NetworkBenchmarks {
  let mixmo: Program
  /// Runs `peer_torch.py`; nil to time `mixmo` alone.
  let peer: Program?
  /// Runs `peers/inference.py`.
  let inferencePeer: Program?
  let hasOpenVINO: Bool
  let rounds: Int
  let threads: Int

  /// Somebody who computes a case, and how fast.
  private struct Contender {
    let name: String
    /// Whether it is `mixmo` at a lower precision.
    var isOurs = false
    let imagesPerSecond: () async throws -> Double
  }

  /// The speed of a case in float32 and its share of the processor's ceiling, then a line for each other
  /// precision and each peer, with its ratio to that speed, round by round.
  func lines(_ benchmark: BenchmarkCase) async throws -> [String] {
    let contenders = try await lowerPrecisions(benchmark) + peers(benchmark)
    var ours: [Measurement] = []
    var theirs = [[Double]](repeating: [], count: contenders.count)
    for _ in 0..<rounds {
      ours.append(try await measurement(benchmark, precision: "highest"))
      for (i, contender) in contenders.enumerated() {
        theirs[i].append(try await contender.imagesPerSecond())
      }
    }
    let first = String(
      format: "%.2f images/s in float32, %.0f %% of the ceiling",
      median(ours.map(\.imagesPerSecond)), 100 * median(ours.map(\.share)))
    let others = zip(contenders, theirs).map { contender, rates in
      let ratios = zip(ours, rates).map {
        contender.isOurs ? $1 / $0.imagesPerSecond : $0.imagesPerSecond / $1
      }
      return "  " + contender.name
        + String(
          format: ": %.2f images/s, %@ %.2f (%.2f to %.2f)", median(rates),
          contender.isOurs ? "times float32" : "ratio", median(ratios), ratios.min() ?? 0,
          ratios.max() ?? 0)
    }
    return ["\(benchmark.name): \(first)"] + others
  }

  private func measurement(
    _ benchmark: BenchmarkCase, precision: String
  ) async throws -> Measurement {
    let output = try await mixmo.output(
      benchmark.arguments(threads: threads) + ["--precision", precision])
    return try JSONDecoder().decode(Measurement.self, from: Data(output.utf8))
  }

  /// `mixmo` at the lower precisions that this machine computes; gradients have no lowest one.
  private func lowerPrecisions(_ benchmark: BenchmarkCase) async throws -> [Contender] {
    var contenders: [Contender] = []
    for (precision, name) in [("high", "16 bits"), ("medium", "bfloat16")]
    where !(benchmark.isTraining && precision == "medium") {
      guard try await measurement(benchmark, precision: precision).precision == precision else {
        continue
      }
      contenders.append(
        Contender(name: "\(precision), \(name)", isOurs: true) {
          try await measurement(benchmark, precision: precision).imagesPerSecond
        })
    }
    return contenders
  }

  /// PyTorch in float32; in inference also in bfloat16, and OpenVINO in both.
  private func peers(_ benchmark: BenchmarkCase) -> [Contender] {
    func contender(_ name: String, _ program: Program, _ arguments: [String]) -> Contender {
      Contender(name: name) {
        try program.value(before: "images/s", in: await program.output(arguments))
      }
    }
    guard let peer else { return [] }
    let options = benchmark.peerOptions(threads: threads)
    let float32 = contender(
      "PyTorch float32", peer, ["bench"] + options + (benchmark.isTraining ? ["--train"] : []))
    guard !benchmark.isTraining, let inferencePeer else { return [float32] }
    let names =
      [("PyTorch bfloat16", "torch-bfloat16")]
      + (hasOpenVINO
        ? [("OpenVINO float32", "openvino-float32"), ("OpenVINO bfloat16", "openvino-bfloat16")]
        : [])
    return [float32] + names.map { contender($0, inferencePeer, [$1] + options) }
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

  /// The networks whose speed is promised, and the demo's, in inference and in training.
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
      BenchmarkCase(
        architecture: "wrn", depth: 10, width: 1, classes: 100, batch: 64,
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

  /// The options of the peers' programs.
  func peerOptions(threads: Int) -> [String] {
    [
      "--arch", architecture, "--depth", String(depth), "--width", String(width), "--classes",
      String(classes), "--batch", String(batch), "--threads", String(threads),
    ]
  }
}

/// What `mixmo benchmark --json` prints.
struct Measurement: Decodable {
  let imagesPerSecond: Double
  /// Of direct convolutions, for an image.
  let operationsPerImage: Double
  /// The precision that was computed.
  let precision: String
  /// Operations per second of the product kernel.
  let ceiling: Double

  enum CodingKeys: String, CodingKey {
    case imagesPerSecond = "images_per_second"
    case operationsPerImage = "operations_per_image"
    case precision, ceiling
  }

  /// Direct-equivalent operations per second, as a share of the ceiling.
  var share: Double { imagesPerSecond * operationsPerImage / ceiling }
}
