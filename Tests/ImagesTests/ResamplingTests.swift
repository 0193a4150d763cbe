import Foundation
import Images
import TestSupport
import Testing

/// The resizing and cropping of pictures against Pillow 5.0.0 and 13.0.0, and torchvision.
struct ResamplingTests {
  /// The test image of the corruptions' vectors.
  private static func pattern(_ height: Int, _ width: Int) -> Image {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 {
          let value = 5 * y + 3 * x * (c + 1) + 37 * c + 60 * ((x / 4 + y / 4) % 2)
          pixels.append(UInt8(value % 256))
        }
      }
    }
    return Image(height: height, width: width, pixels: pixels)
  }

  /// The size, the sum of the bytes and their CRC-32.
  private struct Summary: Equatable, CustomStringConvertible {
    let height: Int
    let width: Int
    let sum: Int
    let crc: UInt32

    init(_ height: Int, _ width: Int, _ sum: Int, _ crc: UInt32) {
      (self.height, self.width, self.sum, self.crc) = (height, width, sum, crc)
    }

    init(_ image: Image) {
      self.init(
        image.height, image.width, image.pixels.reduce(0) { $0 + Int($1) },
        checksum(image.pixels))
    }

    var description: String { "\(height)×\(width) \(sum) \(String(crc, radix: 16))" }
  }

  /// A picture's size; the sum and CRC-32 of the picture, of its resized version and of the middle.
  struct Vector {
    let size: (Int, Int)
    let source: (Int, UInt32)
    let resized: (Int, Int, Int, UInt32)
    let cropped: (Int, UInt32)
  }

  /// Made by Pillow 5.0.0 and 13.0.0 with the rules of torchvision 0.2.1.
  static let vectors: [Vector] = [
    Vector(
      size: (375, 500), source: (71_650_660, 0x1a11_773b),
      resized: (256, 341, 33_355_298, 0x89d0_089b), cropped: (19_152_399, 0x9761_3374)),
    Vector(
      size: (500, 375), source: (71_642_186, 0x70a3_177e),
      resized: (341, 256, 33_353_481, 0xa4bb_fd03), cropped: (19_168_030, 0x7b20_cac6)),
    Vector(
      size: (500, 334), source: (63_791_356, 0xa8e4_3e5e),
      resized: (383, 256, 37_451_330, 0x3765_5f2a), cropped: (19_176_217, 0x5907_5a70)),
    Vector(
      size: (333, 500), source: (63_625_536, 0xd7b4_f60d),
      resized: (256, 384, 37_565_724, 0xfca4_8a29), cropped: (19_159_794, 0xd696_b6cd)),
    Vector(
      size: (1000, 1504), source: (574_549_632, 0xd0ff_5e51),
      resized: (256, 385, 37_652_032, 0x524e_1e98), cropped: (19_166_910, 0x66e0_48e8)),
    Vector(
      size: (257, 255), source: (25_034_607, 0x4fec_8079),
      resized: (258, 256, 25_231_945, 0x349a_eea1), cropped: (19_145_957, 0xd2e0_7803)),
    Vector(
      size: (256, 300), source: (29_337_600, 0xa8d6_5551),
      resized: (256, 300, 29_337_600, 0xa8d6_5551), cropped: (19_162_880, 0x8941_24d0)),
    Vector(
      size: (96, 130), source: (4_776_928, 0xcd05_e818),
      resized: (256, 346, 33_905_701, 0x10bd_121e), cropped: (19_146_167, 0xacec_706a)),
    Vector(
      size: (400, 401), source: (61_287_768, 0xc876_3b8b),
      resized: (256, 256, 25_040_037, 0xf496_ba2c), cropped: (19_163_810, 0x52ae_8b8d)),
    Vector(
      size: (224, 224), source: (19_184_640, 0xfa79_e812),
      resized: (256, 256, 25_058_029, 0xf0b4_3877), cropped: (19_161_797, 0xf6fc_1b16)),
  ]

  @Test(arguments: vectors.indices)
  func `pictures resized to 256 and cropped to 224`(index: Int) throws {
    let vector = Self.vectors[index]
    let picture = Self.pattern(vector.size.0, vector.size.1)
    #expect(
      Summary(picture)
        == Summary(vector.size.0, vector.size.1, vector.source.0, vector.source.1))
    let resized = try #require(Preparation(resize: 256)(picture))
    let (height, width, sum, crc) = vector.resized
    #expect(Summary(resized) == Summary(height, width, sum, crc))
    let cropped = try #require(Preparation(resize: 256, crop: 224)(picture))
    #expect(Summary(cropped) == Summary(224, 224, vector.cropped.0, vector.cropped.1))
    #expect(Preparation(crop: 224)(resized) == cropped)
  }

  @Test func `the two passes of 375×500, pixel by pixel`() throws {
    let picture = Self.pattern(375, 500)
    let columns = TriangleFilter(from: 500, to: 341, outputs: 0..<341)
    let narrow = picture.resampled(
      rows: TriangleFilter(from: 375, to: 375, outputs: 0..<375), columns: columns)
    #expect(Summary(narrow) == Summary(375, 341, 48_865_839, 0x13a3_e455))
    func pixel(_ image: Image, _ row: Int, _ column: Int) -> [UInt8] {
      (0..<3).map { image[row, column, $0] }
    }
    #expect(pixel(narrow, 0, 0) == [1, 39, 77])
    #expect(pixel(narrow, 187, 170) == [148, 165, 183])
    let both = try #require(Preparation(resize: 256)(picture))
    #expect(pixel(both, 0, 0) == [3, 41, 79] && pixel(both, 0, 1) == [7, 49, 91])
    #expect(pixel(both, 128, 170) == [191, 208, 214] && pixel(both, 255, 340) == [96, 93, 90])
    #expect(
      (58...60).map { pixel(both, 100, $0) } == [[43, 57, 93], [62, 61, 103], [195, 31, 77]])
  }

  static let weights: [(Int, Int, Int, Range<Int>, [Int32])] = [
    (500, 341, 0, 0..<2, [2_676_335, 1_517_969]),
    (500, 341, 1, 1..<4, [1_532_929, 2_330_169, 331_206]),
    (500, 341, 170, 249..<251, [2_097_152, 2_097_152]),
    (500, 341, 340, 498..<500, [1_517_969, 2_676_335]),
    (375, 256, 128, 187..<190, [1_444_320, 2_360_981, 389_003]),
    (96, 256, 0, 0..<1, [4_194_304]),
    (96, 256, 1, 0..<2, [3_932_160, 262_144]),
    (96, 256, 2, 0..<2, [2_359_296, 1_835_008]),
  ]

  @Test(arguments: weights.indices)
  func `weights in fixed point`(index: Int) {
    let (length, newLength, output, sources, expected) = Self.weights[index]
    let all = TriangleFilter(from: length, to: newLength, outputs: 0..<newLength)
    let (found, numbers) = all.weights(of: output)
    #expect(found == sources && numbers == expected)
    // An output does not depend on which others are wanted.
    let one = TriangleFilter(from: length, to: newLength, outputs: output..<output + 1)
    #expect(one.weights(of: output).weights == expected && one.sources == sources)
  }

  struct Case: Decodable {
    let seed: UInt64
    let height: Int
    let width: Int
    let resize: Int?
    let crop: Int?
    let newHeight: Int
    let newWidth: Int
    let sum: Int
    let crc: UInt32
  }

  @Test func `random sizes give the bytes of torchvision with Pillow`() throws {
    let cases: [Case] = try fixtureValue("resampling.json")
    #expect(cases.count == 174)
    for fixture in cases {
      let picture = noise(height: fixture.height, width: fixture.width, seed: fixture.seed)
      let preparation = Preparation(resize: fixture.resize, crop: fixture.crop)
      let size = try #require(
        preparation.preparedSize(height: fixture.height, width: fixture.width))
      #expect(size == (fixture.newHeight, fixture.newWidth))
      let prepared = try #require(preparation(picture))
      #expect(
        Summary(prepared)
          == Summary(fixture.newHeight, fixture.newWidth, fixture.sum, fixture.crc),
        "\(fixture)")
    }
  }

  @Test func `a picture smaller than the crop is not prepared, and no preparation changes nothing`()
  {
    let picture = noise(height: 9, width: 7)
    #expect(Preparation(crop: 8)(picture) == nil)
    #expect(Preparation(crop: 7)(picture)?.width == 7)
    #expect(Preparation()(picture) == picture)
    #expect(Preparation(resize: 7)(picture) == picture)
    // A strip is cropped without being resized as a whole, which would take 200 gigabytes.
    let strip = noise(height: 1, width: 16_384)
    let middle = Preparation(resize: 4096, crop: 3)(strip)
    #expect(middle?.height == 3 && middle?.width == 3)
  }

  @Test func `flat pictures stay flat, and none is beyond its source`() throws {
    for level in [UInt8(0), 1, 127, 254, 255] {
      let flat = Image(height: 61, width: 43, pixels: Array(repeating: level, count: 61 * 43 * 3))
      for side in [1, 2, 17, 42, 44, 97] {
        let resized = try #require(Preparation(resize: side, crop: side)(flat))
        #expect(resized.pixels.allSatisfy { $0 == level }, "\(level) at \(side)")
      }
    }
  }
}
