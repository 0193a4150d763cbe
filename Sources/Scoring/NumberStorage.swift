internal import Tensors

/// Read-only numbers in memory, of Float32 or Float64: one piece, or several of equal length.
struct NumberStorage: Sendable {
  /// A pointer to the first of some numbers.
  enum Pointer {
    case float32(UnsafePointer<Float>)
    case float64(UnsafePointer<Double>)
  }

  /// Where pieces start, and the objects that keep them alive.
  private final class Memory: @unchecked Sendable {
    let starts: UnsafeMutableBufferPointer<UnsafeRawPointer?>
    let owners: [AnyObject]

    init(starts: [UnsafeRawPointer?], owners: [AnyObject]) {
      self.starts = .allocate(capacity: starts.count)
      _ = self.starts.initialize(fromContentsOf: starts)
      self.owners = owners
    }

    deinit { starts.deallocate() }
  }

  private let memory: Memory
  /// The length of each piece.
  let pieceLength: Int
  /// Whether the numbers are Float64.
  let isFloat64: Bool

  private init(_ memory: Memory, pieceLength: Int, isFloat64: Bool) {
    self.memory = memory
    self.pieceLength = pieceLength
    self.isFloat64 = isFloat64
  }

  init(_ values: UnsafeBufferPointer<Float>, owner: some AnyObject & Sendable) {
    self.init(
      Memory(starts: [values.baseAddress], owners: [owner]), pieceLength: values.count,
      isFloat64: false)
  }

  init(_ values: UnsafeBufferPointer<Double>, owner: some AnyObject & Sendable) {
    self.init(
      Memory(starts: [values.baseAddress], owners: [owner]), pieceLength: values.count,
      isFloat64: true)
  }

  init(copying values: [Float]) {
    let copy = OwnedNumbers(values)
    self.init(UnsafeBufferPointer(copy.values), owner: copy)
  }

  init(copying values: [Double]) {
    let copy = OwnedNumbers(values)
    self.init(UnsafeBufferPointer(copy.values), owner: copy)
  }

  /// Storages of one type whose pieces are all of one length, concatenated; there is at least one.
  init(concatenating storages: [NumberStorage]) {
    self.init(
      Memory(
        starts: storages.flatMap(\.memory.starts), owners: storages.flatMap(\.memory.owners)),
      pieceLength: storages[0].pieceLength, isFloat64: storages[0].isFloat64)
  }

  var count: Int { memory.starts.count * pieceLength }

  /// Whether pieces of `other` can follow these.
  func canBeFollowed(by other: NumberStorage) -> Bool {
    pieceLength == other.pieceLength && isFloat64 == other.isFloat64
  }

  /// The `stride` numbers of a row, which lies in one piece.
  @inline(__always)
  func row(_ row: Int, stride: Int) -> Pointer {
    var (piece, start) = (0, row * stride)
    if start >= pieceLength { (piece, start) = start.quotientAndRemainder(dividingBy: pieceLength) }
    precondition(
      start >= 0 && start + stride <= pieceLength && piece < memory.starts.count, "no row \(row)")
    let numbers = memory.starts[piece].unsafelyUnwrapped
    return isFloat64
      ? .float64(numbers.assumingMemoryBound(to: Double.self) + start)
      : .float32(numbers.assumingMemoryBound(to: Float.self) + start)
  }

  /// The numbers of the first piece: of all, unless the storage is concatenated.
  func withFirstPiece<Result>(
    float32: (UnsafeBufferPointer<Float>) throws(ScoringError) -> Result,
    float64: (UnsafeBufferPointer<Double>) throws(ScoringError) -> Result
  ) throws(ScoringError) -> Result {
    let start = memory.starts[0]
    return isFloat64
      ? try float64(.init(start: start?.assumingMemoryBound(to: Double.self), count: pieceLength))
      : try float32(.init(start: start?.assumingMemoryBound(to: Float.self), count: pieceLength))
  }
}

extension NumberStorage.Pointer {
  /// Writes `count` numbers, from `first` on, to `target`.
  @inline(__always)
  func widen(from first: Int, count: Int, into target: UnsafeMutablePointer<Double>) {
    switch self {
    case .float32(let numbers):
      ProbabilityKernels.preferred.widen(numbers + first, count: count, into: target)
    case .float64(let numbers): target.update(from: numbers + first, count: count)
    }
  }

  /// One number.
  @inline(__always)
  subscript(index: Int) -> Double {
    switch self {
    case .float32(let numbers): Double(numbers[index])
    case .float64(let numbers): numbers[index]
    }
  }
}

/// Numbers that were copied.
private final class OwnedNumbers<Number: BitwiseCopyable>: @unchecked Sendable {
  let values: UnsafeMutableBufferPointer<Number>

  init(_ values: [Number]) {
    self.values = .allocate(capacity: values.count)
    _ = self.values.initialize(fromContentsOf: values)
  }

  deinit { values.deallocate() }
}
