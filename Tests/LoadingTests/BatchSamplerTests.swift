import Loading
import TestSupport
import Testing

struct BatchSamplerTests {
  static func sampler(
    images: Int = 101, batch: Int = 8, members: Int = 2, repetitions: Int = 1, shared: Double = 0,
    seed: UInt64 = 1
  ) -> BatchSampler {
    BatchSampler(
      imageCount: images, batchSize: batch, memberCount: members,
      BatchSamplerConfiguration(
        batchRepetitions: repetitions, inputRepetitionProbability: shared), seed: seed)
  }

  static func batches(_ sampler: BatchSampler, epoch: Int = 1) -> [[[Int]]] {
    let epoch = sampler.epoch(epoch)
    return (0..<sampler.batchCount).map { epoch.imageIndices(at: $0) }
  }

  static func counts(_ indices: [Int]) -> [Int: Int] {
    indices.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  @Test(arguments: [
    // images, configured batch size, b; batches, batch size
    (50_000, 64, 1, 781, 64), (50_000, 64, 4, 3125, 64), (100_000, 100, 4, 4000, 100),
    (1437, 32, 2, 89, 32), (1000, 64, 3, 45, 66), (10, 4, 7, 10, 7), (7, 8, 1, 0, 8),
  ])
  func `an epoch has the published number of batches`(
    images: Int, batch: Int, repetitions: Int, batches: Int, entries: Int
  ) {
    let sampler = Self.sampler(images: images, batch: batch, repetitions: repetitions)
    #expect(sampler.batchCount == batches)
    #expect(sampler.batchSize == entries)
    if batch % repetitions == 0 { #expect(batches == images * repetitions / batch) }
  }

  @Test(arguments: [(1, 1), (2, 2), (4, 3), (3, 2)])
  func `every index appears b times, in one batch`(repetitions: Int, members: Int) {
    let sampler = Self.sampler(members: members, repetitions: repetitions)
    let batches = Self.batches(sampler)
    for member in 0..<members {
      let seen = Self.counts(batches.flatMap { $0[member] })
      #expect(seen.count == sampler.batchCount * sampler.distinctCount)
      #expect(seen.count > 101 - sampler.distinctCount)
      #expect(seen.values.allSatisfy { $0 == repetitions })
      for batch in batches {
        #expect(batch.count == members)
        #expect(Self.counts(batch[member]).values.allSatisfy { $0 == repetitions })
        #expect(batch[member].sorted() == batch[0].sorted())
      }
    }
    #expect(members == 1 || batches.contains { $0[0] != $0[1] })
  }

  @Test(arguments: [(0.0, 0), (0.3, 2), (0.5, 4), (1.0, 8)])
  func `members share the first entries`(probability: Double, shared: Int) {
    let sampler = Self.sampler(images: 800, members: 3, repetitions: 2, shared: probability)
    let batches = Self.batches(sampler)
    let equal = (0..<8).map { position in
      batches.count { Set($0.map { $0[position] }).count == 1 }
    }
    #expect(equal[..<shared].allSatisfy { $0 == batches.count })
    // Elsewhere three members agree by chance in about one of 16 batches.
    #expect(equal[shared...].allSatisfy { $0 < batches.count / 3 })
  }

  @Test func `the first entries are those of the walk`() {
    let batches = Self.batches(Self.sampler(members: 2, repetitions: 2, shared: 0.5))
    for batch in batches {
      #expect(batch.allSatisfy { $0[0] == $0[1] && $0[2] == $0[3] && $0[0] != $0[2] })
    }
    // Three copies of three images for a configured batch size of eight.
    let whole = Self.batches(Self.sampler(members: 2, repetitions: 3, shared: 1))
    for batch in whole {
      #expect(batch[0] == batch[1])
      #expect(stride(from: 0, to: 9, by: 3).allSatisfy { Set(batch[0][$0..<$0 + 3]).count == 1 })
    }
  }

  @Test(arguments: [(0, 1), (0, 2), (1, 2)])
  func `members' orders are independent and uniform`(first: Int, second: Int) {
    let batches = Self.batches(Self.sampler(images: 20_000, batch: 4, members: 3))
    expectEven(
      batches.map { batch in batch[second].map { batch[first].firstIndex(of: $0) } }, kinds: 24)
  }

  @Test func `every member's order is uniform`() {
    // Two copies of two images have three orders, up to the names of the images.
    let batches = Self.batches(Self.sampler(images: 4000, batch: 4, members: 3, repetitions: 2))
    for member in 0..<3 {
      let orders = batches.map { batch in batch[member].map { $0 == batch[member][0] } }
      expectEven(orders, kinds: 3, "member \(member)")
    }
  }

  @Test func `each epoch walks the images in a fresh uniform order`() {
    let sampler = Self.sampler(images: 4, batch: 1, members: 1)
    let orders = (1...2000).map { Self.batches(sampler, epoch: $0) }
    expectEven(orders, kinds: 24)
    // One order in 24 is that of the previous epoch: five standard errors of 1999 draws.
    let repeated = Double(zip(orders, orders.dropFirst()).count { $0 == $1 }) / 1999
    expectClose(repeated, 1 / 24.0, absolute: 5 * (23 / 576.0 / 1999).squareRoot())
  }

  @Test func `batches depend on seed and epoch alone`() {
    let batches = Self.batches(Self.sampler())
    #expect(Self.batches(Self.sampler()) == batches)
    #expect(Self.batches(Self.sampler(), epoch: 2) != batches)
    #expect(Self.batches(Self.sampler(seed: 2)) != batches)
    #expect(Self.sampler().epoch(1).imageIndices(at: 5) == batches[5])
  }
}
