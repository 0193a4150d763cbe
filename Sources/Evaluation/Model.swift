// N images, M members, K classes.

import Datasets
import Loading
import Predictions
import Runs
import Scoring
import Tensors

/// What predicts the images of an evaluation: one of our networks, or somebody's program.
package protocol Model {
  /// How many images go through it together.
  var batchSize: Int { get }

  /// Whether it may have changed though its fingerprint has not, so that answers are compared with what is
  /// stored before it goes on.
  var mayHaveChanged: Bool { get }

  /// Whether it ends with its answers, so that it is opened again for more.
  var endsWithAnswers: Bool { get }

  /// Begins to answer batches.
  ///
  /// - Parameter next: The next batch, nil after the last; it is called on another thread, one call at a
  ///   time, and may wait.
  /// - Returns: The answers, in the order of the batches.
  func answers(to next: @escaping @Sendable () throws -> ImageBatch?) -> any ModelAnswers
}

/// The answers of a model, which it computes while they are taken.
package protocol ModelAnswers: AnyObject {
  /// The predictions `[N, M, K]` of the next batch, with N images; nil after the last.
  ///
  /// - Throws: what keeps the model from answering, or what making a batch threw.
  func next() throws -> PredictionArray?

  /// Ends the work where answers are not taken to the last one.
  func stop()
}

extension ModelAnswers {
  package func stop() {}
}

extension Model {
  package var mayHaveChanged: Bool { false }
  package var endsWithAnswers: Bool { false }
}

/// Consecutive images of a cell that go through a model together.
package struct ImageBatch: Sendable {
  package let cell: Cell
  /// Which of the cell's batches it is, from 0.
  package let number: Int
  /// How many batches the cell has.
  package let count: Int
  /// Where its images are among those of the cell.
  package let range: Range<Int>
  /// The images of the cell.
  package let images: any Dataset

  /// Its place, for messages.
  var place: String { "\(cell.name), batch \(number + 1) of \(count)" }
}

/// A network of ours as a model: the next images are read and normalized while it computes.
package struct NetworkModel: Model {
  private let normalization: Normalization
  /// Make the next batch while the network is at this one.
  private let loaders: Workers
  private let logits: (Tensor) -> Tensor

  package let batchSize = 64

  /// - Parameters:
  ///   - normalization: That of the network's training.
  ///   - threadCount: The threads that read images.
  ///   - logits: The logits `[N, M, K]` of normalized images `[N, H, W, 3]`.
  package init(
    normalization: Normalization, threadCount: Int, logits: @escaping (Tensor) -> Tensor
  ) {
    self.normalization = normalization
    loaders = Workers(count: threadCount)
    self.logits = logits
  }

  package func answers(
    to next: @escaping @Sendable () throws -> ImageBatch?
  ) -> any ModelAnswers {
    NetworkAnswers(
      ElementsAhead { [normalization, loaders] in
        try next().map { batch in
          try Batch(
            Array(batch.range), of: batch.images, normalization: normalization, workers: loaders)
        }
      }, logits)
  }
}

private final class NetworkAnswers: ModelAnswers {
  private let batches: ElementsAhead<Batch>
  private let logits: (Tensor) -> Tensor

  init(_ batches: ElementsAhead<Batch>, _ logits: @escaping (Tensor) -> Tensor) {
    self.batches = batches
    self.logits = logits
  }

  func next() throws -> PredictionArray? {
    guard let batch = try batches.next() else { return nil }
    let answer = logits(batch.images)
    guard answer.shape.count == 3, answer.shape[0] == batch.labels.count else {
      throw EvaluationError.otherOutput(imageCount: batch.labels.count, found: answer.shape)
    }
    return PredictionArray(answer.values, shape: answer.shape)
  }
}

/// A model that an evaluation may need: what is known of it before it is opened.
package struct ModelSource {
  /// What its members are to one another, where it has several.
  package let members: RunRecord.Members
  /// K.
  package let classCount: Int
  /// The configuration of its training, in YAML; empty where there is none.
  package let configuration: String
  /// The file that it is opened from, and the data that it is evaluated on, as they were named.
  package var inputs: RunRecord.Inputs?
  /// M, where it is known before the model is opened.
  package var memberCount: Int?
  /// How it was chosen among the epochs of its training, where it was.
  package var best: BestEpoch?
  /// Somebody's program, where it is one.
  package var program: RunRecord.Program?
  /// The precision of a network's products.
  package var productPrecision = Precision.highest
  /// What a user should know where it has several members.
  package var noteOnMembers: String?
  /// What a user should know of it.
  package var notes: [String] = []
  /// SHA-256 of what decides its predictions.
  package let fingerprint: () throws -> String
  /// Opens the model; called only where something is to be predicted, and again where a model ends with its
  /// answers.
  package let open: () throws -> any Model

  package init(
    members: RunRecord.Members = .subnetworks, classCount: Int, configuration: String,
    fingerprint: @escaping () throws -> String, open: @escaping () throws -> any Model
  ) {
    self.members = members
    self.classCount = classCount
    self.configuration = configuration
    self.fingerprint = fingerprint
    self.open = open
  }
}
