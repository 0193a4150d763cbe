import Checkpoints
import Formats
import Foundation
import TestSupport
import Testing

/// Damaged checkpoints: an error that names the file, or the same values, never other weights.
struct DamageTests {
  private static let files = ["read/mixmo.ckpt", "read/types.pt", "read/zip64.pt", "written.ckpt"]

  /// The error of reading `url`, nil if it holds what `original` does.
  private func failure(_ url: URL, _ original: Checkpoint) -> (any Error)? {
    do {
      let checkpoint = try Checkpoint(contentsOf: url)
      #expect(checkpoint.root == original.root, "other values without an error")
      return nil
    } catch {
      return error
    }
  }

  private func expectNamed(_ error: any Error, _ url: URL, _ location: String) {
    #expect(
      error is CheckpointError || error is ZipError || error is PickleError
        || error is SafeTensorsError || error is FileFormError, "\(location): \(error)")
    #expect("\(error)".hasPrefix(url.path), "\(location): \(error)")
  }

  @Test(arguments: files)
  func `a file cut short anywhere is refused`(name: String) throws {
    let folder = try TemporaryFolder()
    let original = try fixtureBytes(name)
    for count in stride(from: 0, to: original.count, by: max(original.count / 211, 1)) {
      let url = try folder.file("cut.ckpt", holding: original.prefix(count))
      let error = #expect(throws: (any Error).self, "\(count)") { try Checkpoint(contentsOf: url) }
      if let error { expectNamed(error, url, "\(count) bytes") }
    }
  }

  @Test(arguments: files)
  func `a flipped bit anywhere is refused or changes nothing`(name: String) throws {
    let folder = try TemporaryFolder()
    let bytes = try fixtureBytes(name)
    let original = try Checkpoint(contentsOf: fixture(name))
    for bit in stride(from: 0, to: bytes.count * 8, by: 23) {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << (bit % 8)
      let url = try folder.file("flipped.ckpt", holding: flipped)
      if let error = failure(url, original) { expectNamed(error, url, "bit \(bit)") }
    }
  }

  @Test func `a flipped bit in the pickle or a storage is refused by the member's name`() throws {
    let folder = try TemporaryFolder()
    let name = "read/mixmo.ckpt"
    let bytes = try fixtureBytes(name)
    let archive = try ZipArchive(contentsOf: fixture(name))
    var generator = SeededGenerator(seed: 31)
    for member in archive.members
    where member.name.hasSuffix("data.pkl") || member.name.contains("/data/") {
      let content = try archive.bytes(of: member.name, atMost: 10_000)
      let start = try #require(bytes.firstRange(of: content)?.lowerBound)
      for _ in 0..<20 {
        let bit = Int.random(in: 0..<content.count * 8, using: &generator)
        var flipped = bytes
        flipped[start + bit / 8] ^= 1 << (bit % 8)
        let url = try folder.file("flipped.ckpt", holding: flipped)
        let error = #expect(throws: ZipError.self) { try Checkpoint(contentsOf: url) }
        // The file contains equal storages more than once; the first of them was changed.
        let damaged = error?.member.flatMap { try? archive.bytes(of: $0, atMost: 10_000) }
        #expect(damaged == content, "\(String(describing: error))")
        #expect(error?.file == url.path)
      }
    }
  }

  @Test(arguments: [
    "read/mixmo.ckpt", "read/legacy-mixmo.ckpt", "read/legacy-types.pt", "read/types.safetensors",
  ])
  func `mutated files are read or refused, never a crash`(name: String) throws {
    let folder = try TemporaryFolder()
    let original = try fixtureBytes(name)
    var generator = SeededGenerator(seed: 41)
    for _ in 0..<1500 {
      let bytes = original.mutated(using: &generator)
      let url = try folder.file("mutated.ckpt", holding: bytes)
      do {
        let weights = try Checkpoint(contentsOf: url).weights()
        for entry in weights.entries { _ = entry.tensor.floats() }
      } catch { expectNamed(error, url, name) }
    }
  }

  @Test(arguments: ["read/legacy-mixmo.ckpt", "read/legacy-types.pt"])
  func `the older format cut short is refused, and what follows it is passed over`(name: String)
    throws
  {
    let folder = try TemporaryFolder()
    let original = try fixtureBytes(name)
    for count in stride(from: 0, to: original.count, by: 7) {
      let url = try folder.file("cut.ckpt", holding: original.prefix(count))
      let error = #expect(throws: (any Error).self, "\(count)") { try Checkpoint(contentsOf: url) }
      if let error { expectNamed(error, url, "\(count) bytes") }
    }
    let url = try folder.file("grown.ckpt", holding: original + [0])
    #expect(try Checkpoint(contentsOf: url).root == Checkpoint(contentsOf: fixture(name)).root)
  }
}
