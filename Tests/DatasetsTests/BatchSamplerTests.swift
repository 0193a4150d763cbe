import Datasets
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
    return (0..<sampler.batchCount).map { epoch.indices(at: $0) }
  }

  static func counts(_ indices: [Int]) -> [Int: Int] {
    indices.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  @Test(arguments: [
    // images, batch size, b; batches of so many entries
    (50_000, 64, 1, 781, 64), (50_000, 64, 4, 3125, 64), (100_000, 100, 4, 4000, 100),
    (1437, 32, 2, 89, 32), (1000, 64, 3, 45, 66), (10, 4, 7, 10, 7), (7, 8, 1, 0, 8),
  ])
  func `an epoch has the published number of batches`(
    images: Int, batch: Int, repetitions: Int, batches: Int, entries: Int
  ) {
    let sampler = Self.sampler(images: images, batch: batch, repetitions: repetitions)
    #expect(sampler.batchCount == batches)
    #expect(sampler.entryCount == entries)
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

  @Test func `members' orders are uniform`() {
    // Of 4 entries, member 0 and member 1 have each of the 24 · 24 orders equally often.
    let sampler = Self.sampler(images: 40_000, batch: 4)
    let epoch = sampler.epoch(1)
    var counts: [[Int]: Int] = [:]
    for step in 0..<sampler.batchCount {
      let members = epoch.indices(at: step)
      let order = members[1].compactMap { members[0].firstIndex(of: $0) }
      counts[order, default: 0] += 1
    }
    let expected = Double(sampler.batchCount) / 24
    let statistic = counts.values.reduce(0) {
      $0 + (Double($1) - expected) * (Double($1) - expected)
    }
    #expect(counts.count == 24)
    // The 1 − 10⁻⁶ quantile of χ² with 23 degrees of freedom is 70.
    #expect(statistic / expected < 70)
  }

  @Test func `batches depend on seed and epoch alone`() {
    let batches = Self.batches(Self.sampler())
    #expect(Self.batches(Self.sampler()) == batches)
    #expect(Self.batches(Self.sampler(), epoch: 2) != batches)
    #expect(Self.batches(Self.sampler(seed: 2)) != batches)
    #expect(Self.sampler().epoch(1).indices(at: 5) == batches[5])
  }
}
