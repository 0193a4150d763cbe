import Datasets
import Images
import Tensors
import TestSupport
import Testing

struct MSDATests {
  /// Images of one grey for each class, so that a central pixel tells the class whatever the crop.
  static let greys: [UInt8] = [20, 80, 140, 200, 250]
  static let dataset = InMemoryDataset(
    name: "greys", classCount: 5, imageSide: 16, labels: (0..<40).map { $0 % 5 },
    images: (0..<40).map {
      Image(height: 16, width: 16, pixels: .init(repeating: greys[$0 % 5], count: 768))
    })

  static func wrapper(
    _ method: MixingMethod?, probability: Double = 1, beta: Double = 1,
    mixmo: MixingMethod? = nil, alpha: Double = 2
  ) -> DatasetWrapperConfiguration {
    DatasetWrapperConfiguration(
      mixmo: .init(mixMethod: .init(method: mixmo), alpha: alpha),
      msda: .init(beta: beta, probability: probability, method: method))
  }

  static func batch(_ wrapper: DatasetWrapperConfiguration, members: Int = 1) throws
    -> TrainingBatch
  {
    try TrainingBatchesTests.batches(
      members: members, wrapper: wrapper, repetitions: 1, dataset: dataset, kind: .tinyimagenet200
    ).epoch(1).batch(at: 0)
  }

  /// The normalised grey of each class.
  static let normalised = greys.map { (Double($0) / 255 - 0.5) / 0.5 }

  @Test func `mixup mixes pixels and labels alike`() throws {
    let batch = try Self.batch(Self.wrapper(.mixup))
    var mixed = 0
    for position in 0..<8 {
      let target = TrainingBatchesTests.row(batch.targets[0], position).map { Double($0) }
      let pixels = TrainingBatchesTests.row(batch.images[0], position)
      // Three roundings of numbers up to 1.
      expectClose(target.reduce(0, +), 1, absolute: 3 * 0x1p-24)
      let expected = zip(target, Self.normalised).reduce(0) { $0 + $1.0 * $1.1 }
      expectClose(Double(pixels[(8 * 16 + 8) * 3]), expected, absolute: 3 * 0x1p-24)
      mixed += target.contains(1) ? 0 : 1
    }
    #expect(mixed > 0)
  }

  @Test func `cutmix mixes labels by the area of its box`() throws {
    let batch = try Self.batch(Self.wrapper(.cutmix))
    for position in 0..<8 {
      let target = TrainingBatchesTests.row(batch.targets[0], position)
      #expect(target.reduce(0, +) == 1)
      #expect(target.allSatisfy { ($0 * 256).rounded() == $0 * 256 })
      let pixel = TrainingBatchesTests.row(batch.images[0], position)[(8 * 16 + 8) * 3]
      let distances = Self.normalised.map { abs($0 - Double(pixel)) }
      // The pixel belongs to one of the two images; its normalisation is rounded a few times.
      let label = try #require(distances.indices.first { distances[$0] < 4 * 0x1p-24 })
      #expect(target[label] > 0)
    }
  }

  @Test func `images are mixed with the given probability`() throws {
    func mixedShare(_ probability: Double) throws -> Double {
      let batches = try TrainingBatchesTests.batches(
        members: 1, wrapper: Self.wrapper(.mixup, probability: probability), repetitions: 1,
        dataset: Self.dataset)
      var mixed = 0
      for epoch in 1...20 {
        for step in 0..<5 {
          let targets = try batches.epoch(epoch).batch(at: step).targets[0]
          mixed += (0..<8).count { TrainingBatchesTests.row(targets, $0).max() ?? 0 < 1 }
        }
      }
      return Double(mixed) / 800
    }
    #expect(try mixedShare(0) == 0)
    // Of the second images four fifths are of another class: five standard errors of 0.4 and 0.8.
    expectClose(try mixedShare(0.5), 0.4, absolute: 5 * 0.0174)
    expectClose(try mixedShare(1), 0.8, absolute: 5 * 0.0142)
  }

  @Test func `without beta both images have half`() throws {
    let batch = try Self.batch(Self.wrapper(.mixup, beta: 0))
    for position in 0..<8 {
      let target = TrainingBatchesTests.row(batch.targets[0], position)
      #expect(target.allSatisfy { [0, 0.5, 1].contains($0) })
    }
  }

  static func mask(_ side: Int, _ isInside: (Int, Int) -> Bool) -> MixingMask {
    let places = (0..<side).flatMap { row in (0..<side).map { (row, $0) } }
    return MixingMask(
      .spatial, size: .init(height: side, width: side, channels: 1),
      values: places.map { isInside($0, $1) ? 1 : 0 })
  }

