import Images
import TestSupport
import Testing

/// JPEG files that lie.
struct HostileJPEGTests {
  @Test func `a size at JPEG's limit is judged before anything is allocated`() throws {
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

  @Test func `a component that no scan tells of`() {
    let file = JPEGFile.colorWithScanOfOneComponent
    #expect(problem(decoding: file) == .damaged(.jpeg, "no scan of one of the components"))
  }

  @Test func `what cameras and editors leave in files is no damage`() throws {
    let file = try noise(height: 16, width: 16).jpeg(quality: 90, file: "image")
    let image = try Image(decoding: file, file: "image")
    #expect(Array(file[..<4]) == [0xFF, 0xD8, 0xFF, 0xE0] && file[11] == 1)
    var version = file
    version[11] = 3
    #expect(try Image(decoding: version, file: "image") == image)
    // Stray bytes between a header's segments, and before the end.
    let length = Int(file[4]) << 8 + Int(file[5])
    for place in [4 + length, file.count - 2] {
      var stray = file
      stray.insert(contentsOf: [0, 7], at: place)
      #expect(try Image(decoding: stray, file: "image") == image, "\(place)")
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
