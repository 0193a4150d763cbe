import Datasets
import Foundation
import Images
import Tensors
import TestSupport
import Testing

struct TrainingBatchesTests {
  static let maskSize = MixingMask.Size(height: 16, width: 16, channels: 4)
  static let dataset = InMemoryDataset.random(count: 40, classCount: 5, side: 16)

  static func batches(
    members: Int = 2, wrapper: DatasetWrapperConfiguration = cutMixMo, repetitions: Int = 2,
    dataset: InMemoryDataset = dataset, kind: DatasetKind = .cifar10, seed: UInt64 = 1,
    threads: Int = 2
  ) throws -> TrainingBatches {
    try TrainingBatches(
      of: dataset, kind, maskSize: maskSize,
      .init(
        wrapper: wrapper, sampler: .init(batchRepetitions: repetitions), batchSize: 8,
        memberCount: members, epochCount: 10),
      seed: seed, workers: Workers(count: threads))
  }

  static let cutMixMo = DatasetWrapperConfiguration(
    mixmo: .init(mixMethod: .init(method: .cutmix, probability: 0.5)))

  static func bits(_ batch: TrainingBatch) -> [[UInt32]] {
    (batch.images + batch.masks + batch.targets).map { $0.values.map(\.bitPattern) }
  }

  /// The row at `position` of a tensor's first dimension.
  static func row(_ tensor: Tensor, _ position: Int) -> [Float] {
    let size = tensor.count / tensor.shape[0]
    return Array(tensor.values[position * size..<(position + 1) * size])
  }

  /// Every crop and flip of an image, normalised.
  static func augmentations(_ image: Image, _ kind: DatasetKind) throws -> Set<[Float]> {
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
    return Set(draws.indices.map { row(batch.images, $0) })
  }

  @Test func `one member sees augmented images and one-hot targets`() throws {
    let batches = try Self.batches(members: 1, wrapper: .init(), repetitions: 1)
    let indices = batches.sampler.epoch(3).indices(at: 2)
    let batch = try batches.epoch(3).batch(at: 2)
    #expect(batch.masks.isEmpty)
    #expect(batch.images.map(\.shape) == [[8, 16, 16, 3]])
    #expect(batch.targets.map(\.shape) == [[8, 5]])
    for (position, index) in indices[0].enumerated() {
      var oneHot = [Float](repeating: 0, count: 5)
      oneHot[Self.dataset.labels[index]] = 1
      #expect(Self.row(batch.targets[0], position) == oneHot)
      let possible = try Self.augmentations(Self.dataset.images[index], .cifar10)
      #expect(possible.contains(Self.row(batch.images[0], position)))
    }
  }

  @Test(arguments: [2, 3])
  func `members see their images, masks and weighted targets`(members: Int) throws {
    let batches = try Self.batches(members: members)
    #expect(batches.epoch(1).count == 10)
    for step in [0, 9] {
      let indices = batches.sampler.epoch(1).indices(at: step)
      let batch = try batches.epoch(1).batch(at: step)
      #expect(batch.images.map(\.shape) == Array(repeating: [8, 16, 16, 3], count: members))
      #expect(batch.masks.map(\.shape) == Array(repeating: [8, 16, 16], count: members))
      #expect(batch.targets.map(\.shape) == Array(repeating: [8, 5], count: members))
      for position in 0..<8 {
        var weights: [Double] = []
        var roots: [Double] = []
        for member in 0..<members {
          let index = indices[member][position]
          let possible = try Self.augmentations(Self.dataset.images[index], .cifar10)
          #expect(possible.contains(Self.row(batch.images[member], position)))
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

  @Test func `a repeated image has its own crop and flip`() throws {
    let batches = try Self.batches(members: 1, wrapper: .init(), repetitions: 8)
    let batch = try batches.epoch(1).batch(at: 0)
    #expect(Set(batches.sampler.epoch(1).indices(at: 0)[0]).count == 1)
    // Eight of 162 draws all agree with probability 10⁻¹⁵.
    #expect(Set((0..<8).map { Self.row(batch.images[0], $0) }).count > 1)
  }

  @Test func `a batch has the same bits on any number of threads and in any order`() throws {
    let expected = Self.bits(try Self.batches(threads: 1).epoch(4).batch(at: 7))
    let other = try Self.batches(threads: 3)
    _ = try other.epoch(4).batch(at: 2)
    #expect(Self.bits(try other.epoch(4).batch(at: 7)) == expected)
    #expect(Self.bits(try other.epoch(4).batch(at: 6)) != expected)
    #expect(Self.bits(try other.epoch(5).batch(at: 7)) != expected)
    #expect(Self.bits(try Self.batches(seed: 2).epoch(4).batch(at: 7)) != expected)
  }

  @Test func `too few images for a batch are named`() {
    let dataset = InMemoryDataset.random(count: 3, side: 16)
    #expect {
      try Self.batches(dataset: dataset)
    } throws: {
      "\($0)" == "random: a batch needs at least 4 images, found 3"
    }
  }

  @Test func `members without a method are refused`() {
    #expect(throws: DatasetError.self) { try Self.batches(wrapper: .init()) }
  }
}
