// N images, M subnetworks, K classes.

import Datasets
import Formats
import Foundation
import Networks
import Scoring
import Tensors

/// Scores a network on every cell of a plan.
package struct Evaluator: Sendable {
  package let plan: EvaluationPlan
  package let store: PredictionStore
  private let workers: Workers
  /// Make the next batch while the network's workers are at this one.
  private let loaders: Workers

  /// How far an evaluation has come.
  package struct Progress: Sendable {
    package let cell: Cell
    /// Images predicted, and to predict, over all cells that were not stored already.
    package let imageCount: Int
    package let imageTotal: Int
  }

  /// Images that go through the network together.
  private static let batchSize = 64

  package init(plan: EvaluationPlan, store: PredictionStore, workers: Workers) {
    self.plan = plan
    self.store = store
    self.workers = workers
    loaders = Workers(count: workers.count)
  }

  /// Predicts the cells that are not stored yet, then scores all stored cells from the files.
  ///
  /// - Throws: what reading images, writing predictions or scoring throws; finished cells stay.
  package func run(
    _ network: InferenceNetwork, report: (Progress) throws -> Void
  ) throws -> [CellResult] {
    try predict(network, report: report)
    return try score(memberCount: network.memberCount, classCount: network.classCount)
  }

  /// The images that `run` will predict.
  package var missingImageCount: Int { missingCells.count * plan.imageCount }

  private var missingCells: [Cell] { plan.cells.filter { !store.contains($0) } }

  private func predict(_ network: InferenceNetwork, report: (Progress) throws -> Void) throws {
    try store.create(labels: plan.labels)
    let missing = missingCells
    let shape = [plan.imageCount, network.memberCount, network.classCount]
    for (index, cell) in missing.enumerated() {
      let opened = try plan.open(cell)
      try NumPyArray.write(Float.self, shape: shape, to: store.url(of: opened.cell)) { rows in
        let makeBatch = { @Sendable in try batch($0, of: opened.images) }
        try Ahead.forEach(batchCount, make: makeBatch) { number, batch in
          try rows.append(network.logits(batch).values)
          try report(
            Progress(
              cell: cell,
              imageCount: index * plan.imageCount + range(ofBatch: number).upperBound,
              imageTotal: missing.count * plan.imageCount))
        }
      }
    }
  }

  private var batchCount: Int { (plan.imageCount + Self.batchSize - 1) / Self.batchSize }

  private func range(ofBatch number: Int) -> Range<Int> {
    number * Self.batchSize..<min((number + 1) * Self.batchSize, plan.imageCount)
  }

  /// The normalised images `[N, H, W, 3]` of a batch.
  private func batch(_ number: Int, of images: any Dataset) throws -> Tensor {
    try Batch(
      Array(range(ofBatch: number)), of: images, normalization: plan.normalization,
      workers: loaders
    ).images
  }

  private func score(memberCount: Int, classCount: Int) throws -> [CellResult] {
    let scorer = Scorer(threadCount: workers.count)
    func logits(_ cell: Cell) throws -> LabelledLogits {
      try store.logits(
        of: cell, labels: plan.labels, memberCount: memberCount, classCount: classCount)
    }
    let fitted =
      plan.calibrations.contains(.temperature)
      ? try scorer.fitTemperatures(on: logits(.clean)) : nil
    return try scoredCells.map { cell in
      let predictions = try logits(cell)
      var scores: [CellScores] = []
      if plan.calibrations.contains(.none) { scores.append(try scorer.score(predictions)) }
      if let fitted { scores.append(try scorer.score(predictions, with: fitted)) }
      return CellResult(cell: cell, scores: scores)
    }
  }

  /// The cells of the plan, then those that earlier evaluations of the same stored.
  private var scoredCells: [Cell] {
    let planned = plan.cells
    return planned + store.cells().filter { !planned.contains($0) }
  }
}

/// The scores of one cell, under each calibration.
package struct CellResult: Sendable {
  package let cell: Cell
  package let scores: [CellScores]
}
