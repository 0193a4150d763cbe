import Foundation
import Images
import TestSupport
import Testing

/// A file by another program and the pixels that it holds.
struct FileFixture: Decodable, CustomTestStringConvertible {
  let name: String
  let width: Int
  let height: Int
  let file: Data
  let pixels: Data

  var image: Image { Image(height: height, width: width, pixels: Array(pixels)) }
  var bytes: [UInt8] { Array(file) }
  var testDescription: String { name }

  static let pngs = all("pngs.json")
  static let jpegs = all("jpegs.json")

  private static func all(_ file: String) -> [FileFixture] {
    (try? JSONDecoder().decode([Self].self, from: Data(contentsOf: fixture(file)))) ?? []
  }
}

/// An image and the JPEG file that Pillow writes of it.
struct WrittenFixture: Decodable, CustomTestStringConvertible {
  let width: Int
  let height: Int
  let quality: Int
  /// Whether its Huffman tables are its own.
  let optimize: Bool
  let pixels: Data
  let file: Data

  var image: Image { Image(height: height, width: width, pixels: Array(pixels)) }
  var testDescription: String {
    "\(width)×\(height), quality \(quality)\(optimize ? ", optimized" : "")"
  }

  static let all =
    (try? JSONDecoder().decode([Self].self, from: Data(contentsOf: fixture("written.json")))) ?? []
}

/// An image of random pixels.
func noise(height: Int, width: Int, seed: UInt64 = 3) -> Image {
  var generator = SeededGenerator(seed: seed)
  let pixels = (0..<height * width * 3).map { _ in UInt8.random(in: 0...255, using: &generator) }
  return Image(height: height, width: width, pixels: pixels)
}

/// CRC-32 (PNG specification, annex D).
func checksum(_ bytes: [UInt8]) -> UInt32 {
  ~bytes.reduce(~0) { sum, byte in
    (0..<8).reduce(sum ^ UInt32(byte)) { word, _ in
      word & 1 == 1 ? word >> 1 ^ 0xEDB8_8320 : word >> 1
    }
  }
}

/// What is wrong with a file, or nil if it decodes.
func problem(decoding bytes: [UInt8], maximumPixelCount: Int = 1 << 22) -> ImageError.Problem? {
  do {
    _ = try Image(decoding: bytes, file: "image", maximumPixelCount: maximumPixelCount)
    return nil
  } catch {
    return error.problem
  }
}

extension ImageError.Problem {
  var isDamage: Bool {
    if case .damaged = self { true } else { false }
  }
}
