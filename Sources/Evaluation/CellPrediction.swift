// N images, M members, K classes.

import Datasets
import Formats
import Foundation
import Predictions
import Runs
import Scoring
import Synchronization
import Tensors

/// Predicts every cell of a plan that is not stored yet.
package struct CellPrediction: Sendable {
  package let plan: EvaluationPlan
  package let store: PredictionStore

  /// How far an evaluation has come.
  package struct Progress: Sendable {
    package let cell: Cell
    /// Images predicted, and to predict, over all cells that were not stored already.
    package let imageCount: Int
    package let imageTotal: Int
  }

  package init(plan: EvaluationPlan, store: PredictionStore) {
    self.plan = plan
    self.store = store
  }

  /// The images that `predict` will predict.
  package var missingImageCount: Int { missingCells.count * plan.imageCount }

  var missingCells: [Cell] { plan.ownCells.filter { !store.contains($0) } }

  /// Predicts the cells that are not stored yet.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - report: Told of each batch.
  ///   - finish: Told of each cell that is stored.
  /// - Throws: what the model, reading images or writing predictions throws; finished cells stay.
  package func predict(
    _ model: any Model, report: (Progress) throws -> Void, finish: (Cell) throws -> Void = { _ in }
  ) throws {
    try store.create(labels: plan.labels)
    let missing = missingCells
    let queue = ShareQueue(missing.map { Share(cell: $0, images: 0..<plan.imageCount) })
    queue.close()
    let check = knownShare(for: model)
    let batches = ShareBatches(queue, startingWith: check, of: plan, size: model.batchSize)
    let answers = model.answers { try batches.next() }
    defer { answers.stop() }
    if check != nil, let answer = try answers.next() { try compare(answer) }
    for (index, cell) in missing.enumerated() {
      var count = 0
      try store.store(cell, rowCount: plan.imageCount) {
        if count == plan.imageCount {
          // How a model ends may tell that its answers were wrong, before the last cell is stored.
          return cell == missing.last ? try answers.next() : nil
        }
        guard let answer = try answers.next() else { return nil }
        count += answer.rowCount
        try report(
          Progress(
            cell: cell, imageCount: index * plan.imageCount + count,
            imageTotal: missing.count * plan.imageCount))
        return answer
      }
      try finish(cell)
    }
  }

  // MARK: A model that may have changed

  /// The first images of the clean cell, where they are predicted already and the model may have changed
  /// since.
  func knownShare(for model: any Model) -> Share? {
    guard !missingCells.isEmpty, store.contains(.clean), model.mayHaveChanged else {
      return nil
    }
    return Share(cell: .clean, images: 0..<min(model.batchSize, plan.imageCount))
  }

  /// Makes sure that the answer to these images is what is stored, but for another order of sums.
  ///
  /// - Throws: `EvaluationError.changedModel`, or what reading the predictions throws.
  func compare(_ answer: PredictionArray) throws {
    let stored = try store.predictions(of: .clean)
    guard stored.rowCount >= answer.rowCount,
      stored.rows(0..<answer.rowCount, file: stored.file).isClose(to: answer)
    else { throw EvaluationError.changedModel(store.url(of: .clean)) }
  }
}

/// Consecutive images of one cell: what one process predicts at a time.
struct Share: Codable {
  let cell: Cell
  let images: Range<Int>
}

/// Shares that wait to be predicted.
final class ShareQueue: Sendable {
  private let state: Mutex<(shares: ArraySlice<Share>, isClosed: Bool)>
  private let change = NSCondition()

  init(_ shares: [Share] = []) { state = Mutex((shares[...], false)) }

  /// Adds a share.
  func append(_ share: Share) {
    change.withLock {
      state.withLock { $0.shares.append(share) }
      change.broadcast()
    }
  }

  /// Says that there will be no more.
  func close() {
    change.withLock {
      state.withLock { $0.isClosed = true }
      change.broadcast()
    }
  }

  /// Takes the next share, nil if there is none now.
  func take() -> Share? { state.withLock { $0.shares.popFirst() } }

  /// Waits for the next share and takes it, nil if there will be none.
  func wait() -> Share? {
    change.lock()
    defer { change.unlock() }
    while true {
      if let share = take() { return share }
      if state.withLock({ $0.isClosed }) { return nil }
      change.wait()
    }
  }
}

/// The batches of the shares in a queue; the images of a cell are opened at its first batch.
final class ShareBatches: Sendable {
  private let plan: EvaluationPlan
  private let queue: ShareQueue
  private let size: Int
  private let begin: @Sendable (Share) -> Void
  private let first: Mutex<Share?>
  private let current = Mutex<Opened?>(nil)

  /// A share whose batches are being given out.
  private struct Opened {
    let cell: EvaluationPlan.OpenedCell
    var rest: Range<Int>
  }

  /// - Parameters:
  ///   - queue: The shares, which begin at whole batches.
  ///   - first: A share before those of the queue.
  ///   - plan: The plan that they are of.
  ///   - size: The images of a batch.
  ///   - begin: Told of each share before its first batch.
  init(
    _ queue: ShareQueue, startingWith first: Share? = nil, of plan: EvaluationPlan, size: Int,
    begin: @escaping @Sendable (Share) -> Void = { _ in }
  ) {
    self.queue = queue
    self.first = Mutex(first)
    self.plan = plan
    self.size = size
    self.begin = begin
  }

  private func takeFirst() -> Share? {
    first.withLock { first in
      defer { first = nil }
      return first
    }
  }

  /// The next batch, nil after the last.
  ///
  /// - Throws: what opening a cell throws.
  func next() throws -> ImageBatch? {
    try current.withLock { current in
      if current?.rest.isEmpty ?? true {
        guard let share = takeFirst() ?? queue.wait() else { return nil }
        begin(share)
        let isSame = current?.cell.cell == share.cell
        let cell = isSame ? current?.cell : nil
        current = Opened(cell: try cell ?? plan.open(share.cell), rest: share.images)
      }
      guard let opened = current else { return nil }
      let range = opened.rest.prefix(size)
      current?.rest = range.upperBound..<opened.rest.upperBound
      return ImageBatch(
        cell: opened.cell.cell, number: range.lowerBound / size,
        count: IndexChunks(total: plan.imageCount, size: size).count, range: range,
        images: opened.cell.images)
    }
  }
}
