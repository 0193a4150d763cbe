import Datasets
import Foundation
import Images
import Loading
import Tensors
import TestSupport
import Testing

/// The labels of mixed images whose features are mixed again.
struct LabelCorrectionTests {
  static func mask(_ side: Int, _ isInside: (Int, Int) -> Bool) -> MixingMask {
    let positions = (0..<side).flatMap { row in (0..<side).map { (row, $0) } }
    return MixingMask(
      .spatial, size: .init(height: side, width: side, channels: 1),
      values: positions.map { isInside($0, $1) ? 1 : 0 })
  }

  static func mixing(_ mask: MixingMask) -> Mixing {
    let rest = MixingMask(mask.extent, size: mask.size, values: mask.values.map { 1 - $0 })
    return Mixing(masks: [mask, rest], ratios: [mask.mean, 1 - mask.mean])
  }

  @Test func `labels count what the member's mask lets through`() {
    // The first image has the left half; the member has the upper left 4×4 pixels and one more row.
    let images = Self.mixing(Self.mask(8) { _, column in column < 4 })
    let member = Self.mask(8) { row, column in (row < 4 && column < 4) || (row == 4 && column < 8) }
    let corrected = images.corrected(by: member)
    // 20 of the member's 24 pixels; 10⁻⁸ is added to the mean of ⅜.
    expectClose(corrected.ratios, [20 / 24.0, 4 / 24.0], absolute: 1e-7)
    #expect(corrected.masks == images.masks)
  }

  @Test func `the minor image and the major one swap roles`() {
    let images = Self.mixing(Self.mask(8) { _, column in column >= 4 })
    let member = Self.mask(8) { row, column in (row < 4 && column < 4) || (row == 4 && column < 8) }
    let corrected = images.corrected(by: member)
    expectClose(corrected.ratios, [20 / 24.0, 4 / 24.0], absolute: 1e-7)  // as above
    #expect(corrected.masks == images.masks.reversed())
  }

  @Test func `a member that sees half the resolution averages squares`() {
    // Columns 0…2 of 8: the halved mask is 1, ½, 0, 0. The member sees columns 0 and 1 of 4.
    let images = Self.mixing(Self.mask(8) { _, column in column < 3 })
    let member = Self.mask(4) { _, column in column < 2 }
    let corrected = images.corrected(by: member)
    expectClose(corrected.ratios, [0.75, 0.25], absolute: 1e-7)  // 10⁻⁸ is added to the mean of ½
    #expect(corrected.ratios.reduce(0, +) == 1)
  }

  @Test func `a member that sees nothing keeps finite labels`() {
    let images = Self.mixing(Self.mask(8) { _, column in column < 3 })
    #expect(images.corrected(by: Self.mask(8) { _, _ in false }).ratios == [0, 0])
    #expect(images.corrected(by: Self.mask(4) { _, _ in false }).ratios == [1, 0])
  }

  @Test func `channels of both masks count by their means`() {
    let size = MixingMask.Size(height: 2, width: 2, channels: 3)
    let images = Self.mixing(MixingMask(.channel, size: size, values: [1, 1, 0]))
    let member = MixingMask(
      .full, size: size, values: [0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0])
    // Every pixel has ⅔ of the first image.
    expectClose(images.corrected(by: member).ratios, [2 / 3.0, 1 / 3.0], absolute: 1e-7)
  }

  /// Red images of class 0 and green ones of class 1.
  static func colors(side: Int) -> InMemoryDataset {
    let colors: [[UInt8]] = [[255, 0, 0], [0, 255, 0]]
    return InMemoryDataset(
      name: "colors", classCount: 2, imageSide: side, labels: (0..<16).map { $0 % 2 },
      images: (0..<16).map { index in
        Image(
          height: side, width: side,
          pixels: (0..<side * side).flatMap { _ in colors[index % 2] })
      })
  }

  /// The class of each row of two stacked images; nil if their border is not visible.
  static func rowClasses(_ pixels: [Float], side: Int) -> [Int]? {
    // A central column is never padding; the first and last four rows of each image may be.
    let seen = (0..<side).map { row -> Int? in
      let start = (row * side + side / 2) * 3
      return [0, 1].first { pixels[start + $0] > 0 }
    }
    guard let upper = seen.compactMap({ $0 }).first, let border = seen.firstIndex(of: 1 - upper),
      seen[border - 1] == upper
    else { return nil }
    return (0..<side).map { $0 < border ? upper : 1 - upper }
  }

  @Test(arguments: [(DatasetKind.cifar10, 2), (.cifar10, 3), (.tinyimagenet200, 2)])
  func `targets are what each member's own mask lets through`(
    kind: DatasetKind, members: Int
  ) throws {
    let side = kind.imageSide
    let factor = side / 32
    let dataset = Self.colors(side: side)
    let loader = try DataLoaderTests.loader(
      members: members, wrapper: MSDATests.wrapper(.stackhorizontal, mixmo: .cutmix),
      repetitions: 1, dataset: dataset, kind: kind,
      maskSize: .init(height: 32, width: 32, channels: 4))
    var checked = 0
    for step in 0..<20 {
      let indices = loader.sampler.epoch(1 + step / 2).imageIndices(at: step % 2)
      let batch = try loader.epoch(1 + step / 2).batch(at: step % 2)
      for position in 0..<8 {
        let masks = batch.masks.map { DataLoaderTests.row($0, position).map(Double.init) }
        let means = masks.map { $0.reduce(0, +) / 1024 }
        let roots = means.map { cbrt($0) }
        for member in 0..<members {
          let pixels = DataLoaderTests.row(batch.images[member], position)
          guard let classes = Self.rowClasses(pixels, side: side) else { continue }
          var through = [0.0, 0.0]
          for pixel in 0..<1024 {
            for y in 0..<factor {
              through[classes[pixel / 32 * factor + y]] += masks[member][pixel] / Double(factor)
            }
          }
          let weight = Double(members) * roots[member] / roots.reduce(0, +)
          let expected = through.map { weight * $0 / 1024 / (means[member] + 1e-8) }
          let target = DataLoaderTests.row(batch.targets[member], position).map(Double.init)
          // 10⁻⁸ is added to a mask's mean of at least 1/1024, and λ₁ may be 1 − λ₀; roundings to
          // Float.
          expectClose(target, expected, absolute: 2e-5 * weight + 0x1p-22)
          let label = dataset.labels[indices[member][position]]
          #expect(target[label] >= target[1 - label] - 2e-5 * weight)
          checked += 1
        }
      }
    }
    // About half of the pairs have two classes, and three quarters of those a visible border.
    #expect(checked > 40 * members)
  }
}
