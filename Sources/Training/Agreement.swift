import Formats
import Foundation
import Networks
import Tensors

extension ProcessGroup {
  /// Makes sure that all processes have the value that the first one has.
  ///
  /// - Throws: `TrainingError.otherProcess`, in a process that has another one.
  package func expectSame(_ what: String, _ value: String) throws {
    let expected = String(decoding: broadcast(Data(value.utf8), from: 0), as: UTF8.self)
    guard value != expected else { return }
    let lines = (expected.split(separator: "\n"), value.split(separator: "\n"))
    let difference = zip(lines.0, lines.1).first { $0 != $1 }
    throw TrainingError.otherProcess(
      rank: rank, what: what,
      expected: (difference.map { String($0.0) } ?? expected).oneLine,
      found: (difference.map { String($0.1) } ?? value).oneLine)
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
