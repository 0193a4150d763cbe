import Images
import TestSupport
import Testing

/// PNG files with false headers and invalid chunks.
struct HostilePNGTests {
  /// The data of a 1×1 image in color: a row without filter.
  static let pixel = PNGFile.Chunk(name: "IDAT", data: PNGFile.stored([0, 1, 2, 3]))

  @Test func `a correctly assembled file is read`() throws {
    let file = PNGFile(width: 1, height: 1, Self.pixel)
    let image = try Image(decoding: file.bytes, file: "image")
    #expect(image == Image(height: 1, width: 1, pixels: [1, 2, 3]))
  }

  @Test func `declared sizes are checked before anything is allocated`() {
    func problem(_ width: UInt32, _ height: UInt32) -> ImageError.Problem? {
      ImagesTests.problem(decoding: PNGFile(width: width, height: height, Self.pixel).bytes)
    }
    for (width, height) in [(1 << 31 - 1, 1 << 31 - 1), (16385, 1), (2049, 2048), (1, 1 << 31 - 1)]
    {
      #expect(
        problem(UInt32(width), UInt32(height))
          == .dimensionsTooLarge(
            width: width, height: height, maximumSide: 16384, maximumPixelCount: 1 << 22))
    }
    for (width, height): (UInt32, UInt32) in [(1 << 31, 1 << 31), (~0, 1), (0, 1), (1, 0), (0, 0)] {
      #expect(
        problem(width, height)
          == .damaged(.png, "a size of \(width)×\(height) pixels, expected 1 to 2147483647 each"))
    }
  }

  @Test func `a wrong checksum is an error in each chunk that is needed`() throws {
    let file = PNGFile(
      width: 1, height: 1, color: 3, PNGFile.Chunk(name: "PLTE", data: [1, 2, 3]),
      PNGFile.Chunk(name: "tEXt", data: [65, 0, 66]),
      PNGFile.Chunk(name: "IDAT", data: PNGFile.stored([0, 0])))
    for index in file.chunks.indices {
      var damaged = file
      damaged.chunks[index].checksumError = 1
      let problem = problem(decoding: damaged.bytes)
      #expect((problem == nil) == (file.chunks[index].name == "tEXt"))
      if let problem { #expect(problem.description.hasSuffix("CRC error")) }
    }
  }

  @Test func `chunks that are missing, unknown or out of order`() throws {
    let file = PNGFile(
      width: 1, height: 1, color: 3, PNGFile.Chunk(name: "PLTE", data: [1, 2, 3]),
      PNGFile.Chunk(name: "IDAT", data: PNGFile.stored([0, 0])))
    #expect(problem(decoding: file.bytes) == nil)
    for index in file.chunks.indices {
      var shorter = file
      shorter.chunks.remove(at: index)
      #expect(problem(decoding: shorter.bytes)?.isDamage == true, "without chunk \(index)")
      var unknown = file
      unknown.chunks.insert(PNGFile.Chunk(name: "WHAT", data: []), at: index)
      #expect(problem(decoding: unknown.bytes)?.isDamage == true, "unknown chunk at \(index)")
    }
    var twice = file
    twice.chunks.insert(file.chunks[0], at: 1)
    #expect(problem(decoding: twice.bytes)?.isDamage == true)
  }

  @Test func `an index beyond the palette`() {
    for (depth, row): (UInt8, UInt8) in [(8, 2), (4, 0x02), (4, 0xF0), (2, 0b0010_0000)] {
      let file = PNGFile(
        width: 2, height: 1, depth: depth, color: 3,
        PNGFile.Chunk(name: "PLTE", data: [1, 2, 3, 4, 5, 6]),
        PNGFile.Chunk(name: "IDAT", data: PNGFile.stored([0, row] + (depth == 8 ? [0] : []))))
      #expect(
        problem(decoding: file.bytes) == .damaged(.png, "a pixel's color is not in the palette"))
    }
  }

  @Test func `palettes of the wrong size`() {
    for count in [0, 2, 4, 769, 771] {
      let file = PNGFile(
        width: 1, height: 1, color: 3,
        PNGFile.Chunk(name: "PLTE", data: [UInt8](repeating: 7, count: count)),
        PNGFile.Chunk(name: "IDAT", data: PNGFile.stored([0, 0])))
      #expect(problem(decoding: file.bytes)?.isDamage == true, "\(count) bytes")
    }
  }

  @Test func `data of another length than the declared size`() {
    func problem(_ data: [UInt8]) -> ImageError.Problem? {
      let chunk = PNGFile.Chunk(name: "IDAT", data: PNGFile.stored(data))
      return ImagesTests.problem(decoding: PNGFile(width: 1, height: 1, chunk).bytes)
    }
    for data in [[], [0], [0, 1, 2]] as [[UInt8]] {
      #expect(problem(data) == .damaged(.png, "Not enough image data"), "\(data.count) bytes")
    }
    #expect(problem([0, 1, 2, 3, 4]) == .damaged(.png, "IDAT: Too much image data"))
    // It is not read to its end: inflated, it could be a thousand times longer.
    let rows = [UInt8](repeating: 0, count: 60000)
    #expect(problem(rows) == .damaged(.png, "image data after the last row"))
  }

  @Test func `data with a wrong filter, a wrong sum or a wrong method`() {
    let stored = PNGFile.stored([0, 1, 2, 3])
    for data in [
      PNGFile.stored([5, 1, 2, 3]), Array(stored.dropLast()), stored.dropLast() + [0],
      [0x79] + stored.dropFirst(), [], stored + stored,
    ] {
      let file = PNGFile(width: 1, height: 1, PNGFile.Chunk(name: "IDAT", data: data))
      #expect(problem(decoding: file.bytes)?.isDamage == true)
    }
  }

  @Test func `depths and color types that do not exist`() {
    let valid: Set<[UInt8]> = [
      [0, 1], [0, 2], [0, 4], [0, 8], [0, 16], [2, 8], [2, 16], [4, 8], [4, 16], [6, 8], [6, 16],
    ]
    for color in UInt8(0)...7 where color != 3 {
      for depth in UInt8(0)...17 where !valid.contains([color, depth]) {
        let file = PNGFile(width: 1, height: 1, depth: depth, color: color, Self.pixel)
        #expect(problem(decoding: file.bytes)?.isDamage == true)
      }
    }
  }
}

