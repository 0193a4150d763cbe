import Datasets
import Images
import Loading
import Tensors
import TestSupport
import Testing

struct CropAndFlipTests {
  static let image = InMemoryDataset.random(count: 1, side: 9).images[0]

  @Test func `each draw is a window of the padded image, mirrored or not`() {
    let (side, padding) = (9, 4)
    let size = side + 2 * padding
    var padded = Image(
      height: size, width: size, pixels: .init(repeating: 0, count: size * size * 3))
    for row in 0..<side {
      for column in 0..<side {
        for channel in 0..<3 {
          padded[row + padding, column + padding, channel] = Self.image[row, column, channel]
        }
      }
    }
    let augmentation = CropAndFlip(padding: padding, flips: true)
    for row in 0...8 {
      for column in 0...8 {
        for isFlipped in [false, true] {
          var expected = Self.image
          for y in 0..<side {
            for x in 0..<side {
              for channel in 0..<3 {
                expected[y, isFlipped ? side - 1 - x : x, channel] =
                  padded[y + row, x + column, channel]
              }
            }
          }
          let draw = CropAndFlip.Draw(row: row, column: column, isFlipped: isFlipped)
          #expect(augmentation.apply(draw, to: Self.image) == expected)
        }
      }
    }
  }

  @Test func `flipping before cropping is the mirrored offset`() {
    let augmentation = CropAndFlip(padding: 4, flips: true)
    func apply(_ column: Int, _ isFlipped: Bool, _ image: Image) -> Image {
      augmentation.apply(.init(row: 2, column: column, isFlipped: isFlipped), to: image)
    }
    let flipped = augmentation.apply(.init(row: 4, column: 4, isFlipped: true), to: Self.image)
    for column in 0...8 {
      #expect(apply(column, false, flipped) == apply(8 - column, true, Self.image))
    }
  }

  @Test(arguments: [DatasetKind.cifar10, .cifar100, .tinyimagenet200])
  func `draws are uniform over offsets and flips`(kind: DatasetKind) {
    let augmentation = kind.cropAndFlip
    #expect(augmentation.padding == 4)
    let draws = (0..<20_000).map { index in
      var random = RandomStream(seed: 1, purpose: "crop", minor: index)
      return augmentation.draw(from: &random)
    }
    expectEven(draws, kinds: 9 * 9 * 2)
    #expect(draws.allSatisfy { (0...8).contains($0.row) && (0...8).contains($0.column) })
  }

  @Test func `digits are never mirrored`() {
    var random = RandomStream(seed: 1, purpose: "crop")
    let augmentation = DatasetKind.digits.cropAndFlip
    #expect((0..<100).allSatisfy { _ in !augmentation.draw(from: &random).isFlipped })
    #expect(augmentation.padding == 4)
  }
}
