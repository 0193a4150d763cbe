/// A PNG file's chunks, to be taken apart and put together wrongly.
struct PNGFile {
  struct Chunk {
    var name: String
    var data: [UInt8]
    /// Added to the right checksum.
    var checksumError: UInt32 = 0
  }

  var chunks: [Chunk] = []

  init() {}

  /// The chunks of a sound file.
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
          + Self.bytes(Self.checksum(content) &+ chunk.checksumError)
      }
  }

  /// Deflated data that stand as they are: a stored block of at most 65535 bytes.
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

  /// CRC-32 (PNG specification, annex D).
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { word, _ in
        word & 1 == 1 ? word >> 1 ^ 0xEDB8_8320 : word >> 1
      }
    }
  }
}
