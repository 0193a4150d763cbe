// N images, M members, K classes.

import Datasets
import Runs
import Tensors

/// What predicts the images of an evaluation: one of our networks, or somebody's program.
package protocol Model {
  /// M.
  var memberCount: Int { get }
  /// K.
  var classCount: Int { get }

  /// The logits `[N, M, K]` of a batch.
  ///
  /// - Throws: what keeps the model from answering.
  func logits(of batch: Batch) throws -> Tensor
}

extension Model {
  /// The logits of a batch in row-major order, whose shape is checked.
  ///
  /// - Throws: `EvaluationError.otherOutput`, or what keeps the model from answering.
  func checkedLogits(of batch: Batch) throws -> [Float] {  // [N, M, K]
    let logits = try logits(of: batch)
    let expected = [batch.labels.count, memberCount, classCount]
    guard logits.shape == expected else {
      throw EvaluationError.otherOutput(expected: expected, found: logits.shape)
    }
    return logits.values
  }
}

/// A model that an evaluation may need: what is known of it before it is opened.
package struct ModelSource {
  /// M.
  package let memberCount: Int
  /// What its members are to one another, where it has several.
  package let members: RunRecord.Members
  /// K.
  package let classCount: Int
  /// The configuration of its training, in YAML; empty where there is none.
  package let configuration: String
  /// The file that it is opened from, and the data that it is evaluated on, as they were named.
  package var inputs: RunRecord.Inputs?
  /// SHA-256 of what decides its predictions.
  package let fingerprint: () throws -> String
  /// Opens the model; called at most once, and only where something is to be predicted.
  package let open: () throws -> any Model

  package init(
    memberCount: Int, members: RunRecord.Members = .subnetworks, classCount: Int,
    configuration: String, fingerprint: @escaping () throws -> String,
    open: @escaping () throws -> any Model
  ) {
    self.memberCount = memberCount
    self.members = members
    self.classCount = classCount
    self.configuration = configuration
    self.fingerprint = fingerprint
    self.open = open
  }
}
