import Foundation
import Images

extension Target {
  /// PNG files as they come; their checksums stop most of what is mutated.
  static let png = Target(
    name: "png", maximumLength: 1024,
    words: ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "iCCP", "\0\0\0\u{4}"],
    seeds: { try imageFixtures("pngs.json") },
    read: { try read($0, $0.bytes) })

  /// The chunks of a PNG file, which is made of them.
  static let pngChunks = Target(
    name: "png-chunks", maximumLength: 2048, words: ["IHDR", "PLTE", "IDAT", "IEND", "tRNS"],
    seeds: { PNGChunkList.examples }, read: { try read($0, PNGChunkList($0.bytes).file) })

  static let jpeg = Target(
    name: "jpeg", maximumLength: 2048,
    words: ["JFIF\0", "Adobe", "Exif\0\0"],
    seeds: { try imageFixtures("jpegs.json") + imageFixtures("written.json") },
    read: { try read($0, $0.bytes) })

  /// Decodes, mostly with a limit that keeps a run short, and writes and reads again.
  private static func read(_ input: Input, _ bytes: [UInt8]) throws {
    let limit = input.isChosen ? Image.defaultMaximumPixelCount : 1 << 14
    let image = try Image(decoding: bytes, file: input.url.path, maximumPixelCount: limit)
    precondition(image.pixels.count == image.height * image.width * 3)
    precondition(image.height * image.width <= limit)
    _ = image.pixels.reduce(0) { $0 &+ Int($1) }
    guard input.isChosen, image.pixels.count < 1 << 16 else { return }
    let file = try image.png(file: input.url.path)
    let copy = try Image(decoding: file, file: input.url.path)
    precondition(copy == image)
    _ = try Image(
      decoding: image.jpeg(quality: 90, file: input.url.path), file: input.url.path)
  }

  private struct Fixture: Decodable {
    let file: Data
  }

  private static func imageFixtures(_ name: String) throws -> [Seed] {
    try Seed.fixtures("ImagesTests/Fixtures", endingIn: name).flatMap { list in
      try JSONDecoder().decode([Fixture].self, from: Data(list.bytes)).enumerated().map {
        Seed(name: "\(name)-\($0.offset)", bytes: Array($0.element.file))
      }
    }
  }
}

/// The chunks of a PNG file as a fuzzer likes them: a type of four bytes, a length of two and the
/// contents; no checksums, and image data that is not compressed.
struct PNGChunkList {
  private typealias Chunk = (type: [UInt8], contents: [UInt8])

  private var chunks: [Chunk] = []

  init(_ bytes: [UInt8]) {
    var rest = bytes[...]
    func take(_ count: Int) -> [UInt8] {
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    while rest.count >= 4 {
      let type = take(4)
      let length = take(2).reduce(0) { $0 << 8 | Int($1) }
      chunks.append((type, take(length)))
    }
  }

  /// The file, with checksums and with the contents of IDAT in blocks that are stored.
  var file: [UInt8] {
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    for (type, contents) in chunks {
      let contents = type == Array("IDAT".utf8) ? Self.stored(contents) : contents
      file += Self.big(contents.count) + type + contents
      file += Self.big(Int(checksum(type + contents)))
    }
    return file
  }

  /// A zlib stream of one block that is stored (RFC 1950 and 1951).
  private static func stored(_ contents: [UInt8]) -> [UInt8] {
    let count = UInt16(truncatingIfNeeded: contents.count)
    var sums = (1, 0)
    for byte in contents {
      sums.0 = (sums.0 + Int(byte)) % 65521
      sums.1 = (sums.1 + sums.0) % 65521
    }
    var stream: [UInt8] = [0x78, 0x01, 0x01]
    for word in [count, ~count] { stream += [UInt8(word & 0xFF), UInt8(word >> 8)] }
    return stream + contents + big(sums.1 << 16 | sums.0)
  }

  private static func big(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  /// An image of each color type and depth, as it is and interlaced.
  static var examples: [Seed] {
    let depths = [0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]]
    return depths.sorted { $0.key < $1.key }.flatMap { type, depths in
      depths.flatMap { depth in
        [false, true].map { interlaced in
          Seed(
            name: "\(type)-\(depth)\(interlaced ? "-interlaced" : "")",
            bytes: example(type: type, depth: depth, isInterlaced: interlaced))
        }
      }
    }
  }

  private static func example(type: Int, depth: Int, isInterlaced: Bool) -> [UInt8] {
    let (width, height) = (9, 7)
    let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][type] ?? 0
    // First column, first row, distance of columns and of rows of each pass (PNG, section 8.2).
    let passes =
      isInterlaced
      ? [
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
        (0, 1, 1, 2),
      ] : [(0, 0, 1, 1)]
    var data: [UInt8] = []
    for (column, row, columnStep, rowStep) in passes where column < width && row < height {
      let columns = (width - column + columnStep - 1) / columnStep
      let rows = (height - row + rowStep - 1) / rowStep
      let rowBytes = (columns * channels * depth + 7) / 8
      for row in 0..<rows { data += [UInt8(row % 5)] + (0..<rowBytes).map { UInt8($0 * 31 % 251) } }
    }
    var bytes: [UInt8] = []
    func add(_ type: String, _ contents: [UInt8]) {
      bytes += Array(type.utf8) + big(contents.count).suffix(2) + contents
    }
    add(
      "IHDR",
      big(width) + big(height) + [UInt8(depth), UInt8(type), 0, 0, isInterlaced ? 1 : 0])
    if type == 3 { add("PLTE", (0..<3 << depth).map { UInt8(truncatingIfNeeded: $0 * 5) }) }
    add("IDAT", data)
    add("IEND", [])
    return bytes
  }
}
