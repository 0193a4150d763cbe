/// The logits of N rows by M members over K classes, and the rows' labels.
///
/// All logits are finite, all labels are class indices, and N, M and K are at least 1.
public struct LabeledLogits: Sendable {
  /// M, the number of members.
  public let memberCount: Int
  /// K, the number of classes.
  public let classCount: Int
  /// The class index of each row.
  public let labels: [Int]  // [N]
  private let storage: LogitStorage
  /// M·K, the distance between rows.
  private let stride: Int
  /// The storage's row for each row; nil for all rows in their order.
  private let storedRows: [Int]?  // [N]

  /// N, the number of rows.
  public var rowCount: Int { labels.count }

  /// The dimensions [N, M, K].
  public var shape: [Int] { [rowCount, memberCount, classCount] }

  /// The logits in row-major order; a copy.
  public var values: [Float] {  // [N, M, K]
    [Float](unsafeUninitializedCapacity: rowCount * stride) { buffer, count in
      for row in 0..<rowCount {
        let values = UnsafeBufferPointer(start: self.row(row), count: stride)
        _ = buffer[row * stride..<(row + 1) * stride].update(fromContentsOf: values)
      }
      count = rowCount * stride
    }
  }

  /// The logits `values` of shape [N, M, K], with N the number of labels.
  ///
  /// Class probabilities can be scored as well: their logarithms are logits.
  ///
  /// - Throws: `ScoringError` when a dimension is zero, when the number of logits is not N·M·K, when
  ///   a label is not in 0..<K, or when a logit is NaN or infinite.
  public init(
    _ values: [Float], memberCount: Int, classCount: Int, labels: [Int]
  ) throws(ScoringError) {
    try self.init(
      LogitStorage(copying: values), memberCount: memberCount, classCount: classCount,
      labels: labels)
  }

  /// The same for logits in memory that belongs to `owner`, such as a mapped file.
  ///
  /// The memory isn't copied, and must not change while `owner` lives. `owner` is kept alive by these
  /// logits and by what is selected from them.
  ///
  /// - Throws: as `init(_:memberCount:classCount:labels:)`.
  public init(
    borrowing values: UnsafeBufferPointer<Float>, owner: some AnyObject & Sendable,
    memberCount: Int, classCount: Int, labels: [Int]
  ) throws(ScoringError) {
    try self.init(
      LogitStorage(values, owner: owner), memberCount: memberCount, classCount: classCount,
      labels: labels)
  }

  private init(
    _ storage: LogitStorage, memberCount: Int, classCount: Int, labels: [Int]
  ) throws(ScoringError) {
    let shape = [labels.count, memberCount, classCount]
    guard shape.allSatisfy({ $0 > 0 }) else {
      throw .emptyShape(rows: labels.count, members: memberCount, classes: classCount)
    }
    let (stride, tooWide) = memberCount.multipliedReportingOverflow(by: classCount)
    let (expected, tooMany) = labels.count.multipliedReportingOverflow(by: stride)
    guard !tooWide, !tooMany, storage.count == expected else {
      throw .wrongLogitCount(
        rows: labels.count, members: memberCount, classes: classCount, found: storage.count)
    }
    self.init(
      unchecked: storage, storedRows: nil, memberCount: memberCount, classCount: classCount,
      labels: labels)
    try checkLabels()
    try checkFinite()
  }

  private init(
    unchecked storage: LogitStorage, storedRows: [Int]?, memberCount: Int, classCount: Int,
    labels: [Int]
  ) {
    self.storage = storage
    self.storedRows = storedRows
    self.memberCount = memberCount
    self.classCount = classCount
    self.labels = labels
    stride = memberCount * classCount
  }

  /// The rows of several sets of one shape, one set after the other.
  ///
  /// Their logits are not copied, unless rows were selected, or only some of the sets are concatenated
  /// themselves.
  ///
  /// - Throws: `ScoringError.otherShape` where a set is of another shape than the first,
  ///   `ScoringError.emptyShape` for no set.
  public init(concatenating sets: [LabeledLogits]) throws(ScoringError) {
    guard let first = sets.first else { throw .emptyShape(rows: 0, members: 0, classes: 0) }
    for set in sets where set.shape != first.shape {
      throw .otherShape(expected: first.shape, found: set.shape)
    }
    let isWhole = sets.allSatisfy {
      $0.storedRows == nil && $0.storage.pieceLength == first.storage.pieceLength
    }
    self.init(
      unchecked: isWhole
        ? LogitStorage(concatenating: sets.map(\.storage))
        : LogitStorage(copying: sets.flatMap(\.values)),
      storedRows: nil, memberCount: first.memberCount, classCount: first.classCount,
      labels: sets.flatMap(\.labels))
  }

