/// The logits of N rows by M members over K classes, or probabilities in their place, and the rows'
/// labels.
///
/// All numbers are finite, all labels are class indices, and N, M and K are at least 1. Numbers are
/// Float32 or Float64, and stay as they are: a distribution is computed in Float64 when its row is
/// read.
public struct LabeledLogits: Sendable {
  /// M, the number of members.
  public let memberCount: Int
  /// K, the number of classes.
  public let classCount: Int
  /// The class index of each row.
  public let labels: [Int]  // [N]
  /// How far from 1 given probabilities sum; nil for logits.
  public let sums: ProbabilitySums?
  private let storage: NumberStorage
  /// M·K, the distance between rows.
  private let stride: Int
  /// The storage's row for each row; nil for all rows in their order.
  private let storedRows: [Int]?  // [N]

  /// N, the number of rows.
  public var rowCount: Int { labels.count }

  /// The dimensions [N, M, K].
  public var shape: [Int] { [rowCount, memberCount, classCount] }

  /// What the numbers are.
  public let numbers: PredictionNumbers

  /// The numbers in row-major order, rounded to Float32 where they are Float64; a copy.
  public var values: [Float] { float64Values.map { Float($0) } }  // [N, M, K]

  /// The numbers in row-major order; a copy.
  public var float64Values: [Double] {  // [N, M, K]
    [Double](unsafeUninitializedCapacity: rowCount * stride) { buffer, count in
      guard let start = buffer.baseAddress else { return }
      for row in 0..<rowCount {
        self.row(row).widen(from: 0, count: stride, into: start + row * stride)
      }
      count = rowCount * stride
    }
  }

  /// The logits `values` of shape [N, M, K], with N the number of labels.
  ///
  /// - Throws: `ScoringError` when a dimension is zero, when the number of logits is not N·M·K, when
  ///   a label is not in 0..<K, or when a logit is NaN or infinite.
  public init(
    _ values: [Float], memberCount: Int, classCount: Int, labels: [Int]
  ) throws(ScoringError) {
    try self.init(
      NumberStorage(copying: values), .logits, memberCount: memberCount, classCount: classCount,
      labels: labels)
  }

  /// The same for logits, or probabilities, of Float64.
  ///
  /// Probabilities of a row sum to 1 up to rounding; see `ProbabilitySums`.
  ///
  /// - Throws: as `init(_:memberCount:classCount:labels:)`; for logits beyond the range of Float32,
  ///   and for numbers that are no probabilities.
  public init(
    float64 values: [Double], as numbers: PredictionNumbers = .logits, memberCount: Int,
    classCount: Int, labels: [Int]
  ) throws(ScoringError) {
    try self.init(
      NumberStorage(copying: values), numbers, memberCount: memberCount, classCount: classCount,
      labels: labels)
  }

  /// The same for numbers in memory that belongs to `owner`, such as a mapped file.
  ///
  /// The memory isn't copied, and must not change while `owner` lives. `owner` is kept alive by these
  /// logits and by what is selected from them.
  ///
  /// - Throws: as `init(float64:as:memberCount:classCount:labels:)`.
  public init(
    borrowing values: UnsafeBufferPointer<Float>, as numbers: PredictionNumbers = .logits,
    owner: some AnyObject & Sendable, memberCount: Int, classCount: Int, labels: [Int]
  ) throws(ScoringError) {
    try self.init(
      NumberStorage(values, owner: owner), numbers, memberCount: memberCount,
      classCount: classCount, labels: labels)
  }

  /// The same for Float64.
  ///
  /// - Throws: as `init(float64:as:memberCount:classCount:labels:)`.
  public init(
    borrowing values: UnsafeBufferPointer<Double>, as numbers: PredictionNumbers = .logits,
    owner: some AnyObject & Sendable, memberCount: Int, classCount: Int, labels: [Int]
  ) throws(ScoringError) {
    try self.init(
      NumberStorage(values, owner: owner), numbers, memberCount: memberCount,
      classCount: classCount, labels: labels)
  }

  private init(
    _ storage: NumberStorage, _ numbers: PredictionNumbers, memberCount: Int, classCount: Int,
    labels: [Int]
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
    try Self.check(labels, classCount: classCount)
    self.init(
      unchecked: storage,
      sums: try Self.check(storage, numbers, memberCount: memberCount, classCount: classCount),
      storedRows: nil, memberCount: memberCount, classCount: classCount, labels: labels)
  }

  private init(
    unchecked storage: NumberStorage, sums: ProbabilitySums?, storedRows: [Int]?,
    memberCount: Int, classCount: Int, labels: [Int]
  ) {
    self.storage = storage
    self.sums = sums
    numbers = sums == nil ? .logits : .probabilities
    self.storedRows = storedRows
    self.memberCount = memberCount
    self.classCount = classCount
    self.labels = labels
    stride = memberCount * classCount
  }

