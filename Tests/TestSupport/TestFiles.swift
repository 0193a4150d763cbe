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
