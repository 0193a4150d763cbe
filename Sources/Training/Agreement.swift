import Formats
import Foundation
import Networks
import Tensors

extension ProcessGroup {
  /// Makes sure that all processes have the value that the first one has.
  ///
  /// - Throws: `TrainingError.otherProcess` about the lowest rank that has another one, in all
  ///   processes: one that went on would work beside those that end.
  package func expectSame(_ what: String, _ value: String) throws {
    func shared(from rank: Int) -> String {
      String(decoding: broadcast(Data(value.utf8), from: rank), as: UTF8.self)
    }
    let expected = shared(from: 0)
    let other = count - Int(max([value == expected ? 0 : Double(count - rank)])[0])
    guard other < count else { return }
    let difference = LineDifference(expected: expected, found: shared(from: other))
    throw TrainingError.otherProcess(
      rank: other, what: what, expected: difference.expected, found: difference.found)
  }
}

extension MixMoNetwork {
  /// SHA-256 of all that a checkpoint holds of the network.
  var fingerprint: String {
    let state = state
    func add(to hasher: borrowing Digest.Hasher) {
      for entry in state {
        switch entry {
        case .parameter(let parameter): hasher.update(parameter.value.values.bytes)
        case .statistic(_, let tensor): hasher.update(tensor.values.bytes)
        case .batchCount(_, let normalization):
          hasher.update(Array("\(normalization.batchCount)".utf8))
        }
      }
    }
    return Digest(adding: add).description
  }
}
