import Images
import TestSupport
import Testing

/// Damaged and hostile files: an error or the correct image, never a crash.
struct HostileFileTests {
  static let samples = FileFixture.pngs + FileFixture.jpegs

  @Test(arguments: samples)
  func `a file cut short anywhere is an error`(fixture: FileFixture) {
    for count in 0..<fixture.bytes.count {
      #expect(problem(decoding: Array(fixture.bytes.prefix(count))) != nil, "\(count) bytes")
    }
  }

  /// Each chunk has a checksum, so a change is detected unless it is in a chunk that is not needed.
  @Test(arguments: FileFixture.pngs)
  func `a PNG file with a changed byte is an error or the same image`(fixture: FileFixture) {
    var generator = SeededGenerator(seed: 5)
    for index in fixture.bytes.indices {
      var bytes = fixture.bytes
      bytes[index] ^= UInt8.random(in: 1...255, using: &generator)
      if let image = try? Image(decoding: bytes, file: fixture.name) {
        #expect(image == fixture.image, "byte \(index)")
      }
    }
  }

  @Test(arguments: FileFixture.jpegs)
  func `a JPEG file with a changed byte is an error or an image`(fixture: FileFixture) {
    var generator = SeededGenerator(seed: 6)
    for index in fixture.bytes.indices {
      var bytes = fixture.bytes
      bytes[index] ^= UInt8.random(in: 1...255, using: &generator)
      let image = try? Image(decoding: bytes, file: fixture.name, maximumPixelCount: 1 << 16)
      if let image { #expect(image.height * image.width <= 1 << 16) }
    }
  }

  @Test func `mutated files are an error or an image`() {
    var generator = SeededGenerator(seed: 7)
    for fixture in Self.samples {
      for _ in 0..<100 {
        let bytes = fixture.bytes.mutated(using: &generator)
        let image = try? Image(decoding: bytes, file: fixture.name, maximumPixelCount: 1 << 16)
        if let image { #expect(image.height * image.width <= 1 << 16) }
      }
    }
  }

  @Test func `damage is reported with the byte offset where reading stopped`() throws {
    let image = noise(height: 64, width: 64)
    for (file, slack) in [
      (try image.png(file: "image"), 0),
      // libjpeg reports its offset after each block; a block of noise takes less than 200 bytes.
      (try image.jpeg(quality: 90, file: "image"), 6 * 200),
    ] {
      let cut = Array(file.dropLast(20))
      let error = #expect(throws: ImageError.self) { try Image(decoding: cut, file: "image") }
      let offset = try #require(error?.offset)
      #expect((cut.count - slack...cut.count).contains(offset), "\(offset) of \(cut.count)")
      #expect(error?.description.hasPrefix("image: byte \(offset): damaged ") == true)
    }
  }

  @Test func `what is neither PNG nor JPEG is named by its first bytes`() {
    func message(_ bytes: [UInt8]) -> String? { problem(decoding: bytes)?.description }
    let expected =
      "not an image: expected a PNG file (89 50 4E 47) or a JPEG file (FF D8 FF), found "
    #expect(message([]) == expected + "no bytes")
    #expect(message(Array("<!DOCTYPE html>".utf8)) == expected + "3C 21 44 4F 43 54 59 50")
    #expect(message(Array("GIF89a".utf8)) == expected + "47 49 46 38 39 61")
    #expect(message(Array(FileFixture.jpegs[0].bytes.dropFirst(2)))?.hasPrefix(expected) == true)
  }

  @Test func `more pixels than the caller allows`() throws {
    for file in [
      try noise(height: 64, width: 65).png(file: "image"),
      try noise(height: 64, width: 65).jpeg(quality: 85, file: "image"),
    ] {
      #expect(problem(decoding: file, maximumPixelCount: 64 * 65) == nil)
      #expect(
        problem(decoding: file, maximumPixelCount: 64 * 64)
          == .dimensionsTooLarge(
            width: 65, height: 64, maximumSide: 16384, maximumPixelCount: 4096))
    }
  }
}
