// N images, M members, K classes.

import Formats
import Foundation
import Predictions
import Runs
import Scoring
import Tensors

// The processes of a job share the images of the cells. The first one hands out shares and writes
// the files. Each of the others asks for work with an empty message or with the answer to a share,
// in the order in which it got them. Two shares are on their way to each process, so that none waits
// while the first one computes.
extension CellPrediction {
  private static let batchesPerShare = 4
  fileprivate static let sharesUnderWay = 2

  /// Predicts the cells that are not stored yet together with other processes, each of which calls
  /// `assist`; the files have the bytes of one process.
  ///
  /// - Parameters:
  ///   - model: nil where nothing is missing.
  ///   - processes: those of the job, of which this is the first.
  ///   - report: told of each share that is finished, or batch where there is one process.
  ///   - finish: Told of each cell that is stored.
  /// - Throws: what the model, reading images or writing predictions throws; finished cells stay.
  package func predict(
    _ model: (any Model)?, sharedAmong processes: any ProcessGroup,
    report: (Progress) throws -> Void, finish: (Cell) throws -> Void = { _ in }
  ) throws {
    if processes.isSole, let model { return try predict(model, report: report, finish: finish) }
    try store.create(labels: plan.labels)
    let missing = missingCells
    let shareSize = Self.batchesPerShare * (model?.batchSize ?? 1)
    let queue = ShareQueue(
      missing.flatMap { cell in
        IndexChunks(total: plan.imageCount, size: shareSize).map { Share(cell: cell, images: $0) }
      })
    queue.close()
    var distribution = Distribution(
      of: queue, among: processes, store: store, rowCount: plan.imageCount)
    func reportProgress(_ cell: Cell, _ imageCount: Int) throws {
      try report(
        Progress(
          cell: cell, imageCount: imageCount, imageTotal: missing.count * plan.imageCount))
      if store.contains(cell) { try finish(cell) }
    }
    try distribution.serve(waits: false, reportProgress)
    if let model {
      let check = knownShare(for: model)
      let answers = ShareAnswers(of: model, to: queue, startingWith: check, of: plan)
      defer { answers.stop() }
      if check != nil, let (_, answer) = try answers.next(beforeEach: {}) {
        try compare(answer)
      }
      while let (share, answer) = try answers.next(
        beforeEach: { try distribution.serve(waits: false, reportProgress) })
      {
        try distribution.add(answer, of: share)
        try reportProgress(share.cell, distribution.imageCount)
      }
    }
    try distribution.serve(waits: true, reportProgress)
  }

  /// Predicts what the first process asks for, until there is nothing left.
  ///
  /// - Parameters:
  ///   - openModel: called when there is something to predict.
  ///   - processes: those of the job, of which this is not the first.
  /// - Throws: what `openModel`, the model or reading images throws.
  package func assist(
    _ openModel: () throws -> any Model, among processes: any ProcessGroup
  ) throws {
    let queue = ShareQueue()
    var openRequests = Self.sharesUnderWay
    var shareCount = 0
    /// Takes the shares that have arrived, or, if `waits`, the next one as well.
    func receive(waits: Bool) throws {
      var waits = waits
      while openRequests > shareCount, let message = processes.receive(waits: waits) {
        guard !message.bytes.isEmpty else {
          openRequests -= 1
          continue
        }
        queue.append(try JSONDecoder().decode(Share.self, from: message.bytes))
        shareCount += 1
        waits = false
      }
      if openRequests == 0 { queue.close() }
    }
    for _ in 0..<openRequests { processes.send(Data(), to: 0) }
    try receive(waits: true)
    guard shareCount > 0 else { return }
    let answers = ShareAnswers(of: try openModel(), to: queue, of: plan)
    defer { answers.stop() }
    while openRequests > 0 {
      if shareCount == 0 { try receive(waits: true) }
      guard let (_, answer) = try answers.next(beforeEach: { try receive(waits: false) }) else {
        break
      }
      shareCount -= 1
      processes.send(try answer.bytes, to: 0)
    }
  }
}

/// The answers of a model to whole shares.
private final class ShareAnswers {
  /// The shares that the model was given, in the order of its answers.
  private let taken = ShareQueue()
  private let answers: any ModelAnswers

  init(
    of model: any Model, to queue: ShareQueue, startingWith first: Share? = nil,
    of plan: EvaluationPlan
  ) {
    let batches = ShareBatches(queue, startingWith: first, of: plan, size: model.batchSize) {
      [taken] in
      taken.append($0)
    }
    answers = model.answers { try batches.next() }
  }

  /// The next share with its answer, nil after the last.
  ///
  /// - Parameter beforeEach: Called before each batch is waited for.
  /// - Returns: The two.
  /// - Throws: what the model or `beforeEach` throws.
  func next(beforeEach: () throws -> Void) throws -> (Share, PredictionArray)? {
    try beforeEach()
    guard let first = try answers.next() else { return nil }
    guard let share = taken.take() else { throw EvaluationError.unexpectedAnswer }
    var (parts, count) = ([first], first.rowCount)
    while count < share.images.count {
      try beforeEach()
      guard let part = try answers.next() else { throw EvaluationError.unexpectedAnswer }
      parts.append(part)
      count += part.rowCount
    }
    return (share, try PredictionArray(joining: parts))
  }

  func stop() { answers.stop() }
}

/// The shares that the first process hands out, and the answers that come back: a cell becomes a file
/// as soon as it is whole.
private struct Distribution {
  private let processes: any ProcessGroup
  private let queue: ShareQueue
  /// The shares that each process has, in the order in which it got them.
  private var underWay: [[Share]]
  private var openRequests: Int
  private let store: PredictionStore
  private let rowCount: Int
  private var cells: [Cell: [(first: Int, answer: PredictionArray)]] = [:]
  /// How many images are predicted.
  private(set) var imageCount = 0

  init(
    of queue: ShareQueue, among processes: any ProcessGroup, store: PredictionStore, rowCount: Int
  ) {
    self.processes = processes
    self.queue = queue
    self.store = store
    self.rowCount = rowCount
    underWay = [[Share]](repeating: [], count: processes.count)
    openRequests = CellPrediction.sharesUnderWay * (processes.count - 1)
  }

  /// Answers the requests for work that have arrived, or, if `waits`, all until no more can come.
  ///
  /// `report` is told the cell of each share that has arrived, and how many images are predicted.
  mutating func serve(
    waits: Bool, _ report: (_ cell: Cell, _ imageCount: Int) throws -> Void
  ) throws {
    while openRequests > 0, let message = processes.receive(waits: waits) {
      if !message.bytes.isEmpty {
        let share = underWay[message.sender].removeFirst()
        try add(PredictionArray(bytes: message.bytes), of: share)
        try report(share.cell, imageCount)
      }
      if let share = queue.take() {
        underWay[message.sender].append(share)
        processes.send(try JSONEncoder().encode(share), to: message.sender)
      } else {
        openRequests -= 1
        processes.send(Data(), to: message.sender)
      }
    }
  }

  /// Takes the answer to a share.
  mutating func add(_ answer: PredictionArray, of share: Share) throws {
    cells[share.cell, default: []].append((share.images.lowerBound, answer))
    imageCount += share.images.count
    guard cells[share.cell]?.reduce(0, { $0 + $1.answer.rowCount }) == rowCount else { return }
    let parts = (cells.removeValue(forKey: share.cell) ?? []).sorted { $0.first < $1.first }
    var next = parts.makeIterator()
    try store.store(share.cell, rowCount: rowCount) { next.next()?.answer }
  }
}
