// N images, M members, K classes.

import Datasets
import Formats
import Runs
import Scoring
import Tensors

/// Predicts every cell of a plan that is not stored yet.
package struct CellPrediction: Sendable {
  package let plan: EvaluationPlan
  package let store: PredictionStore
  private let workers: Workers
  /// Make the next batch while the model is at this one.
  private let loaders: Workers

  /// How far an evaluation has come.
  package struct Progress: Sendable {
    package let cell: Cell
    /// Images predicted, and to predict, over all cells that were not stored already.
    package let imageCount: Int
    package let imageTotal: Int
  }

  /// Images that go through the model together.
  static let batchSize = 64

  package init(plan: EvaluationPlan, store: PredictionStore, workers: Workers) {
    self.plan = plan
    self.store = store
    self.workers = workers
    loaders = Workers(count: workers.count)
  }

  /// The images that `predict` will predict.
  package var missingImageCount: Int { missingCells.count * plan.imageCount }

  var missingCells: [Cell] { plan.ownCells.filter { !store.contains($0) } }

  /// Predicts the cells that are not stored yet.
  ///
  /// - Throws: what reading images or writing predictions throws; finished cells stay.
  package func predict(
    _ model: any Model, report: (Progress) throws -> Void
  ) throws {
    try store.create(labels: plan.labels)
    let missing = missingCells
    let shape = [plan.imageCount, model.memberCount, model.classCount]
    for (index, cell) in missing.enumerated() {
      let opened = try plan.open(cell)
      try store.write(opened.cell, shape: shape) { rows in
        let makeBatch = { @Sendable in try batch($0, of: opened.images) }
        try Ahead.forEach(batches.count, make: makeBatch) { number, batch in
          try rows.append(model.checkedLogits(of: batch))
          try report(
            Progress(
              cell: cell,
              imageCount: index * plan.imageCount + batches[number].upperBound,
              imageTotal: missing.count * plan.imageCount))
        }
      }
    }
  }

  /// The images of each batch.
  private var batches: IndexChunks { IndexChunks(total: plan.imageCount, size: Self.batchSize) }

  /// A batch of normalized images.
  func batch(_ number: Int, of images: any Dataset) throws -> Batch {
    try Batch(
      Array(batches[number]), of: images, normalization: plan.normalization,
      workers: loaders)
  }
}
