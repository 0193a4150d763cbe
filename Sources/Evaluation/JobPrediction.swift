// N images, M members, K classes.

import Formats
import Foundation
import Runs
import Scoring
import Tensors

// The processes of a job share the images of the cells. The first one hands out shares and writes
// the files. Each of the others asks for work with an empty message or with the logits of a share,
// in the order in which it got them. Two shares are on their way to each process, so that none waits
// while the first one computes.
extension CellPrediction {
  private static let batchesPerShare = 4
  fileprivate static let sharesUnderWay = 2
  private static var imagesPerShare: Int { batchesPerShare * batchSize }

  /// Predicts the cells that are not stored yet together with other processes, each of which calls
  /// `assist`; the files have the bytes of one process.
  ///
  /// - Parameters:
  ///   - model: nil where nothing is missing.
  ///   - processes: those of the job, of which this is the first.
  ///   - report: told of each share that is finished.
  /// - Throws: what reading images or writing predictions throws; finished cells stay.
  package func predict(
    _ model: (any Model)?, sharedAmong processes: any ProcessGroup,
    report: (Progress) throws -> Void
  ) throws {
    if processes.isSole, let model { return try predict(model, report: report) }
    try store.create(labels: plan.labels)
    let missing = missingCells
    let shares = missing.flatMap { cell in
      IndexChunks(total: plan.imageCount, size: Self.imagesPerShare).map {
        Share(cell: cell, images: $0)
      }
    }
    let sizes = model.map { [$0.memberCount, $0.classCount] } ?? []
    var distribution = Distribution(
      of: shares, among: processes, store: store, shape: [plan.imageCount] + sizes)
    func reportProgress(_ cell: Cell, _ imageCount: Int) throws {
      try report(
        Progress(
          cell: cell, imageCount: imageCount, imageTotal: missing.count * plan.imageCount))
    }
    try distribution.serve(waits: false, reportProgress)
    while let model, let share = distribution.next() {
      let logits = try logits(of: share, model) {
        try distribution.serve(waits: false, reportProgress)
      }
      try distribution.add(logits, of: share)
      try reportProgress(share.cell, distribution.imageCount)
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
    var opened: (any Model)?
    var openRequests = Self.sharesUnderWay
    for _ in 0..<openRequests { processes.send(Data(), to: 0) }
    while openRequests > 0, let message = processes.receive(waits: true) {
      guard !message.bytes.isEmpty else {
        openRequests -= 1
        continue
      }
      let share = try JSONDecoder().decode(Share.self, from: message.bytes)
      let model = try opened ?? openModel()
      opened = model
      processes.send(try logits(of: share, model) {}.bytes, to: 0)
    }
  }

  /// The logits of a share; `betweenBatches` is called before each batch.
  private func logits(
    of share: Share, _ model: any Model, betweenBatches: () throws -> Void
  ) throws -> [Float] {
    let images = try plan.open(share.cell).images
    let first = share.images.lowerBound / Self.batchSize
    let count = IndexChunks(total: share.images.count, size: Self.batchSize).count
    var logits: [Float] = []
    let makeBatch = { @Sendable in try batch(first + $0, of: images) }
    try Ahead.forEach(count, make: makeBatch) { _, batch in
      try betweenBatches()
      logits += try model.checkedLogits(of: batch)
    }
    return logits
  }
}

/// Consecutive images of one cell: what one process predicts at a time.
///
/// As a message its bytes are JSON; no bytes say that there is no more work.
private struct Share: Codable {
  let cell: Cell
  let images: Range<Int>
}

/// The shares that the first process hands out, and the logits that come back: a cell becomes a file
/// as soon as it is whole.
private struct Distribution {
  private let processes: any ProcessGroup
  private var shares: ArraySlice<Share>
  /// The shares that each process has, in the order in which it got them.
  private var underWay: [[Share]]
  private var openRequests: Int
  private let store: PredictionStore
  private let shape: [Int]  // [N, M, K]
  private var cells: [Cell: (logits: [Float], missing: Int)] = [:]
  /// How many images are predicted.
  private(set) var imageCount = 0

  init(
    of shares: [Share], among processes: any ProcessGroup, store: PredictionStore, shape: [Int]
  ) {
    self.processes = processes
    self.shares = shares[...]
    self.store = store
    self.shape = shape
    underWay = [[Share]](repeating: [], count: processes.count)
    openRequests = CellPrediction.sharesUnderWay * (processes.count - 1)
  }

  /// The next share that nobody has.
  mutating func next() -> Share? { shares.popFirst() }

  /// Answers the requests for work that have arrived, or, if `waits`, all until no more can come.
  ///
  /// `report` is told the cell of each share that has arrived, and how many images are predicted.
  mutating func serve(
    waits: Bool, _ report: (_ cell: Cell, _ imageCount: Int) throws -> Void
  ) throws {
    while openRequests > 0, let message = processes.receive(waits: waits) {
      if !message.bytes.isEmpty {
        let share = underWay[message.sender].removeFirst()
        try add([Float](bytes: message.bytes), of: share)
        try report(share.cell, imageCount)
      }
      if let share = next() {
        underWay[message.sender].append(share)
        processes.send(try JSONEncoder().encode(share), to: message.sender)
      } else {
        openRequests -= 1
        processes.send(Data(), to: message.sender)
      }
    }
  }

  /// Takes the logits of a share.
  mutating func add(_ logits: [Float], of share: Share) throws {
    var cell =
      cells.removeValue(forKey: share.cell)
      ?? ([Float](repeating: 0, count: shape.reduce(1, *)), missing: shape[0])
    let start = share.images.lowerBound * (logits.count / share.images.count)
    cell.logits.replaceSubrange(start..<start + logits.count, with: logits)
    cell.missing -= share.images.count
    imageCount += share.images.count
    guard cell.missing == 0 else { return cells[share.cell] = cell }
    try store.write(share.cell, shape: shape) { try $0.append(cell.logits) }
  }
}
