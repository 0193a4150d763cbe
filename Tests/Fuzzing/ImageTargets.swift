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