  static func mixing(_ mask: MixingMask) -> Mixing {
    let rest = MixingMask(mask.extent, size: mask.size, values: mask.values.map { 1 - $0 })
    return Mixing(masks: [mask, rest], proportions: [mask.mean, 1 - mask.mean])
  }

  @Test func `labels count what the member's mask lets through`() {
    // The first image has the left half, the member the upper left 4×4 and one row more: 5 of 9.
    let images = Self.mixing(Self.mask(8) { _, column in column < 4 })
    let member = Self.mask(8) { row, column in (row < 4 && column < 4) || (row == 4 && column < 8) }
    let corrected = images.corrected(by: member)
    // 20 of 24 pixels of the member; 10⁻⁸ beside the mean of ⅜.
    expectClose(corrected.proportions, [20 / 24.0, 4 / 24.0], absolute: 1e-7)
    #expect(corrected.masks == images.masks)
  }

  @Test func `the minor image and the major one swap roles`() {
    let images = Self.mixing(Self.mask(8) { _, column in column >= 4 })
    let member = Self.mask(8) { row, column in (row < 4 && column < 4) || (row == 4 && column < 8) }
    let corrected = images.corrected(by: member)
    expectClose(corrected.proportions, [20 / 24.0, 4 / 24.0], absolute: 1e-7)  // as above
    #expect(corrected.masks == images.masks.reversed())
  }

  @Test func `a member that sees half the resolution averages squares`() {
    // Columns 0…2 of 8: the halved mask is 1, ½, 0, 0. The member sees columns 0 and 1 of 4.
    let images = Self.mixing(Self.mask(8) { _, column in column < 3 })
    let member = Self.mask(4) { _, column in column < 2 }
    let corrected = images.corrected(by: member)
    expectClose(corrected.proportions, [0.75, 0.25], absolute: 1e-7)  // 10⁻⁸ beside the mean of ½
    #expect(corrected.proportions.reduce(0, +) == 1)
  }

  @Test func `a member that sees nothing keeps finite labels`() {
    let images = Self.mixing(Self.mask(8) { _, column in column < 3 })
    #expect(images.corrected(by: Self.mask(8) { _, _ in false }).proportions == [0, 0])
    #expect(images.corrected(by: Self.mask(4) { _, _ in false }).proportions == [1, 0])
  }

  @Test func `channels of both masks count by their means`() {
    let size = MixingMask.Size(height: 2, width: 2, channels: 3)
    let images = Self.mixing(MixingMask(.channel, size: size, values: [1, 1, 0]))
    let member = MixingMask(
      .full, size: size, values: [0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0])
    // Every pixel has ⅔ of the first image.
    expectClose(images.corrected(by: member).proportions, [2 / 3.0, 1 / 3.0], absolute: 1e-7)
  }

  @Test func `with MixMo the sampled image stays the major one`() throws {
    let batches = try TrainingBatchesTests.batches(
      members: 2, wrapper: Self.wrapper(.cutmix, mixmo: .cutmix), repetitions: 1,
      dataset: Self.dataset)
    for step in 0..<5 {
      let indices = batches.sampler.epoch(1).indices(at: step)
      let batch = try batches.epoch(1).batch(at: step)
      for member in 0..<2 {
        for (position, index) in indices[member].enumerated() {
          let target = TrainingBatchesTests.row(batch.targets[member], position)
          // Rounding of the shares and of 10⁻⁸ beside a mask's mean of at least 1/256.
          let half = target.reduce(0, +) / 2 * (1 - 1e-5)
          #expect(target[Self.dataset.labels[index]] >= half)
        }
      }
    }
  }

  @Test(arguments: MixingMethod.allCases, MixingMethod.allCases)
  func `every pair of methods makes batches`(mixmo: MixingMethod, msda: MixingMethod) throws {
    let batch = try Self.batch(Self.wrapper(msda, mixmo: mixmo), members: 2)
    let shape = [8] + mixmo.extent.shape(TrainingBatchesTests.maskSize)
    #expect(batch.masks.map(\.shape) == [shape, shape])
    for (first, second) in zip(batch.masks[0].values, batch.masks[1].values) {
      expectClose(first + second, 1, absolute: 0x1p-24)  // one rounding of 1 − mask
    }
    let tensors = batch.images + batch.targets
    #expect(tensors.allSatisfy { $0.values.allSatisfy(\.isFinite) })
    let sums = (0..<8).map { position in
      batch.targets.reduce(Float(0)) {
        $0 + TrainingBatchesTests.row($1, position).reduce(0, +)
      }
    }
    // The weights sum to M; 10⁻⁸ beside a mask's mean of at least 1/256, and roundings.
    expectClose(sums, .init(repeating: 2, count: 8), absolute: 1e-5)
  }
}
