import Checkpoints
import TestSupport
import Testing

struct StateDictionaryTests {
  private let weights = StateDictionary(
    [
      .init("a", CheckpointTensor([2, 3], [Float](repeating: 1, count: 6))),
      .init("b", CheckpointTensor([2], [Float](repeating: 2, count: 2))),
      .init("c", CheckpointTensor([], [Int64(3)])),
    ], file: "x.ckpt")

  @Test func `tensors come in the network's order`() throws {
    let tensors = try weights.tensors(matching: [("c", []), ("a", [2, 3]), ("b", [2])])
    #expect(tensors.map(\.shape) == [[], [2, 3], [2]])
  }

  @Test func `missing, unexpected and misshapen names are listed together`() {
    let problem = CheckpointError.Problem.mismatch(
      missing: ["d", "e"], unexpected: ["b"],
      misshapen: [.init(name: "a", expected: [3, 2], found: [2, 3])])
    let error = CheckpointError(file: "x.ckpt", place: nil, problem: problem)
    #expect(throws: error) {
      try weights.tensors(matching: [("d", [1]), ("a", [3, 2]), ("c", []), ("e", [])])
    }
    #expect(
      error.description
        == "x.ckpt: other weights than the network's: 2 missing: d, e; 1 not expected: b; "
        + "1 of another shape: a [2, 3], expected [3, 2]")
  }
}
