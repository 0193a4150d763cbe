import Datasets
import Foundation
import Images
import Loading
import Tensors
import TestSupport
import Testing

struct AugMixTests {
  /// The two images of `Fixtures/augmix.py`, 24×32.
  static let images = [false, true].map { isDull in
    Image(
      height: 24, width: 32,
      pixels: (0..<24 * 32 * 3).map { index in
        let (row, column, channel) = (index / 96, index / 3 % 32, index % 3)
        let full = (row * 7 + column * 13 + channel * 29 + row * column) % 256
        return UInt8(isDull ? 90 + full % (7 + 9 * channel) : full)
      })
  }

  @Test(arguments: [0, 1])
  func `operations give the bytes of Pillow`(image: Int) throws {
    let bytes = try fixtureBytes("augmix.u8")
    let size = 24 * 32 * 3
    for (index, operation) in AugMixOperation.allCases.enumerated() {
      for (direction, isNegative) in [false, true].enumerated() {
        let start = ((image * 10 + index) * 2 + direction) * size
        let result = operation.apply(to: Self.images[image], isNegative: isNegative)
        #expect(result.pixels == Array(bytes[start..<start + size]), "\(operation) \(isNegative)")
      }
    }
  }

  @Test func `one gray stays as it is when equalized`() {
    let gray = Image(height: 32, width: 32, pixels: .init(repeating: 7, count: 3072))
    #expect(AugMixOperation.equalize.apply(to: gray, isNegative: false) == gray)
  }

  @Test func `the blend is convex in the chains and the image`() {
    let normalization = DatasetKind.cifar10.normalization
    let image = Self.images[0]
    let augmix = AugMix(
      weights: [0.5, 0.3, 0.2], blendShare: 0.4,
      chains: [
        [(.invert, false)], [(.rotate, true), (.posterize, false)],
        [(.shearX, false), (.translateY, true), (.solarize, false)],
      ])
    func apply(_ operations: [(AugMixOperation, Bool)]) -> [Double] {
      operations.reduce(image) { $1.0.apply(to: $0, isNegative: $1.1) }.pixels.map { Double($0) }
    }
    let parts = [
      (0.6, apply([])), (0.2, apply([(.invert, false)])),
      (0.12, apply([(.rotate, true), (.posterize, false)])),
      (0.08, apply([(.shearX, false), (.translateY, true), (.solarize, false)])),
    ]
    let mean = [0.4913725490196078, 0.4823529411764706, 0.4466666666666667]
    let deviation = [0.2023, 0.1994, 0.2010]
    let expected = image.pixels.indices.map { index in
      let value = parts.reduce(0) { $0 + $1.0 * $1.1[index] } / 255
      return (value - mean[index % 3]) / deviation[index % 3]
    }
    // About ten roundings of numbers below 3.
    let pixels = augmix.pixels(of: image, normalization).map(Double.init)
    expectClose(pixels, expected, absolute: 10 * 3 * 0x1p-24)
  }

  @Test func `draws are even over depths, operations and directions`() {
    let draws = (0..<3000).map { index in
      var random = RandomStream(seed: 1, purpose: "augmix", minor: index)
      return AugMix.draw(from: &random)
    }
    #expect(draws.allSatisfy { $0.chains.count == 3 && $0.weights.count == 3 })
    let chains = draws.flatMap(\.chains)
    for depth in 1...3 {
      // Five standard errors of a share ⅓ of 9000.
      let share = Double(chains.count { $0.count == depth }) / 9000
      expectClose(share, 1 / 3.0, absolute: 5 * 0.005)
    }
    let steps = chains.flatMap { $0 }
    for operation in AugMixOperation.allCases {
      // Five standard errors of a share of about 18000.
      let share = Double(steps.count { $0.operation == operation }) / Double(steps.count)
      expectClose(share, 0.1, absolute: 5 * 0.0023)
    }
    let negative = Double(steps.count(where: \.isNegative)) / Double(steps.count)
    expectClose(negative, 0.5, absolute: 5 * 0.0038)
  }