  /// The given rows, in the given order; their logits are not copied.
  ///
  /// - Throws: `ScoringError.noSuchRow`, or `ScoringError.emptyShape` when no row is asked for.
  public func selecting(rows: [Int]) throws(ScoringError) -> LabeledLogits {
    if let row = rows.first(where: { !labels.indices.contains($0) }) {
      throw .noSuchRow(row, rows: rowCount)
    }
    guard !rows.isEmpty else {
      throw .emptyShape(rows: 0, members: memberCount, classes: classCount)
    }
    return LabeledLogits(
      unchecked: storage, storedRows: storedRows.map { stored in rows.map { stored[$0] } } ?? rows,
      memberCount: memberCount, classCount: classCount, labels: rows.map { labels[$0] })
  }

  /// The M·K logits of one row; valid while these `LabeledLogits`, or what is selected from them, live.
  @inline(__always)
  func row(_ row: Int) -> UnsafePointer<Float> {
    storage.row(storedRows?[row] ?? row, stride: stride)
  }

  private func checkLabels() throws(ScoringError) {
    let classes = 0..<classCount
    guard let row = labels.firstIndex(where: { !classes.contains($0) }) else { return }
    throw .labelOutOfRange(
      count: labels.count { !classes.contains($0) }, row: row, label: labels[row],
      classes: classCount)
  }

  private func checkFinite() throws(ScoringError) {
    guard let (first, count) = notFinite(storage.values) else { return }
    throw .notFinite(
      count: count, row: first / (memberCount * classCount),
      member: first / classCount % memberCount, class: first % classCount)
  }

  private func notFinite(_ values: UnsafeBufferPointer<Float>) -> (first: Int, count: Int)? {
    // The largest magnitude is found by vector instructions, the index of a bad value is not.
    let largest = values.reduce(0) { max($0, Int32(bitPattern: $1.bitPattern) & .max) }
    guard largest >= Int32(bitPattern: Float.infinity.bitPattern),
      let first = values.firstIndex(where: { !$0.isFinite })
    else { return nil }
    return (first, values.count { !$0.isFinite })
  }
}

/// Read-only logits in memory: one piece, or several of equal length.
private struct LogitStorage: Sendable {
  /// Memory, and the object that keeps it alive.
  private struct Piece: @unchecked Sendable {
    let values: UnsafeBufferPointer<Float>
    let owner: AnyObject
  }

  private let pieces: [Piece]
  /// The length of each piece.
  let pieceLength: Int

  private init(_ pieces: [Piece]) {
    self.pieces = pieces
    pieceLength = pieces.first?.values.count ?? 0
  }

  init(_ values: UnsafeBufferPointer<Float>, owner: some AnyObject & Sendable) {
    self.init([Piece(values: values, owner: owner)])
  }

  init(copying values: [Float]) {
    let copy = OwnedLogits(values)
    self.init(UnsafeBufferPointer(copy.values), owner: copy)
  }

  /// Storages whose pieces are all of one length, concatenated.
  init(concatenating storages: [LogitStorage]) {
    self.init(storages.flatMap(\.pieces))
  }

  var count: Int { pieces.count * pieceLength }

  /// The numbers of the first piece: of all, unless the storage is concatenated.
  var values: UnsafeBufferPointer<Float> { pieces[0].values }

  /// The `stride` numbers of a row, which lies in one piece.
  @inline(__always)
  func row(_ row: Int, stride: Int) -> UnsafePointer<Float> {
    var (piece, start) = (0, row * stride)
    if start >= pieceLength { (piece, start) = start.quotientAndRemainder(dividingBy: pieceLength) }
    let values = pieces[piece].values
    precondition(start >= 0 && start + stride <= values.count, "no row \(row)")
    return values.baseAddress.unsafelyUnwrapped + start
  }
}

/// Logits that were copied.
private final class OwnedLogits: @unchecked Sendable {
  let values: UnsafeMutableBufferPointer<Float>

  init(_ values: [Float]) {
    self.values = .allocate(capacity: values.count)
    _ = self.values.initialize(fromContentsOf: values)
  }

  deinit { values.deallocate() }
}
