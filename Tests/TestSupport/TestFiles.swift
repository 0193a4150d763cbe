import Foundation

/// A file in the folder `Fixtures` beside the test that asks for it.
package func fixture(_ path: String, from file: String = #filePath) -> URL {
  URL(filePath: file).deletingLastPathComponent().appending(path: "Fixtures/\(path)")
}

/// The contents of a fixture.
package func fixtureBytes(_ path: String, from file: String = #filePath) throws -> [UInt8] {
  Array(try Data(contentsOf: fixture(path, from: file)))
}

/// The value that a JSON fixture holds.
package func fixtureValue<Value: Decodable>(
  _ path: String, as type: Value.Type = Value.self, from file: String = #filePath
) throws -> Value {
  try JSONDecoder().decode(type, from: Data(contentsOf: fixture(path, from: file)))
}

/// The numbers of a fixture of little-endian Float32.
package func fixtureFloats(_ path: String, from file: String = #filePath) throws -> [Float] {
  let bytes = try fixtureBytes(path, from: file)
  return stride(from: 0, to: bytes.count, by: 4).map { start in
    let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * $1) }
    return Float(bitPattern: bits)
  }
}

/// The package that the tests belong to.
package enum TestPackage {
  package static let url = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
}

/// A new empty folder that is removed with this value.
package struct TemporaryFolder: ~Copyable {
  package let url: URL

  /// Makes the folder in memory where the system allows it: some tests write thousands of small
  /// files, and a busy disk takes milliseconds for each.
  package init() throws {
    let memory = "/dev/shm"
    let parent =
      FileManager.default.isWritableFile(atPath: memory)
      ? URL(filePath: memory) : FileManager.default.temporaryDirectory
    url = parent.appending(path: "mixmo-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  /// A path in the folder.
  package func file(_ name: String) -> URL { url.appending(path: name) }

  /// A file in the folder with these contents.
  package func file(_ name: String, holding bytes: some Collection<UInt8>) throws -> URL {
    let url = file(name)
    try Data(bytes).write(to: url)
    return url
  }

  /// The names of the files in the folder, hidden ones included.
  package var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
  }
}

/// A reproducible generator for tests: SplitMix64 (Steele, Lea, Flood 2014).
package struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
}

extension Array where Element == UInt8 {
  /// These bytes after one to four random changes: a byte set, one removed, one inserted, a run
  /// repeated, or the end cut off.
  package func mutated(using generator: inout SeededGenerator) -> [UInt8] {
    var bytes = self
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
      let index = Int.random(in: bytes.indices, using: &generator)
      let byte = UInt8.random(in: 0...255, using: &generator)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0, 1: bytes[index] = byte
      case 2: bytes.remove(at: index)
      case 3: bytes.insert(byte, at: index)
      case 4: bytes.insert(contentsOf: bytes[index...].prefix(Int(byte)), at: index)
      default: bytes.removeSubrange(index...)
      }
    }
    return bytes
  }
}