  @Test func `shares follow Dirichlet(1, 1, 1), the blend Beta(1, 1)`() {
    let draws = (0..<5000).map { index in
      var random = RandomStream(seed: 2, purpose: "augmix", minor: index)
      return AugMix.draw(from: &random)
    }
    expectSample(draws.map(\.blendShare), follows: beta(1, 1), "blend")
    for chain in 0..<3 { expectSample(draws.map { $0.weights[chain] }, follows: beta(1, 2)) }
    expectSample(draws.map { $0.weights[0] / ($0.weights[0] + $0.weights[1]) }, follows: beta(1, 1))
    // Two roundings of a sum of 1.
    #expect(draws.allSatisfy { abs($0.weights.reduce(0, +) - 1) <= 0x1p-51 })
  }

  /// Forty images of one gray.
  static func grays(_ gray: UInt8) -> InMemoryDataset {
    let image = Image(height: 16, width: 16, pixels: .init(repeating: gray, count: 768))
    return InMemoryDataset(
      name: "gray", classCount: 1, imageSide: 16, labels: .init(repeating: 0, count: 40),
      images: .init(repeating: image, count: 40))
  }

  @Test func `the padding of a crop is augmented too`() throws {
    let loader = try DataLoaderTests.loader(
      members: 1, wrapper: .init(augmentation: .augmix), repetitions: 1, dataset: Self.grays(255))
    // If AugMix came before the crop, padding would be black in all of the 81 crops but the central
    // one. After the crop, padding stays black where no chain inverts it, with probability
    // ((0.9 + 0.9² + 0.9³)/3)³, or where two inversions cancel: 0.56 of 400 crops together, seven
    // standard errors below 300.
    let black = (-0.4913725490196078 / 0.2023) * (1 - 1e-6)
    var shown = 0
    for step in 0..<50 {
      let batch = try loader.epoch(1 + step / 5).batch(at: step % 5)
      shown += (0..<8).count { position in
        let pixels = DataLoaderTests.row(batch.images[0], position)
        return stride(from: 0, to: 768, by: 3).contains { Double(pixels[$0]) < black }
      }
    }
    #expect(shown < 300, "\(shown) of 400")
  }

  @Test func `a repeated image has one draw in its batch`() throws {
    // Crops do not change black images but some operations do, so that the results show the draws.
    let loader = try DataLoaderTests.loader(
      members: 1, wrapper: .init(augmentation: .augmix), repetitions: 4, dataset: Self.grays(0))
    var results: [Int: Set<[Float]>] = [:]
    for step in 0..<20 {
      let indices = loader.sampler.epoch(1).imageIndices(at: step)[0]
      let batch = try loader.epoch(1).batch(at: step)
      for (position, index) in indices.enumerated() {
        results[index, default: []].insert(DataLoaderTests.row(batch.images[0], position))
      }
    }
    #expect(results.count == 40)
    #expect(results.values.allSatisfy { $0.count == 1 })
    #expect(Set(results.values).count > 1)
  }

  @Test func `members and epochs have their own draws`() throws {
    let wrapper = DatasetWrapperConfiguration(
      mixmo: .init(mixMethod: .init(method: .mixup)), augmentation: .augmix)
    let loader = try DataLoaderTests.loader(
      members: 2, wrapper: wrapper, repetitions: 1, shared: 1, dataset: Self.grays(0))
    var results: [Int: [[Float]]] = [:]
    for epoch in 1...2 {
      for step in 0..<5 {
        let indices = loader.sampler.epoch(epoch).imageIndices(at: step)[0]
        let batch = try loader.epoch(epoch).batch(at: step)
        for (position, index) in indices.enumerated() {
          results[index, default: []] += batch.images.map { DataLoaderTests.row($0, position) }
        }
      }
    }
    // Two results are equal where both draws leave black unchanged: 0.56² of 40 pairs, six standard
    // errors below 30.
    for (first, second) in [(0, 1), (0, 2)] {
      #expect(results.values.count { $0[first] == $0[second] } < 30)
    }
  }
}
