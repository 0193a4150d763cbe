import Corruptions
import Foundation
import Images
import Tensors

/// Results of the published functions for the test image, with the test generator restarted before
/// each image: the sum of the bytes and their CRC-32, at severities 1 to 5.
///
/// From the functions of hendrycks/robustness on numpy 1.14.0, scipy 1.0.0, scikit-image 0.13.1,
/// OpenCV 3.4.2 and Pillow 5.0.0; `jpeg_compression` with libjpeg-turbo; `motion_blur` and `snow`
/// with the rounding that ImageMagick had until October 2019.
enum ReferenceVectors {
  struct Cell: Equatable {
    let sum: Int
    let crc: UInt32
  }

  static let cifar = parse(
    """
    gaussian_noise     407255 0e51ebda  406811 c01bfe84  406422 ca762af9  406225 6c598f4d  406059 817fa544
    shot_noise         407443 d81a8734  407062 b05cd3d1  405927 febefc7e  405466 a738048f  404092 187fb386
    impulse_noise      410177 2beab3cf  412848 6460f638  412898 10d23e76  413288 0e60e36e  412812 4160d8b7
    speckle_noise      406827 4ace74f2  405487 a22fa956  404725 e153902f  402867 e4b23fb6  400686 9625a34a
    defocus_blur       408428 3baae0a5  408421 1646e7ae  408420 32ba7d16  408271 ca9bb625  409036 06422222
    gaussian_blur      408068 b9b7c529  408054 04ff021b  408066 47ecee1d  408088 0f625c93  408057 a0149f71
    glass_blur         409790 d51b4bb2  407111 d97417bd  406513 33a50b71  405373 a5acdef1  404884 0f6e3028
    motion_blur        409492 c8b2fb57  409541 2c5e8169  409315 c3630129  409315 c3630129  409156 93bb3620
    zoom_blur          407713 506a1680  408422 4830af4a  408840 601da518  409404 3472b5c1  409838 0ced36fa
    snow               441457 dbbd7485  483622 80332133  479925 29a6825b  520832 381f07c2  596775 d9b6e8bb
    frost              481654 56adf341  513723 1740b6e9  514015 ab1a1e44  497596 7496d387  479779 a02e361d
    fog                408243 184b07fe  408431 1cda26f5  409942 3d31ec47  413525 deee37b9  418452 7a33c720
    brightness         431456 9213ad98  451735 54f68a28  467927 07ffe543  480405 c8136f33  496039 6eeccb3c
    contrast           408192 cd4632e7  408320 fc25b1c1  407945 bf3d704d  408017 bf57e1b5  408101 6ba7146d
    elastic_transform  410477 fd7c0fff  410276 168010a5  410166 cc09cbf8  409536 d055b64c  408578 ca703280
    pixelate           409920 53d70774  410240 f699c9b6  410400 d50f5937  410880 2e66480f  411520 effe9607
    jpeg_compression   409684 a38ff301  409517 b8bd8abb  410781 6a9ff35c  410557 1eccd7e1  409491 01ecc65e
    saturate           562465 2b1ea627  606415 f319c0db  346891 88751d8a  328349 182b7867  326099 7607e38b
    spatter            412710 9bd0db12  417881 dfec540c  426763 c82049cf  398528 3e8e7a0d  390561 c86b8005
    """)

  static let tiny = parse(
    """
    gaussian_noise     1577358 25a0e9a6  1577795 f9193be6  1577951 3329f6bd  1577882 78b18cb6  1577732 53d71605
    shot_noise         1574068 876e903a  1569539 bbea9095  1562401 bd1ddeb8  1554616 9fb60971  1535253 c71ae7e5
    impulse_noise      1582528 b0451798  1583011 cdd57c97  1583717 99ad1644  1583146 eb7f38ec  1584693 31c5494d
    speckle_noise      1563081 015c5bf6  1553566 3aced807  1541835 e5a288b3  1528382 d24570b4  1513842 6e6301ab
    defocus_blur       1578542 71c8c52d  1581912 7cfb35bf  1580712 f7e04885  1577483 fe07fcce  1576887 490d5fbe
    gaussian_blur      1577199 f5a25bb9  1577215 5cdab806  1577238 8586d6ed  1577243 7cf51f61  1577330 3c008268
    glass_blur         1584541 3e605927  1571751 515fe723  1567688 8a0dde92  1573465 6a3706f1  1574182 6b1e9e11
    motion_blur        1582822 a70a90cc  1583273 e103509e  1582876 86a226d3  1582940 946a5a25  1583352 62df803d
    zoom_blur          1572782 b0346124  1570774 4d4919ab  1569280 67a5755f  1567522 1b5bb1ef  1565580 22217bfb
    snow               2049528 6d332587  2097354 6a1ee764  2300010 a251bd85  2477659 f9c4da68  2557289 80f331e9
    frost              2006202 e8ec371e  2014684 81bdf498  1950136 57c9605c  1951824 f83418c0  1950762 1396a8e6
    fog                1594226 b4988709  1601720 ef24f791  1613435 a9e9f64c  1636502 d18f2d09  1660086 662a400d
    brightness         1744759 8c61555e  1857287 722b4e30  1921632 4138e776  1953595 d3aca1f9  1965672 f523164e
    contrast           1577036 25ee5b10  1577051 cd86e9ec  1577421 f4479bad  1577396 dabf6a6e  1577205 00fe6d4e
    elastic_transform  1600265 5b7585af  1600114 1cc52887  1598993 ef4f15f6  1593496 dae0dcdb  1589682 d6b2f7d9
    pixelate           1585600 3eb63eb9  1587520 412c7b4b  1589760 d9a7e7d4  1591680 f6f8306d  1593600 09b22c5d
    jpeg_compression   1584338 e6db2e1c  1584300 ac659e36  1584942 b3d36461  1583030 da77c904  1580116 7b7cc90f
    saturate           2218024 bf7e3872  2400313 e3d9a6e9  1279345 3660e6c1  1254396 0012c051  1254396 0012c051
    spatter            1594229 8608afb6  1616793 b13f5778  1665897 f4cbe100  1524842 49264678  1486986 60656f89
    """)