  /// The rows of several sets of one shape, one set after the other.
  ///
  /// Their numbers are not copied, unless rows were selected, or only some of the sets are concatenated
  /// themselves, or some are Float32 and some Float64.
  ///
  /// - Throws: `ScoringError.otherShape` where a set is of another shape than the first,
  ///   `ScoringError.otherNumbers` where one holds probabilities and another logits,
  ///   `ScoringError.emptyShape` for no set.
  public init(concatenating sets: [LabeledLogits]) throws(ScoringError) {
    guard let first = sets.first else { throw .emptyShape(rows: 0, members: 0, classes: 0) }
    for set in sets {
      guard set.shape == first.shape else {
        throw .otherShape(expected: first.shape, found: set.shape)
      }
      guard set.numbers == first.numbers else { throw .otherNumbers(set.numbers) }
    }
    let isWhole = sets.allSatisfy {
      $0.storedRows == nil && first.storage.canBeFollowed(by: $0.storage)
    }
    self.init(
      unchecked: isWhole
        ? NumberStorage(concatenating: sets.map(\.storage)) : Self.copy(of: sets),
      sums: ProbabilitySums(merging: sets.compactMap(\.sums)),
      storedRows: nil, memberCount: first.memberCount, classCount: first.classCount,
      labels: sets.flatMap(\.labels))
  }

  private static func copy(of sets: [LabeledLogits]) -> NumberStorage {
    sets.contains(where: \.storage.isFloat64)
      ? NumberStorage(copying: sets.flatMap(\.float64Values))
      : NumberStorage(copying: sets.flatMap(\.values))
  }

  /// The given rows, in the given order; their numbers are not copied.
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
      unchecked: storage, sums: sums,
      storedRows: storedRows.map { stored in rows.map { stored[$0] } } ?? rows,
      memberCount: memberCount, classCount: classCount, labels: rows.map { labels[$0] })
  }

  /// The M·K numbers of one row; valid while these `LabeledLogits`, or what is selected from them, live.
  @inline(__always)
  func row(_ row: Int) -> NumberStorage.Pointer {
    storage.row(storedRows?[row] ?? row, stride: stride)
  }
}

// MARK: Checks

extension LabeledLogits {
  private static func check(_ labels: [Int], classCount: Int) throws(ScoringError) {
    let classes = 0..<classCount
    guard let row = labels.firstIndex(where: { !classes.contains($0) }) else { return }
    throw .labelOutOfRange(
      count: labels.count { !classes.contains($0) }, row: row, label: labels[row],
      classes: classCount)
  }

  /// Checks numbers in one piece; how far they sum from 1 if they are probabilities.
  private static func check(
    _ storage: NumberStorage, _ numbers: PredictionNumbers, memberCount: Int, classCount: Int
  ) throws(ScoringError) -> ProbabilitySums? {
    switch numbers {
    case .probabilities:
      return try storage.withFirstPiece { (values) throws(ScoringError) in
        try ProbabilitySums(values, memberCount: memberCount, classCount: classCount)
      } float64: { (values) throws(ScoringError) in
        try ProbabilitySums(values, memberCount: memberCount, classCount: classCount)
      }
    case .logits:
      guard let bad = try storage.withFirstPiece(float32: unusable, float64: unusable) else {
        return nil
      }
      let (row, member) = (
        bad.first / (memberCount * classCount), bad.first / classCount % memberCount
      )
      throw bad.isFinite
        ? .tooLarge(count: bad.count, row: row, member: member, class: bad.first % classCount)
        : .notFinite(count: bad.count, row: row, member: member, class: bad.first % classCount)
    }
  }

  /// The first number that cannot be scored, whether it is finite, and how many there are.
  private typealias Unusable = (first: Int, isFinite: Bool, count: Int)

  private static func unusable(_ values: UnsafeBufferPointer<Float>) -> Unusable? {
    // The largest magnitude is found by vector instructions, the index of a bad value is not.
    let largest = values.reduce(0) { max($0, Int32(bitPattern: $1.bitPattern) & .max) }
    guard largest >= Int32(bitPattern: Float.infinity.bitPattern),
      let first = values.firstIndex(where: { !$0.isFinite })
    else { return nil }
    return (first, false, values.count { !$0.isFinite })
  }

  /// Fourth powers of differences must be finite, so Float64 must not exceed the range of Float32.
  private static func unusable(_ values: UnsafeBufferPointer<Double>) -> Unusable? {
    let limit = Double(Float.greatestFiniteMagnitude)
    let isBad = { (value: Double) in !(abs(value) <= limit) }
    guard let first = values.firstIndex(where: isBad) else { return nil }
    return (first, values[first].isFinite, values.count(where: isBad))
  }
}
