/// Logits in memory that only is read: one piece, or several of as many numbers.
struct LogitStorage: Sendable {
  /// Memory, and the object that must live for it to be there.
  private struct Piece: @unchecked Sendable {
    let values: UnsafeBufferPointer<Float>
    let owner: AnyObject
  }

  private let pieces: [Piece]
  /// How many numbers each piece has.
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

  /// Storages whose pieces are all of one length, one after the other.
  init(concatenating storages: [LogitStorage]) {
    self.init(storages.flatMap(\.pieces))
  }

  var count: Int { pieces.count * pieceLength }

  /// The numbers of the first piece, which is the only one of a storage that was not put together.
  var values: UnsafeBufferPointer<Float> { pieces[0].values }

  /// The `stride` numbers of a row; no row lies in two pieces.
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
