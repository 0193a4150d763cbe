import Formats
import Foundation
import Images

/// Times `mixmo corrupt`: a whole CIFAR-10-C of 19 corruptions at five severities, files and all.
struct CorruptionBenchmarks {
  let mixmo: Program
  let threads: Int
  /// Where files are made, some 3 GB; removed by the caller.
  let folder: URL

  private static let imageCount = 10_000

  /// What `mixmo corrupt --json` prints of a corruption.
  private struct Speed: Decodable {
    let corruption: String
    let images: Int
    let seconds: Double
    let imagesPerSecond: Double

    enum CodingKeys: String, CodingKey {
      case corruption, images, seconds
      case imagesPerSecond = "images_per_second"
    }
  }

  /// A line for each corruption with its speed and its share of the median one, and one for all.
  func run() async throws -> [String] {
    try writeCleanImages()
    let speeds = try await corrupt(into: "CIFAR-10-C")
    let middle = median(speeds.map(\.imagesPerSecond))
    let total = String(
      format: "all corruptions: %d images in %.0f s", speeds.reduce(0) { $0 + $1.images },
      speeds.reduce(0) { $0 + $1.seconds })
    return speeds.map {
      String(
        format: "%@: %.0f images/s, %.2f of the median", $0.corruption, $0.imagesPerSecond,
        $0.imagesPerSecond / middle)
    } + [total]
  }

  /// The seconds that five severities of one corruption take; the clean images are written.
  func seconds(of corruption: String) async throws -> Double {
    let name = "\(corruption)-alone"
    defer { try? FileManager.default.removeItem(at: folder.appending(path: name)) }
    return try await corrupt(into: name, ["--corruption", corruption]).reduce(0) {
      $0 + $1.seconds
    }
  }

  private func corrupt(into name: String, _ options: [String] = []) async throws -> [Speed] {
    let output = try await mixmo.output(
      [
        "corrupt", "--dataset", "cifar10", "--data", folder.path, "--output",
        folder.appending(path: name).path, "--threads", String(threads), "--json", "--quiet",
      ] + options)
    return try JSONDecoder().decode([Speed].self, from: Data(output.utf8))
  }

  /// CIFAR-10's test images, as its binary form has them.
  func writeCleanImages() throws {
    let clean = folder.appending(path: "cifar10-data/cifar-10-batches-bin")
    try FolderCreation.create(clean)
    try AtomicFile.stream(to: clean.appending(path: "test_batch.bin")) { stream in
      for index in 0..<Self.imageCount {
        let image = Image.waves(index, side: 32)
        let planes = (0..<3).flatMap { channel in
          stride(from: channel, to: image.pixels.count, by: 3).map { image.pixels[$0] }
        }
        try ([UInt8(index % 10)] + planes).withUnsafeBytes(stream.append)
      }
    }
  }
}
