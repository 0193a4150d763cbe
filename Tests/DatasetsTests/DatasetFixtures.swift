import Datasets
import Foundation
import Tensors
import Testing

/// The records of the verification of a data set below `data`, by their paths.
func verificationRecords(
  _ name: String, in data: URL, threads: Int = 2
) throws -> [String: VerificationRecord] {
  let dataset = try #require(VerifiedDataset.named(name))
  let found = try DatasetVerification(dataset, in: data).run(workers: Workers(count: threads))
  #expect(Set(found.map(\.path)).count == found.count)
  return Dictionary(uniqueKeysWithValues: found.map { ($0.path, $0) })
}
