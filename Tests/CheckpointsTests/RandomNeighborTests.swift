import Checkpoints
import Foundation
import TestSupport
import Testing

/// Checkpoints that PyTorch saved with random objects beside and around the weights
/// (`Fixtures/make_random_neighbors.py`).
struct RandomNeighborTests {
  private let network = NeighborFile.network

  private func files() throws -> [NeighborFile] {
    try NeighborFile.all("random-neighbors", limit: 1 << 26)
  }

  @Test func `what PyTorch opens is opened, and the weights in it are found`() throws {
    let folder = try TemporaryFolder()
    let files = try files()
    #expect(files.count >= 340 && files.count { $0.row.weightsOnly } >= 280)
    for file in files {
      let url = try folder.file("file.pt", holding: file.bytes)
      do {
        let checkpoint = try Checkpoint(contentsOf: url)
        let found = try checkpoint.weights(for: network)
        #expect(found.weights["weight"]?.floats() == [1, 2, 3, 4], "\(file.row)")
        #expect(found.weights["bias"]?.floats() == [5, 6], "\(file.row)")
        let named = try checkpoint.weights(for: network, named: found.name)
        #expect(named.name == found.name && named.weights == found.weights, "\(file.row)")
      } catch {
        Issue.record("\(file.row): \(error)")
      }
    }
  }

  /// Without a network the weights are found, or a dictionary that holds them is among the choices.
  @Test func `the outline and the choices lead to the weights`() throws {
    let folder = try TemporaryFolder()
    for file in try files() {
      let checkpoint = try Checkpoint(contentsOf: try folder.file("file.pt", holding: file.bytes))
      let names: [String]
      do {
        names = [try checkpoint.foundWeights().name]
      } catch let error as CheckpointError {
        switch error.problem {
        case .severalWeights(let choices), .doubtfulWeights(let choices): names = choices
        default: throw error
        }
      }
      let choices = try names.map { try checkpoint.foundWeights(named: $0) }
      #expect(zip(names, choices).allSatisfy { $0 == $1.name }, "\(file.row): \(names)")
      let hits = choices.filter { found in
        found.weights.entries.contains { entry in
          entry.name.hasSuffix("weight") && entry.tensor.isCopyable
            && entry.tensor.floats() == [1, 2, 3, 4]
        }
      }
      #expect(hits.count == 1, "\(file.row): \(names)")
      let rows = CheckpointOutline(checkpoint).rows.map(\.name)
      #expect(Set(rows).count == rows.count, "\(file.row)")
    }
  }

  /// What can be written is written, and its weights are read back.
  @Test func `what stands beside the weights is converted or left out`() throws {
    let folder = try TemporaryFolder()
    for file in try files() where file.row.seed?.isMultiple(of: 3) == true {
      let checkpoint = try Checkpoint(contentsOf: try folder.file("file.pt", holding: file.bytes))
      let found = try checkpoint.weights(for: network)
      let copy = folder.file("copy.pt")
      try checkpoint.writable.checkpoint.write(to: copy)
      // An entry under a key that is no text or integer is left out with what is in it.
      guard let again = try? Checkpoint(contentsOf: copy).weights(for: network) else {
        let isNamed = !checkpoint.writable.omissions.isEmpty
        #expect(isNamed, "\(file.row)")
        continue
      }
      #expect(again.weights == found.weights, "\(file.row)")
    }
  }
}
