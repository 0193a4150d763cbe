import Loading
import Tensors
import TestSupport
import Testing

/// Which training images are kept for validation.
struct ValidationSplitTests {
  /// Images whose first byte is their index modulo 256, and whose labels come in any order.
  private static func dataset(classCounts: [Int], seed: UInt64) -> InMemoryDataset {
    var random = RandomStream(seed: seed, purpose: "labels")
    var labels = classCounts.enumerated().flatMap { Array(repeating: $0, count: $1) }
    random.shuffle(&labels)
    return InMemoryDataset(
      name: "numbered", classCount: classCounts.count, imageSide: 1, labels: labels,
      images: labels.indices.map {
        .init(height: 1, width: 1, pixels: [$0, $0 >> 8, 0].map { UInt8(truncatingIfNeeded: $0) })
      })
  }

  /// The index that `dataset` wrote into each image.
  private func indices(_ part: any Dataset) throws -> [Int] {
    try (0..<part.count).map { index in
      let pixels = try part.image(at: index).pixels
      return Int(pixels[0]) + Int(pixels[1]) << 8
    }
  }

  private func counts(_ part: any Dataset) -> [Int] {
    part.labels.reduce(into: [Int](repeating: 0, count: part.classCount)) { $0[$1] += 1 }
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `every class gives its share to within an image, and every image is in one part`(
    seed: UInt64
  ) throws {
    var random = RandomStream(seed: seed, purpose: "sizes")
    let classCounts = (0..<random.integer(in: 1..<30)).map { _ in random.integer(in: 0..<90) }
    let total = classCounts.reduce(0, +)
    let whole = Self.dataset(classCounts: classCounts, seed: seed)
    for count in Set([0, 1, total / 10, total / 2, total - 1]) where (0..<total).contains(count) {
      let split = try ValidationSplit(of: whole, keeping: count, seed: seed)
      let kept = counts(split.validation)
      #expect(kept == ValidationSplit.shares(of: count, classCounts: classCounts))
      #expect(kept.reduce(0, +) == count)
      for (found, size) in zip(kept, classCounts) {
        // |found - count · size / total| < 1, in whole numbers.
        #expect(abs(found * total - count * size) < total && (0...size).contains(found))
      }
      let parts = try [split.training, split.validation].map(indices)
      for part in parts { #expect(part == part.sorted()) }
      #expect((parts[0] + parts[1]).sorted() == Array(0..<total))
      for (part, indices) in zip([split.training, split.validation], parts) {
        #expect(part.labels == indices.map { whole.labels[$0] })
      }
    }
  }

  /// The method of largest remainders as it is defined: no class with a smaller remainder gets one more
  /// image than its share rounded down while one with a larger remainder does not.
  @Test(arguments: 0..<200 as Range<UInt64>)
  func `the largest remainders are rounded up`(seed: UInt64) {
    var random = RandomStream(seed: seed, purpose: "sizes")
    let classCounts = (0..<random.integer(in: 1..<12)).map { _ in random.integer(in: 1..<1000) }
    let total = classCounts.reduce(0, +)
    let count = random.integer(in: 0..<total)
    let shares = ValidationSplit.shares(of: count, classCounts: classCounts)
    let remainders = classCounts.map { count * $0 % total }
    let isUp = zip(shares, classCounts).map { $0 - count * $1 / total }
    #expect(isUp.allSatisfy { (0...1).contains($0) } && shares.reduce(0, +) == count)
    let raised = isUp.indices.filter { isUp[$0] == 1 }.map { (-remainders[$0], $0) }
    let lowered = isUp.indices.filter { isUp[$0] == 0 }.map { (-remainders[$0], $0) }
    for up in raised { #expect(lowered.allSatisfy { up < $0 }) }
  }

  @Test func `equal classes give equal parts, and what is left goes to the first`() {
    #expect(
      ValidationSplit.shares(of: 5000, classCounts: Array(repeating: 5000, count: 10))
        == Array(repeating: 500, count: 10))
    #expect(ValidationSplit.shares(of: 5, classCounts: [7, 7, 7]) == [2, 2, 1])
    #expect(ValidationSplit.shares(of: 3, classCounts: [1, 0, 9]) == [0, 0, 3])
    #expect(ValidationSplit.shares(of: 0, classCounts: [0, 0]) == [0, 0])
    // As many images as a configuration may ask for, of as many classes as fit in memory.
    #expect(ValidationSplit.shares(of: 999_999_999, classCounts: [1_000_000_000]) == [999_999_999])
  }

  @Test func `the seed alone decides, and no image is preferred`() throws {
    let whole = Self.dataset(classCounts: [10, 5], seed: 1)
    func kept(_ seed: UInt64) throws -> [Int] {
      try indices(ValidationSplit(of: whole, keeping: 6, seed: seed).validation)
    }
    #expect(try kept(3) == kept(3) && kept(3) != kept(4))
    var times = [Int](repeating: 0, count: 15)
    for seed in 0..<2000 as Range<UInt64> { for index in try kept(seed) { times[index] += 1 } }
    // 2000 draws of probability 0.4: five standard deviations are 5 · √(2000 · 0.4 · 0.6) = 110.
    for count in times { #expect(abs(count - 800) < 110) }
  }

  @Test(arguments: [6, 7, 1_000_000_000])
  func `an image must be left to train on`(count: Int) {
    let whole = Self.dataset(classCounts: [3, 3], seed: 1)
    let error = LoadingError.tooFewImages(
      dataset: "numbered", purpose: "training beside \(count) validation images",
      expected: count + 1, found: 6)
    #expect(throws: error) { try ValidationSplit(of: whole, keeping: count, seed: 1) }
  }
}
