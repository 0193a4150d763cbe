import Datasets
import Foundation
import Images
import Loading
import Tensors
import TestSupport
import Testing

struct DataLoaderTests {
  static let maskSize = MixingMask.Size(height: 16, width: 16, channels: 4)
  static let dataset = InMemoryDataset.random(count: 40, classCount: 5, side: 16)

  static func loader(
    members: Int = 2, wrapper: DatasetWrapperConfiguration = cutMixMo, repetitions: Int = 2,
    shared: Double = 0, dataset: InMemoryDataset = dataset, kind: DatasetKind = .cifar10,
    maskSize: MixingMask.Size = maskSize, seed: UInt64 = 1, threads: Int = 2
  ) throws -> DataLoader {
    try DataLoader(
      of: dataset, kind, maskSize: maskSize,
      .init(
        wrapper: wrapper,
        sampler: .init(batchRepetitions: repetitions, inputRepetitionProbability: shared),
        batchSize: 8, memberCount: members, epochCount: 1000),
      seed: seed, workers: Workers(count: threads))
  }

  static let cutMixMo = DatasetWrapperConfiguration(
    mixmo: .init(mixMethod: .init(method: .cutmix, probability: 0.5)))

  static func bits(_ batch: MixMoBatch) -> [[UInt32]] {
    (batch.images + batch.masks + batch.targets).map { $0.values.map(\.bitPattern) }
  }

  /// The row at `position` of a tensor's first dimension.
  static func row(_ tensor: Tensor, _ position: Int) -> [Float] {
    let size = tensor.count / tensor.shape[0]
    return Array(tensor.values[position * size..<(position + 1) * size])
  }

  /// Every crop and flip of an image, normalized.
  static func augmentations(
    _ image: Image, _ kind: DatasetKind
  ) throws -> [[Float]: CropAndFlip.Draw] {
    let augmentation = kind.cropAndFlip
    let draws = (0...8).flatMap { row in
      (0...8).flatMap { column in
        [false, true].map { CropAndFlip.Draw(row: row, column: column, isFlipped: $0) }
      }
    }
    let batch = try Batch(
      labels: draws.map { _ in 0 }, side: image.height, normalization: kind.normalization,
      workers: Workers(count: 1)
    ) { augmentation.apply(draws[$0], to: image) }
    return Dictionary(
      uniqueKeysWithValues: draws.enumerated().map { (row(batch.images, $0), $1) })
  }

  @Test func `one member sees augmented images and one-hot targets`() throws {
    let loader = try Self.loader(members: 1, wrapper: .init(), repetitions: 1)
    let indices = loader.sampler.epoch(3).imageIndices(at: 2)
    let batch = try loader.epoch(3).batch(at: 2)
    #expect(batch.masks.isEmpty)
    #expect(batch.images.map(\.shape) == [[8, 16, 16, 3]])
    #expect(batch.targets.map(\.shape) == [[8, 5]])
    for (position, index) in indices[0].enumerated() {
      var oneHot = [Float](repeating: 0, count: 5)
      oneHot[Self.dataset.labels[index]] = 1
      #expect(Self.row(batch.targets[0], position) == oneHot)
      let possible = try Self.augmentations(Self.dataset.images[index], .cifar10)
      #expect(possible[Self.row(batch.images[0], position)] != nil)
    }
  }

  @Test(arguments: [2, 3])
  func `members see their images, masks and weighted targets`(members: Int) throws {
    let loader = try Self.loader(members: members)
    #expect(loader.epoch(1).count == 10)
    for step in [0, 9] {
      let indices = loader.sampler.epoch(1).imageIndices(at: step)
      let batch = try loader.epoch(1).batch(at: step)
      #expect(batch.images.map(\.shape) == Array(repeating: [8, 16, 16, 3], count: members))
      #expect(batch.masks.map(\.shape) == Array(repeating: [8, 16, 16], count: members))
      #expect(batch.targets.map(\.shape) == Array(repeating: [8, 5], count: members))
      for position in 0..<8 {
        var weights: [Double] = []
        var roots: [Double] = []
        for member in 0..<members {
          let index = indices[member][position]
          let possible = try Self.augmentations(Self.dataset.images[index], .cifar10)
          #expect(possible[Self.row(batch.images[member], position)] != nil)
          let target = Self.row(batch.targets[member], position)
          let weight = target[Self.dataset.labels[index]]
          #expect(target.reduce(0, +) == weight)
          weights.append(Double(weight))
          let mask = Self.row(batch.masks[member], position)
          roots.append(cbrt(mask.reduce(0) { $0 + Double($1) } / 256))
        }
        // Each weight is rounded to Float once; its mask's mean was taken in Double.
        let sum = roots.reduce(0, +)
        expectClose(weights, roots.map { Double(members) * $0 / sum }, absolute: 0x1p-22)
      }
    }
  }

