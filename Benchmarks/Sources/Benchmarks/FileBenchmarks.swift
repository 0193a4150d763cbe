import Checkpoints
import Dispatch
import Formats
import Foundation
import Images

/// Times the readers of files, in turn with PyTorch and Pillow where they are found.
struct FileBenchmarks {
  /// Runs `files.py`; nil to time `mixmo` alone.
  let peer: Program?
  let rounds: Int
  let threads: Int
  /// Where files are made; removed by the caller.
  let folder: URL

  private static let imageCount = 2000
  private static let imagesPerSeverity = 10_000

  /// How long opening a checkpoint takes, every checksum verified.
  func opening(_ checkpoint: URL) async throws -> String {
    var (ours, theirs): ([Double], [Double]) = ([], [])
    for _ in 0..<rounds {
      ours.append(try 1e3 * medianSeconds { _ = try Checkpoint(contentsOf: checkpoint) })
      if let peer {
        theirs.append(try peer.firstValue(in: await peer.output(["open", checkpoint.path])))
      }
    }
    return Self.line("opening a checkpoint", "ms", ours, theirs, name: "torch.load") { $1 / $0 }
  }

  /// How many JPEG files of 64×64 pixels are read and decoded in a second.
  func decoding() async throws -> String {
    let images = folder.appending(path: "images")
    let files = try (0..<Self.imageCount).map { index in
      let url = images.appending(path: "\(index).JPEG")
      try FolderCreation.create(images)
      try AtomicFile.write(
        Image.waves(index, side: 64).jpeg(quality: 85, file: url.path), to: url)
      return url
    }
    var (ours, theirs): ([Double], [Double]) = ([], [])
    for _ in 0..<rounds {
      ours.append(try Double(files.count) / medianSeconds { try decode(files) })
      if let peer {
        theirs.append(try peer.firstValue(in: await peer.output(["decode", images.path])))
      }
    }
    return Self.line("decoding 64×64 JPEG files", "images/s", ours, theirs, name: "Pillow") {
      $0 / $1
    }
  }

  /// How much memory reading all images of a CIFAR-C file takes, severity by severity.
  func mapping() throws -> String {
    let url = folder.appending(path: "fog.npy")
    let shape = [5 * Self.imagesPerSeverity, 32, 32, 3]
    try NumPyArray.write(UInt8.self, shape: shape, to: url) { rows in
      let image = [UInt8](repeating: 1, count: 3072)
      for _ in 0..<shape[0] { try rows.append(image) }
    }
    var most = 0
    for severity in 0..<5 {
      let before = try Self.residentByteCount()
      let array = try NumPyArray(contentsOf: url)
      for row in 0..<Self.imagesPerSeverity {
        let start = severity * Self.imagesPerSeverity + row
        _ = try array.values(of: UInt8.self, rows: start..<start + 1)
      }
      most = max(most, try Self.residentByteCount() - before)
    }
    return String(
      format: "reading a CIFAR-C file of %.1f MB: at most %.1f MB for a severity of %.1f MB",
      Double(shape.reduce(1, *)) / 1e6, Double(most) / 1e6,
      Double(Self.imagesPerSeverity * 3072) / 1e6)
  }

  private func decode(_ files: [URL]) throws {
    let chunk = (files.count + threads - 1) / threads
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      for url in files[min(thread * chunk, files.count)..<min((thread + 1) * chunk, files.count)] {
        guard let bytes = try? FileContents.read(url, limit: 1 << 20),
          (try? Image(decoding: bytes, file: url.path)) != nil
        else { fatalError("\(url.path) cannot be decoded") }
      }
    }
  }

  private static func residentByteCount() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(
      separator: " ")
    return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(getpagesize())
  }

  /// The median of five calls, after one that is not counted.
  private func medianSeconds(_ work: () throws -> Void) rethrows -> Double {
    try work()
    let times = try (0..<5).map { _ in
      let start = DispatchTime.now().uptimeNanoseconds
      try work()
      return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    }
    return median(times)
  }

  private static func line(
    _ name: String, _ unit: String, _ ours: [Double], _ theirs: [Double], name peer: String,
    ratio: (Double, Double) -> Double
  ) -> String {
    let rate = String(format: "%.1f \(unit)", median(ours))
    guard !theirs.isEmpty else { return "\(name): \(rate)" }
    let ratios = zip(ours, theirs).map(ratio)
    let comparison = String(
      format: "%.1f, ratio %.2f (%.2f to %.2f)", median(theirs), median(ratios),
      ratios.min() ?? 0, ratios.max() ?? 0)
    return "\(name): \(rate), \(peer) \(comparison)"
  }
}

extension Image {
  /// A picture of smooth waves and some noise, whose file is as large as a photograph's.
  static func waves(_ number: Int, side: Int) -> Image {
    var state = UInt64(number + 1)
    let pixels = (0..<side * side * 3).map { index -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let (row, column) = (index / (3 * side), index / 3 % side)
      let wave = sin(Double(row * (number % 7 + 1)) / 20) + cos(Double(column + number) / 9)
      return UInt8(128 + 50 * wave + Double(state >> 59) - 16)
    }
    return Image(height: side, width: side, pixels: pixels)
  }
}
