import Checkpoints
import Foundation
import Networks
import Tensors
import TestSupport
import Testing
import Training

/// What a network makes of the tensors of a checkpoint.
struct NetworkWeightsTests {
  private func network() throws -> MixMoNetwork {
    try TestRun().configuration().network(workers: Workers(count: 1))
  }

  /// The state of a network with random weights, each count of batches replaced.
  private func state(count: CheckpointTensor?) throws -> CheckpointValue {
    let network = try network()
    network.initialize(seed: 3)
    let items = network.state.compactMap { entry -> CheckpointItem? in
      guard case .batchCount = entry else {
        let tensor = CheckpointTensor(entry.checkpointShape, entry.checkpointValues)
        return CheckpointItem(.string(entry.name), .tensor(tensor))
      }
      return count.map { CheckpointItem(.string(entry.name), .tensor($0)) }
    }
    return .orderedDictionary(items)
  }

  private func counts(_ network: MixMoNetwork) -> Set<Int> {
    Set(
      network.state.compactMap { entry in
        if case .batchCount(_, let counter) = entry { counter.batchCount } else { nil }
      })
  }

  private static let cases: [(CheckpointTensor?, rounded: Int?)] = [
    (nil, 0), (CheckpointTensor([], [880 as Int64]), 880),
    (CheckpointTensor([1], [880 as Int64]), 880),
    (CheckpointTensor([], [880.5 as Float]), 881), (CheckpointTensor([1, 1], [12.4 as Float]), 12),
    (CheckpointTensor([], [-1 as Int64]), nil), (CheckpointTensor([], [Int64.max]), nil),
    (CheckpointTensor([], [Int64.min]), nil), (CheckpointTensor([], [Float.nan]), nil),
    (CheckpointTensor([], [1e30 as Float]), nil), (CheckpointTensor([2], [1, 2] as [Int64]), nil),
    (CheckpointTensor([0], [] as [Float]), nil),
  ]

  @Test(arguments: 0..<12)
  func `counts of batches are rounded for a training, and of no interest to a prediction`(
    index: Int
  ) throws {
    let (count, rounded) = Self.cases[index]
    let checkpoint = Checkpoint(["state_dict": try state(count: count)], file: "a")
    let network = try network()
    for purpose in [LoadingPurpose.prediction, .inspection] {
      let found = try network.load(checkpoint, for: purpose)
      #expect(found.name == "state_dict" && found.leftOut == [])
      #expect(counts(network) == [rounded ?? 0])
    }
    let expected = Checkpoint(try state(count: nil))
    let weights = network.state.filter { if case .batchCount = $0 { false } else { true } }
    #expect(
      weights.map(\.checkpointValues)
        == (try expected.weights().entries.map { $0.tensor.floats() }))
    if let rounded {
      try network.load(checkpoint, for: .training)
      #expect(counts(network) == [rounded])
    } else {
      let error = #expect(throws: CheckpointError.self) {
        try network.load(checkpoint, for: .training)
      }
      #expect("\(error as Any)".contains("not a tensor with a count"), "\(error as Any)")
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func `a weight that is no number is named where something is to be predicted`(
    value: Float
  ) throws {
    guard case .orderedDictionary(var items) = try state(count: nil) else { return }
    var generator = SeededGenerator(seed: 4)
    let index = Int.random(in: items.indices, using: &generator)
    guard case .tensor(let tensor) = items[index].value else { return }
    var values = tensor.floats()
    let element = Int.random(in: values.indices, using: &generator)
    values[element] = value
    items[index].value = .tensor(CheckpointTensor(tensor.shape, values))
    let checkpoint = Checkpoint(.orderedDictionary(items), file: "a.pt")
    let network = try network()
    let error = #expect(throws: CheckpointError.self) {
      try network.load(checkpoint, for: .prediction)
    }
    #expect(error?.location == items[index].key.description)
    let message = "element \(element) is \(value), with which a network cannot predict"
    #expect(error?.description.contains(message) == true, "\(error as Any)")
    try network.load(checkpoint, for: .inspection)
  }

  @Test func `a variance below 0 gives no numbers`() throws {
    guard case .orderedDictionary(var items) = try state(count: nil) else { return }
    let index = try #require(items.firstIndex { $0.key.description.hasSuffix("running_var") })
    guard case .tensor(let tensor) = items[index].value else { return }
    let values = [Float](repeating: -0.5, count: tensor.count)
    items[index].value = .tensor(CheckpointTensor(tensor.shape, values))
    let error = CheckpointError(
      file: "a.pt", location: items[index].key.description,
      problem: .unusableWeight(value: -0.5, index: 0))
    #expect(throws: error) {
      try network().load(Checkpoint(.orderedDictionary(items), file: "a.pt"), for: .prediction)
    }
  }
}