  @Test func `all samples of a batch have its method and roles`() throws {
    let loader = try Self.loader(members: 3)
    var boxes: [Int] = []
    for step in 0..<600 {
      let batch = try loader.epoch(1 + step / 10).batch(at: step % 10)
      // Only the box is 0 or 1 everywhere; the other masks of cutmix are 0 inside it and between 0
      // and 1 outside.
      let isBox = batch.masks.map { mask in
        Set((0..<8).map { Set(Self.row(mask, $0)).isSubset(of: [0, 1]) })
      }
      #expect(isBox.allSatisfy { $0.count == 1 })
      let members = isBox.indices.filter { isBox[$0] == [true] }
      #expect(members.count <= 1)
      #expect(members.isEmpty || batch.masks.allSatisfy { $0.values.contains(0) })
      boxes += members
    }
    // Five standard errors of 600 even draws.
    expectClose(Double(boxes.count) / 600, 0.5, absolute: 5 * 0.0205)
    expectEven(boxes, kinds: 3)
  }

  @Test(arguments: [2, 3])
  func `members of MIMO share evenly`(members: Int) throws {
    let mixmo = MixMoConfiguration(mixMethod: .init(method: .mixup), alpha: 0, weightRoot: 1)
    let loader = try Self.loader(members: members, wrapper: .init(mixmo: mixmo))
    let batch = try loader.epoch(1).batch(at: 0)
    for member in 0..<members {
      #expect(batch.masks[member].values.allSatisfy { $0 == 1 / Float(members) })
      for (position, index) in loader.sampler.epoch(1).imageIndices(at: 0)[member].enumerated() {
        var oneHot = [Float](repeating: 0, count: 5)
        oneHot[Self.dataset.labels[index]] = 1
        #expect(Self.row(batch.targets[member], position) == oneHot)
      }
    }
  }

  /// Forty copies of one image, whose crops and flips are all different.
  static let copies = InMemoryDataset(
    name: "copies", classCount: 1, imageSide: 16, labels: .init(repeating: 0, count: 40),
    images: .init(repeating: dataset.images[0], count: 40))

  @Test func `every sample of every member has its own crop and flip`() throws {
    let loader = try Self.loader(repetitions: 8, shared: 1, dataset: Self.copies)
    let known = try Self.augmentations(Self.copies.images[0], .cifar10)
    let draws = try (1...15).map { epoch in
      try (0..<40).flatMap { step in
        let batch = try loader.epoch(epoch).batch(at: step)
        return try (0..<8).map { position in
          try batch.images.map { try #require(known[Self.row($0, position)]) }
        }
      }
    }  // [epoch][sample][member]
    expectEven(draws.joined().flatMap { $0 }, kinds: 162)

    func expectIndependent(_ pairs: [(CropAndFlip.Draw, CropAndFlip.Draw)], _ name: String) {
      // Five standard errors of a share 1/162 of the pairs.
      let error = (161 / 26244.0 / Double(pairs.count)).squareRoot()
      let equal = Double(pairs.count { $0.0 == $0.1 }) / Double(pairs.count)
      expectClose(equal, 1 / 162.0, absolute: 5 * error, name)
    }
    let samples = draws.flatMap { $0 }
    expectIndependent(samples.map { ($0[0], $0[1]) }, "members")
    expectIndependent(zip(samples, samples.dropFirst()).map { ($0[0], $1[0]) }, "samples")
    expectIndependent(zip(draws[0], draws[1]).map { ($0[0], $1[0]) }, "epochs")
  }

  @Test func `a batch has the same bits on any number of threads and in any order`() throws {
    let expected = Self.bits(try Self.loader(threads: 1).epoch(4).batch(at: 7))
    let other = try Self.loader(threads: 3)
    _ = try other.epoch(4).batch(at: 2)
    #expect(Self.bits(try other.epoch(4).batch(at: 7)) == expected)
    #expect(Self.bits(try other.epoch(4).batch(at: 6)) != expected)
    #expect(Self.bits(try other.epoch(5).batch(at: 7)) != expected)
    #expect(Self.bits(try Self.loader(seed: 2).epoch(4).batch(at: 7)) != expected)
  }

  @Test func `too few images for a batch are named`() {
    let dataset = InMemoryDataset.random(count: 3, side: 16)
    #expect {
      try Self.loader(dataset: dataset)
    } throws: {
      "\($0)" == "random: a batch needs at least 4 images, found 3"
    }
  }

  @Test func `members without a method are refused`() {
    #expect(throws: LoadingError.self) { try Self.loader(wrapper: .init()) }
  }
}