/// The chunks of a PNG file, to be reassembled incorrectly.
struct PNGFile {
  struct Chunk {
    var name: String
    var data: [UInt8]
    /// Added to the correct checksum.
    var checksumError: UInt32 = 0
  }

  var chunks: [Chunk] = []

  init() {}

  /// The chunks of a valid file.
  init(_ file: [UInt8]) {
    var position = 8
    while position + 12 <= file.count {
      let count = Int(file[position..<position + 4].reduce(0) { $0 << 8 | UInt32($1) })
      let data = position + 8
      chunks.append(
        Chunk(
          name: String(decoding: file[position + 4..<data], as: UTF8.self),
          data: Array(file[data..<data + count])))
      position = data + count + 4
    }
  }

  /// A file of this header and these further chunks.
  init(width: UInt32, height: UInt32, depth: UInt8 = 8, color: UInt8 = 2, _ chunks: Chunk...) {
    let header = Self.bytes(width) + Self.bytes(height) + [depth, color, 0, 0, 0]
    self.chunks =
      [Chunk(name: "IHDR", data: header)] + chunks + [Chunk(name: "IEND", data: [])]
  }

  var bytes: [UInt8] {
    [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      + chunks.flatMap { chunk in
        let content = Array(chunk.name.utf8) + chunk.data
        return Self.bytes(UInt32(chunk.data.count)) + content
          + Self.bytes(checksum(content) &+ chunk.checksumError)
      }
  }

  /// A zlib stream of one stored block of at most 65535 bytes.
  static func stored(_ data: [UInt8]) -> [UInt8] {
    let count = UInt16(data.count)
    let (low, high) = (UInt8(count & 255), UInt8(count >> 8))
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in data {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    return [0x78, 0x01, 0x01, low, high, ~low, ~high] + data + bytes(b << 16 | a)
  }

  static func bytes(_ word: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
  }
}
