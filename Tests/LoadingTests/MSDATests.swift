import Datasets
import Images
import Loading
import Tensors
import TestSupport
import Testing

struct MSDATests {
  /// The gray of each class: a central pixel shows the class whatever the crop.
  static let grays: [UInt8] = [20, 80, 140, 200, 250]
  static let dataset = InMemoryDataset(
    name: "grays", classCount: 5, imageSide: 16, labels: (0..<40).map { $0 % 5 },
    images: (0..<40).map {
      Image(height: 16, width: 16, pixels: .init(repeating: grays[$0 % 5], count: 768))
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
    -> MixMoBatch
  {
    try DataLoaderTests.loader(
      members: members, wrapper: wrapper, repetitions: 1, dataset: dataset, kind: .tinyimagenet200
    ).epoch(1).batch(at: 0)
  }

  /// The normalized gray of each class.
  static let normalized = grays.map { (Double($0) / 255 - 0.5) / 0.5 }

  @Test func `mixup mixes pixels and labels alike`() throws {
    let batch = try Self.batch(Self.wrapper(.mixup))
    var mixed = 0
    for position in 0..<8 {
      let target = DataLoaderTests.row(batch.targets[0], position).map { Double($0) }
      let pixels = DataLoaderTests.row(batch.images[0], position)
      // Three roundings of numbers up to 1.
      expectClose(target.reduce(0, +), 1, absolute: 3 * 0x1p-24)
      let expected = zip(target, Self.normalized).reduce(0) { $0 + $1.0 * $1.1 }
      expectClose(Double(pixels[(8 * 16 + 8) * 3]), expected, absolute: 3 * 0x1p-24)
      mixed += target.contains(1) ? 0 : 1
    }
    #expect(mixed > 0)
  }

  @Test func `cutmix mixes labels by the area of its box`() throws {
    let batch = try Self.batch(Self.wrapper(.cutmix))
    for position in 0..<8 {
      let target = DataLoaderTests.row(batch.targets[0], position)
      #expect(target.reduce(0, +) == 1)
      #expect(target.allSatisfy { ($0 * 256).rounded() == $0 * 256 })
      let pixel = DataLoaderTests.row(batch.images[0], position)[(8 * 16 + 8) * 3]
      let distances = Self.normalized.map { abs($0 - Double(pixel)) }
      // The pixel belongs to one of the two images; its normalization is rounded a few times.
      let label = try #require(distances.indices.first { distances[$0] < 4 * 0x1p-24 })
      #expect(target[label] > 0)
    }
  }

  @Test func `images are mixed with the given probability`() throws {
    func mixedShare(_ probability: Double) throws -> Double {
      let loader = try DataLoaderTests.loader(
        members: 1, wrapper: Self.wrapper(.mixup, probability: probability), repetitions: 1,
        dataset: Self.dataset)
      var mixed = 0
      for epoch in 1...20 {
        for step in 0..<5 {
          let targets = try loader.epoch(epoch).batch(at: step).targets[0]
          mixed += (0..<8).count { DataLoaderTests.row(targets, $0).max() ?? 0 < 1 }
        }
      }
      return Double(mixed) / 800
    }
    #expect(try mixedShare(0) == 0)
    // Four fifths of the second images have another class: five standard errors of 0.4 and 0.8.
    expectClose(try mixedShare(0.5), 0.4, absolute: 5 * 0.0174)
    expectClose(try mixedShare(1), 0.8, absolute: 5 * 0.0142)
  }

  @Test func `without beta both images have half`() throws {
    let batch = try Self.batch(Self.wrapper(.mixup, beta: 0))
    for position in 0..<8 {
      let target = DataLoaderTests.row(batch.targets[0], position)
      #expect(target.allSatisfy { [0, 0.5, 1].contains($0) })
    }
  }

  /// Forty images, each of a class of its own.
  static let distinct = InMemoryDataset.random(count: 40, classCount: 40, side: 16)

  /// The images in one member's input.
  struct Mixed {
    var index: Int
    /// The index of the second image; nil if there is none, or if it is the first one again.
    var other: Int?
    /// The target of the first image.
    var share: Double
  }

  /// The inputs of 4000 samples, `[sample][member]`.
  static func mixed(_ wrapper: DatasetWrapperConfiguration, members: Int) throws -> [[Mixed]] {
    let loader = try DataLoaderTests.loader(
      members: members, wrapper: wrapper, repetitions: 1, dataset: distinct)
    return try (0..<500).flatMap { step in
      let indices = loader.sampler.epoch(1 + step / 5).imageIndices(at: step % 5)
      let targets = try loader.epoch(1 + step / 5).batch(at: step % 5).targets
      return (0..<8).map { position in
        (0..<members).map { member in
          let target = DataLoaderTests.row(targets[member], position)
          let index = indices[member][position]
          return Mixed(
            index: index, other: target.indices.first { $0 != index && target[$0] > 0 },
            share: Double(target[index]))
        }
      }
    }
  }

  @Test(arguments: [1, 2, 4])
  func `the second image is uniform and the first one's share beta`(parameter: Int) throws {
    let mixed = try Self.mixed(Self.wrapper(.mixup, beta: Double(parameter)), members: 1).map(\.[0])
    expectEven(mixed.map { $0.other ?? $0.index }, kinds: 40)
    expectEven(mixed.map { (($0.other ?? $0.index) - $0.index + 40) % 40 }, kinds: 40, "relative")
    let shares = mixed.filter { $0.other != nil }.map(\.share)
    expectSample(shares, follows: beta(parameter, parameter))
  }

  @Test func `members are mixed independently`() throws {
    let wrapper = Self.wrapper(.mixup, probability: 0.5, mixmo: .mixup, alpha: 0)
    let samples = try Self.mixed(wrapper, members: 2)
    let patterns = samples.map { $0.map { $0.other == nil ? 0 : 1 } }
    let counts = [[0, 0], [0, 1], [1, 0], [1, 1]].map { pattern in
      patterns.count { $0 == pattern }
    }
    // An image is mixed with another one if a draw says so and the other one is not the same image.
    let share = 0.5 * 39 / 40
    expectCounts(
      counts,
      shares: [(1 - share) * (1 - share), (1 - share) * share, share * (1 - share), share * share])
    let both = samples.filter { $0.allSatisfy { $0.other != nil } }
    let distances = both.map { $0.map { (($0.other ?? 0) - $0.index + 40) % 40 } }
    let equal = Double(distances.count { $0[0] == $0[1] }) / Double(both.count)
    // Five standard errors of a share 1/39.
    expectClose(equal, 1 / 39.0, absolute: 5 * (38 / 1521.0 / Double(both.count)).squareRoot())
    #expect(both.allSatisfy { $0[0].share != $0[1].share })
  }

  @Test func `the second image has its own crop and flip`() throws {
    // The upper half of the rows belongs to one image, the lower half to the other.
    let copies = DataLoaderTests.copies
    let known = try DataLoaderTests.augmentations(copies.images[0], .cifar10)
    let upper = Dictionary(uniqueKeysWithValues: known.map { (Array($0.prefix(384)), $1) })
    let lower = Dictionary(uniqueKeysWithValues: known.map { (Array($0.suffix(384)), $1) })
    let loader = try DataLoaderTests.loader(
      members: 1, wrapper: Self.wrapper(.stackhorizontal, beta: 0), repetitions: 1,
      dataset: copies)
    var draws: [[CropAndFlip.Draw]] = []
    for step in 0..<500 {
      let batch = try loader.epoch(1 + step / 5).batch(at: step % 5)
      for position in 0..<8 {
        let pixels = DataLoaderTests.row(batch.images[0], position)
        draws.append([
          try #require(upper[Array(pixels.prefix(384))]),
          try #require(lower[Array(pixels.suffix(384))]),
        ])
      }
    }
    for half in 0..<2 { expectEven(draws.map { $0[half] }, kinds: 162) }
    // Five standard errors of a share 1/162 of 4000.
    let equal = Double(draws.count { $0[0] == $0[1] }) / 4000
    expectClose(equal, 1 / 162.0, absolute: 5 * 0.00124)
  }

  @Test(arguments: [MixingMask.Extent.spatial, .channel, .full])
  func `images are blended position by position`(extent: MixingMask.Extent) {
    let size = MixingMask.Size(height: 4, width: 5, channels: 3)
    let count = extent.shape(size).reduce(1, *)
    let mask = MixingMask(
      extent, size: size, values: (0..<count).map { Float($0) / Float(count - 1) })
    let (first, second) = ((0..<60).map { Float($0) }, (0..<60).map { 100 - 3 * Float($0) })
    let blend = LabelCorrectionTests.mixing(mask).blend(first, second)
    let positions = MixingMethodTests.positions(size)
    let expected = positions.enumerated().map { index, position in
      let share = mask[position.row, position.column, position.channel]
      return share * first[index] + (1 - share) * second[index]
    }
    expectClose(blend, expected, absolute: 4 * 100 * 0x1p-24)  // four roundings of up to 100
  }

  @Test func `with MixMo the sampled image stays the major one`() throws {
    let loader = try DataLoaderTests.loader(
      members: 2, wrapper: Self.wrapper(.cutmix, mixmo: .cutmix), repetitions: 1,
      dataset: Self.dataset)
    for step in 0..<5 {
      let indices = loader.sampler.epoch(1).imageIndices(at: step)
      let batch = try loader.epoch(1).batch(at: step)
      for member in 0..<2 {
        for (position, index) in indices[member].enumerated() {
          let target = DataLoaderTests.row(batch.targets[member], position)
          // Roundings of the ratios, and 10⁻⁸ added to a mask's mean of at least 1/256.
          let half = target.reduce(0, +) / 2 * (1 - 1e-5)
          #expect(target[Self.dataset.labels[index]] >= half)
        }
      }
    }
  }

  @Test(arguments: MixingMethod.allCases, MixingMethod.allCases)
  func `every pair of methods makes batches`(mixmo: MixingMethod, msda: MixingMethod) throws {
    let batch = try Self.batch(Self.wrapper(msda, mixmo: mixmo), members: 2)
    let shape = [8] + mixmo.extent.shape(DataLoaderTests.maskSize)
    #expect(batch.masks.map(\.shape) == [shape, shape])
    for (first, second) in zip(batch.masks[0].values, batch.masks[1].values) {
      expectClose(first + second, 1, absolute: 0x1p-24)  // one rounding of 1 − mask
    }
    let tensors = batch.images + batch.targets
    #expect(tensors.allSatisfy { $0.values.allSatisfy(\.isFinite) })
    let sums = (0..<8).map { position in
      batch.targets.reduce(Float(0)) {
        $0 + DataLoaderTests.row($1, position).reduce(0, +)
      }
    }
    // The weights sum to M; roundings, and 10⁻⁸ added to a mask's mean of at least 1/256.
    expectClose(sums, .init(repeating: 2, count: 8), absolute: 1e-5)
  }
}
