import Images
import TestSupport
import Testing

/// JPEG files with false headers and invalid scans.
struct HostileJPEGTests {
  @Test func `a size at JPEG's limit is checked before anything is allocated`() throws {
    for (width, height) in [(65500, 65500), (16385, 1), (2049, 2048)] {
      #expect(
        problem(decoding: JPEGFile.gray(width: width, height: height))
          == .dimensionsTooLarge(
            width: width, height: height, maximumSide: 16384, maximumPixelCount: 1 << 22))
    }
    for (width, height) in [(0, 8), (8, 0), (65535, 65535)] {
      let file = JPEGFile.gray(width: width, height: height)
      #expect(problem(decoding: file)?.isDamage == true)
    }
  }

  @Test func `a progressive file of a hundred scans, and of one more`() throws {
    let file = JPEGFile.gray(width: 8, height: 8, scanCount: 100)
    let gray = [UInt8](repeating: 128, count: 8 * 8 * 3)
    #expect(try Image(decoding: file, file: "image").pixels == gray)
    let longer = JPEGFile.gray(width: 8, height: 8, scanCount: 101)
    #expect(problem(decoding: longer) == .damaged(.jpeg, "more than 100 scans"))
    // Valid scans of 18 bytes, each a pass over all pixels.
    let bomb = JPEGFile.gray(width: 2048, height: 2048, scanCount: 800)
    #expect(problem(decoding: bomb) == .damaged(.jpeg, "more than 100 scans"))
  }

  @Test func `a component without a scan`() {
    let file = JPEGFile.colorWithScanOfOneComponent
    #expect(problem(decoding: file) == .damaged(.jpeg, "no scan of one of the components"))
  }

  @Test func `what cameras and editors write is not damage`() throws {
    let file = try noise(height: 16, width: 16).jpeg(quality: 90, file: "image")
    let image = try Image(decoding: file, file: "image")
    #expect(Array(file[..<4]) == [0xFF, 0xD8, 0xFF, 0xE0] && file[11] == 1)
    var version = file
    version[11] = 3
    #expect(try Image(decoding: version, file: "image") == image)
    // Stray bytes between a header's segments, and before the end.
    let length = Int(file[4]) << 8 + Int(file[5])
    for index in [4 + length, file.count - 2] {
      var stray = file
      stray.insert(contentsOf: [0, 7], at: index)
      #expect(try Image(decoding: stray, file: "image") == image, "\(index)")
    }
  }

  @Test func `a file without end, tables or image`() {
    #expect(problem(decoding: [0xFF, 0xD8, 0xFF])?.isDamage == true)
    #expect(problem(decoding: [0xFF, 0xD8, 0xFF, 0xD9])?.isDamage == true)
    #expect(problem(decoding: [0xFF, 0xD8, 0xFF] + [UInt8](repeating: 0xFF, count: 9999)) != nil)
  }

  @Test func `kinds that are not read are unsupported, not damaged`() throws {
    let fixture = FileFixture.jpegs[0]
    let frame = try #require(
      fixture.bytes.indices.dropLast().first {
        fixture.bytes[$0] == 0xFF && fixture.bytes[$0 + 1] == 0xC0
      })
    var lossless = fixture.bytes
    lossless[frame + 1] = 0xC3
    #expect(
      problem(decoding: lossless)
        == .unsupported(.jpeg, "Unsupported JPEG process: SOF type 0xc3"))
    var deep = fixture.bytes
    deep[frame + 4] = 12
    #expect(problem(decoding: deep) == .unsupported(.jpeg, "Unsupported JPEG data precision 12"))
    let pair = JPEGFile.file(
      frame: JPEGFile.frame(0xC0, width: 8, height: 8, components: 2),
      scans: [[0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 0x3F]])
    #expect(
      problem(decoding: pair) == .unsupported(.jpeg, "2 components, expected 1, 3 or 4"))
  }
}

/// JPEG files assembled by hand, in which every coefficient is 0.
enum JPEGFile {
  /// A file with the tables that the scans need, each of a single code: the bit 0.
  static func file(frame: [UInt8], scans: [[UInt8]]) -> [UInt8] {
    let quantization: [UInt8] = [0xFF, 0xDB, 0, 67, 0] + [UInt8](repeating: 1, count: 64)
    return [0xFF, 0xD8] + quantization + frame + table(0x00, symbol: 0) + table(0x10, symbol: 0)
      + table(0x11, symbol: 0xE0) + scans.joined() + [0xFF, 0xD9]
  }

  static func frame(_ marker: UInt8, width: Int, height: Int, components: UInt8) -> [UInt8] {
    let size = [height, width].flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    return [0xFF, marker, 0, 8 + 3 * components, 8] + size + [components]
      + (1...components).flatMap { [$0, 0x11, 0] }
  }

  /// A progressive gray file of this many scans: first the blocks' averages, then each coefficient by
  /// itself, bit by bit.
  static func gray(width: Int, height: Int, scanCount: Int = 1) -> [UInt8] {
    let blocks = min((width + 7) / 8 * ((height + 7) / 8), 1 << 16)
    let averages = scan(first: 0, last: 0, high: 0, low: 0, table: 0) + zeros(blocks)
    return file(
      frame: frame(0xC2, width: width, height: height, components: 1),
      scans: [averages] + refinements(count: scanCount - 1, blocks: blocks))
  }

  /// Scans of no more than 18 bytes that are each a pass over all blocks.
  private static func refinements(count: Int, blocks: Int) -> [[UInt8]] {
    let steps = (UInt8(1)...63).flatMap { coefficient in
      (0...13).reversed().map { (coefficient, UInt8($0)) }
    }
    // A code and the 14 bits after it skip 16384 blocks.
    let codes = zeros((blocks + 16383) / 16384 * 15)
    return steps.prefix(count).map { coefficient, bit in
      scan(
        first: coefficient, last: coefficient, high: bit == 13 ? 0 : bit + 1, low: bit, table: 1)
        + codes
    }
  }

  /// A baseline file of three components and one scan, of the first.
  static var colorWithScanOfOneComponent: [UInt8] {
    file(
      frame: frame(0xC0, width: 8, height: 8, components: 3),
      scans: [scan(first: 0, last: 63, high: 0, low: 0, table: 0) + zeros(2)])
  }

  /// The header of a scan of component 1, with the table for coefficients other than the first.
  private static func scan(
    first: UInt8, last: UInt8, high: UInt8, low: UInt8, table: UInt8
  ) -> [UInt8] {
    [0xFF, 0xDA, 0, 8, 1, 1, table, first, last, high << 4 | low]
  }

  /// This number of zeros, filled up with ones to complete bytes.
  private static func zeros(_ count: Int) -> [UInt8] {
    [UInt8](repeating: 0, count: count / 8) + (count % 8 == 0 ? [] : [UInt8(0xFF >> (count % 8))])
  }

  private static func table(_ kind: UInt8, symbol: UInt8) -> [UInt8] {
    [0xFF, 0xC4, 0, 20, kind, 1] + [UInt8](repeating: 0, count: 15) + [symbol]
  }
}
