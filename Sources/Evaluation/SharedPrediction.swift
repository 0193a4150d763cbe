// N images, M subnetworks, K classes.

import Formats
import Foundation
import Networks
import Scoring
import Tensors

/// Consecutive images of one cell: what one process predicts at a time.
///
/// As a message its bytes are JSON; no bytes stand for no more work.
private struct Share: Codable {
  let cell: Cell
  let images: Range<Int>

  init(_ cell: Cell, _ images: Range<Int>) {
    (self.cell, self.images) = (cell, images)
  }
}

// The first process hands out shares and writes the files; each of the others asks for work with an
// empty message, and with the logits of a share, in the order that it got them. Two shares are under
// way to each, so that none waits while the first process computes.
extension Evaluator {
  /// Batches of a share.
  private static let batchesPerShare = 4
  private static let sharesUnderWay = 2

  /// Predicts the cells that are not stored yet together with other processes, each of which calls
  /// `assist`; the files are those that one process writes.
  ///
  /// - Parameters:
  ///   - network: nil where nothing is missing.
  ///   - processes: those of the job, of which this is the first.
  ///   - report: told of each share that is there.
  /// - Throws: what reading images or writing predictions throws; finished cells stay.
  package func predict(
    _ network: InferenceNetwork?, sharedAmong processes: any ProcessGroup,
    report: (Progress) throws -> Void
  ) throws {
    if processes.isSole, let network { return try predict(network, report: report) }
    try store.create(labels: plan.labels)
    let missing = missingCells
    var shares = missing.flatMap { cell in
      stride(from: 0, to: plan.imageCount, by: Self.imagesPerShare).map {
        Share(cell, $0..<min($0 + Self.imagesPerShare, plan.imageCount))
      }
    }[...]
    let sizes = network.map { [$0.memberCount, $0.classCount] } ?? []
    var gathered = Gathered(store: store, shape: [plan.imageCount] + sizes)
    var underWay = [[Share]](repeating: [], count: processes.count)
    var openRequests = Self.sharesUnderWay * (processes.count - 1)
    let total = missing.count * plan.imageCount
    func add(_ logits: [Float], of share: Share) throws {
      try gathered.add(logits, of: share)
      try report(
        Progress(cell: share.cell, imageCount: gathered.imageCount, imageTotal: total))
    }
    func serve(waits: Bool) throws {
      while openRequests > 0, let message = processes.receive(waits: waits) {
        if !message.bytes.isEmpty {
          try add([Float](bytes: message.bytes), of: underWay[message.sender].removeFirst())
        }
        if let share = shares.popFirst() {
          underWay[message.sender].append(share)
          processes.send(try JSONEncoder().encode(share), to: message.sender)
        } else {
          openRequests -= 1
          processes.send(Data(), to: message.sender)
        }
      }
    }
    try serve(waits: false)
    while let network, let share = shares.popFirst() {
      let logits = try logits(of: share, network) { try serve(waits: false) }
      try add(logits, of: share)
    }
    try serve(waits: true)
  }

  /// Predicts what the first process asks for, until there is nothing left.
  ///
  /// - Parameters:
  ///   - network: called when there is something to predict.
  ///   - processes: those of the job, of which this is not the first.
  /// - Throws: what `network` or reading images throws.
  package func assist(
    _ network: () throws -> InferenceNetwork, among processes: any ProcessGroup
  ) throws {
    var loaded: InferenceNetwork?
    var openRequests = Self.sharesUnderWay
    for _ in 0..<openRequests { processes.send(Data(), to: 0) }
    while openRequests > 0, let message = processes.receive(waits: true) {
      guard !message.bytes.isEmpty else {
        openRequests -= 1
        continue
      }
      let share = try JSONDecoder().decode(Share.self, from: message.bytes)
      let network = try loaded ?? network()
      loaded = network
      processes.send(try logits(of: share, network) {}.bytes, to: 0)
    }
  }

  private static var imagesPerShare: Int { batchesPerShare * batchSize }

  /// The logits of a share; `betweenBatches` is called before each batch.
  private func logits(
    of share: Share, _ network: InferenceNetwork, betweenBatches: () throws -> Void
  ) throws -> [Float] {
    let images = try plan.open(share.cell).images
    let first = share.images.lowerBound / Self.batchSize
    let count = (share.images.count + Self.batchSize - 1) / Self.batchSize
    var logits: [Float] = []
    let makeBatch = { @Sendable in try batch(first + $0, of: images) }
    try Ahead.forEach(count, make: makeBatch) { _, batch in
      try betweenBatches()
      logits += network.logits(batch).values
    }
    return logits
  }
}

/// Logits of shares, which become files as soon as their cells are whole.
private struct Gathered {
  private let store: PredictionStore
  private let shape: [Int]  // [N, M, K]
  private var cells: [Cell: (logits: [Float], missing: Int)] = [:]
  /// How many images were added.
  private(set) var imageCount = 0

  init(store: PredictionStore, shape: [Int]) {
    self.store = store
    self.shape = shape
  }

  mutating func add(_ logits: [Float], of share: Share) throws {
    var cell =
      cells.removeValue(forKey: share.cell)
      ?? ([Float](repeating: 0, count: shape.reduce(1, *)), missing: shape[0])
    let start = share.images.lowerBound * (logits.count / share.images.count)
    cell.logits.replaceSubrange(start..<start + logits.count, with: logits)
    cell.missing -= share.images.count
    imageCount += share.images.count
    guard cell.missing == 0 else { return cells[share.cell] = cell }
    try NumPyArray.write(cell.logits, shape: shape, to: store.url(of: share.cell))
  }
}
