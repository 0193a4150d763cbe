import Formats
import Foundation
import Images

/// Times `mixmo evaluate --model` with a program that answers zeros at once, beside `mixmo corrupt` of the same
/// images: what the program waits for.
struct ModelBenchmarks {
  let mixmo: Program
  let python: Program
  let threads: Int
  /// Where files are made, removed by the caller.
  let folder: URL

  private static let corruptions = ["gaussian_noise", "fog", "glass_blur", "jpeg_compression"]

  /// A line for each corruption: five severities of 10,000 images.
  func run() async throws -> [String] {
    let images = CorruptionBenchmarks(mixmo: mixmo, threads: threads, folder: folder)
    try images.writeCleanImages()
    try await AtomicFile.write(
      mixmo.output(["model-client"]), to: folder.appending(path: "mixmo_client.py"))
    let program = folder.appending(path: "zeros.py")
    try AtomicFile.write(
      """
      import numpy as np
      from mixmo_client import serve
      serve(lambda images: np.zeros((len(images), 10), np.float32))

      """, to: program)
    let clean = try await seconds(of: program, [])
    var lines = [String(format: "a program, clean images alone: %.1f s", clean)]
    for name in Self.corruptions {
      let alone = try await images.seconds(of: name)
      let all = try await seconds(
        of: program, ["--generate", "--corruption", name])
      lines.append(
        String(
          format: "a program, %@: %.1f s, %.2f of its corruption alone, %.0f images/s", name, all,
          (all - clean) / alone, 50_000 / (all - clean)))
    }
    return lines
  }

  /// The time that an evaluation takes, its scores included.
  private func seconds(of program: URL, _ options: [String]) async throws -> Double {
    let output = folder.appending(path: "results")
    defer { try? FileManager.default.removeItem(at: output) }
    let start = ContinuousClock.now
    _ = try await mixmo.output(
      [
        "evaluate", "--model", "\(python.path) \(program.path)", "--dataset", "cifar10", "--data",
        folder.path, "--output", output.path, "--threads", String(threads), "--bootstrap", "0",
        "--quiet",
      ] + options)
    return start.duration(to: .now) / .seconds(1)
  }
}
