import Datasets
import Foundation
import Images
import Tensors

/// Files that other software made, beside the scripts that made them.
enum Fixture {
  static func data(_ name: String) throws -> Data {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    return try Data(contentsOf: folder.appendingPathComponent("Fixtures/\(name)"))
  }

  static func json<Value: Decodable>(_ name: String) throws -> Value {
    try JSONDecoder().decode(Value.self, from: data(name))
  }

  /// The little-endian Float32 numbers of a raw file.
  static func floats(_ name: String) throws -> [Float] {
    let bytes = [UInt8](try data(name))
    return stride(from: 0, to: bytes.count, by: 4).map { start in
      let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * $1) }
      return Float(bitPattern: bits)
    }
  }
}

/// Calls `body` with a folder that exists as long as the call.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("mixmo-datasets-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

extension InMemoryDataset {
  /// Random images with the labels 0, 1, …, K−1, 0, ….
  static func random(count: Int, classCount: Int = 10, side: Int = 32, seed: UInt64 = 1) -> Self {
    var random = RandomStream(seed: seed, purpose: "test images")
    let images = (0..<count).map { _ in
      Image(
        height: side, width: side,
        pixels: (0..<side * side * 3).map { _ in UInt8(random.integer(in: 0..<256)) })
    }
    return InMemoryDataset(
      name: "random", classCount: classCount, imageSide: side,
      labels: (0..<count).map { $0 % classCount }, images: images)
  }
}