  /// Row 16, columns 14 to 17 (R, G, B) of the test image of side 32 at severity 3.
  static let pixels: [String: String] = [
    "gaussian_noise": "180,22,61 · 200,47,101 · 136,175,53 · 168,223,47",
    "shot_noise": "175,10,66 · 204,12,86 · 130,196,38 · 124,255,43",
    "impulse_noise": "182,5,84 · 185,11,93 · 128,213,42 · 131,219,51",
    "speckle_noise": "180,5,72 · 201,13,97 · 134,165,44 · 160,225,49",
    "defocus_blur": "172,66,74 · 168,65,76 · 144,158,58 · 140,186,60",
    "gaussian_blur": "168,80,70 · 164,78,72 · 148,146,62 · 144,175,64",
    "glass_blur": "169,219,66 · 128,181,35 · 124,187,33 · 136,195,55",
    "motion_blur": "150,103,58 · 183,12,97 · 165,87,85 · 165,102,91",
    "zoom_blur": "151,109,51 · 153,96,59 · 137,164,48 · 153,128,70",
    "snow": "186,27,98 · 190,33,107 · 153,229,75 · 156,235,84",
    "frost": "198,48,128 · 175,31,118 · 132,225,88 · 142,242,112",
    "fog": "149,48,93 · 147,48,95 · 109,158,60 · 115,165,69",
    "brightness": "220,6,101 · 223,13,112 · 150,251,49 · 152,255,59",
    "contrast": "157,78,111 · 158,81,115 · 136,162,94 · 137,164,98",
    "elastic_transform": "189,27,93 · 164,125,76 · 138,225,56 · 140,230,64",
    "pixelate": "150,101,52 · 155,110,66 · 155,110,66 · 159,119,79",
    "jpeg_compression": "153,63,3 · 140,50,0 · 198,168,72 · 178,185,82",
    "saturate": "182,0,81 · 185,0,87 · 107,213,0 · 104,219,0",
    "spatter": "182,5,84 · 185,11,93 · 128,213,42 · 131,219,51",
  ]

  static func parse(_ table: String) -> [String: [Cell]] {
    var cells: [String: [Cell]] = [:]
    for line in table.split(separator: "\n") {
      let words = line.split(separator: " ")
      cells[String(words[0])] = stride(from: 1, to: words.count, by: 2).compactMap { column in
        guard let sum = Int(words[column]), let crc = UInt32(words[column + 1], radix: 16) else {
          return nil
        }
        return Cell(sum: sum, crc: crc)
      }
    }
    return cells
  }
}

extension Image {
  /// The test image: steep ramps, different in each channel, and a checkerboard pattern.
  static func test(side: Int) -> Image { test(height: side, width: side) }

  /// The test image of any size.
  static func test(height: Int, width: Int) -> Image {
    var image = Image(
      height: height, width: width, pixels: [UInt8](repeating: 0, count: height * width * 3))
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 {
          let level = 5 * y + 3 * x * (c + 1) + 37 * c + 60 * ((x / 4 + y / 4) % 2)
          image[y, x, c] = UInt8(truncatingIfNeeded: level)
        }
      }
    }
    return image
  }

  /// The picture that replaces all frost textures.
  static let testFrost: Image = {
    let (height, width) = (350, 527)
    var image = Image(
      height: height, width: width, pixels: [UInt8](repeating: 0, count: height * width * 3))
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 {
          let level = 3 * y + 2 * x * (c + 1) + 5 * (x * y % 17)
          image[y, x, c] = UInt8(truncatingIfNeeded: level)
        }
      }
    }
    return image
  }()

  /// An image of one gray level.
  static func flat(_ level: UInt8, side: Int) -> Image {
    Image(
      height: side, width: side, pixels: [UInt8](repeating: level, count: side * side * 3))
  }

  var cell: ReferenceVectors.Cell {
    ReferenceVectors.Cell(sum: pixels.reduce(0) { $0 + Int($1) }, crc: crc32(pixels))
  }
}

extension FrostTextures {
  static let test = FrostTextures(
    images: [Image](repeating: .testFrost, count: 5), areSubstitutes: false)
}

/// CRC-32, as zlib and PNG have it.
private func crc32(_ bytes: [UInt8]) -> UInt32 {
  var rest = UInt32.max
  for byte in bytes {
    rest ^= UInt32(byte)
    for _ in 0..<8 {
      rest = rest % 2 == 0 ? rest / 2 : (rest / 2) ^ 0xEDB8_8320
    }
  }
  return ~rest
}

/// The linear congruential generator that the reference vectors were made with.
struct TestGenerator: RandomSource {
  private var state: UInt32 = 12345

  mutating func nextUniform() -> Double {
    state = state &* 1_664_525 &+ 1_013_904_223
    return Double(state >> 8) / 0x1p24
  }

  /// The sum of twelve uniform numbers, less 6.
  mutating func nextNormal() -> Double {
    (0..<12).reduce(0) { sum, _ in sum + nextUniform() } - 6
  }

  mutating func nextPoisson(rate: Double) -> Int {
    let u = nextUniform()
    var count = 0
    var probability = exp(-rate)
    var cumulative = probability
    while u > cumulative {
      count += 1
      probability *= rate / Double(count)
      cumulative += probability
    }
    return count
  }
}
