import Datasets
import Foundation
import Images
import Tensors
import Testing

extension InMemoryDataset {
  /// Random images with the labels 0, 1, …, K−1, 0, ….
  static func random(count: Int, classCount: Int = 10, side: Int = 32, seed: UInt64 = 1) -> Self {
    var random = RandomStream(seed: seed, purpose: "test images")
    let images = (0..<count).map { _ in
      Image(
        height: side, width: side,
        pixels: (0..<side * side * 3).map { _ in UInt8(random.integer(in: 0..<256)) })
    }
    return InMemoryDataset(
      name: "random", classCount: classCount, imageSide: side,
      labels: (0..<count).map { $0 % classCount }, images: images)
  }
}

/// The records of the verification of a data set below `data`, by their paths.
func verificationRecords(
  _ name: String, in data: URL, threads: Int = 2
) throws -> [String: VerificationRecord] {
  let dataset = try #require(VerifiedDataset.named(name))
  let found = try DatasetVerification(dataset, in: data).run(workers: Workers(count: threads))
  #expect(Set(found.map(\.path)).count == found.count)
  return Dictionary(uniqueKeysWithValues: found.map { ($0.path, $0) })
}
