/// The logits of N rows by M members over K classes, and the rows' labels.
///
/// All logits are finite, all labels are class indices, and N, M and K are at least 1.
public struct LabelledLogits: Sendable {
  /// M, the number of members.
  public let memberCount: Int
  /// K, the number of classes.
  public let classCount: Int
  /// The logits in row-major order.
  public let values: [Float]  // [N, M, K]
  /// The class index of each row.
  public let labels: [Int]  // [N]

  /// N, the number of rows.
  public var rowCount: Int { labels.count }

  /// The dimensions [N, M, K].
  public var shape: [Int] { [rowCount, memberCount, classCount] }

  /// The logits `values` of shape [N, M, K], where N is the number of labels.
  ///
  /// Class probabilities can be scored as well: their logarithms are logits.
  ///
  /// - Throws: `ScoringError` when a dimension is zero, when the number of logits is not N·M·K, when
  ///   a label is not in 0..<K, or when a logit is NaN or infinite: how many, and where the first is.
  public init(
    _ values: [Float], memberCount: Int, classCount: Int, labels: [Int]
  ) throws(ScoringError) {
    self.init(unchecked: values, memberCount: memberCount, classCount: classCount, labels: labels)
    try checkShape()
    try checkLabels()
    try checkFinite()
  }

  private init(unchecked values: [Float], memberCount: Int, classCount: Int, labels: [Int]) {
    self.values = values
    self.memberCount = memberCount
    self.classCount = classCount
    self.labels = labels
  }

  /// The given rows, in the given order.
  ///
  /// - Throws: `ScoringError.noSuchRow`, or `ScoringError.emptyShape` when no row is asked for.
  public func selecting(rows: [Int]) throws(ScoringError) -> LabelledLogits {
    if let row = rows.first(where: { !labels.indices.contains($0) }) {
      throw .noSuchRow(row, rows: rowCount)
    }
    guard !rows.isEmpty else {
      throw .emptyShape(rows: 0, members: memberCount, classes: classCount)
    }
    let stride = memberCount * classCount
    var selected: [Float] = []
    selected.reserveCapacity(rows.count * stride)
    for row in rows { selected.append(contentsOf: values[row * stride..<(row + 1) * stride]) }
    return LabelledLogits(
      unchecked: selected, memberCount: memberCount, classCount: classCount,
      labels: rows.map { labels[$0] })
  }

  private func checkShape() throws(ScoringError) {
    guard rowCount > 0, memberCount > 0, classCount > 0 else {
      throw .emptyShape(rows: rowCount, members: memberCount, classes: classCount)
    }
    let (stride, tooWide) = memberCount.multipliedReportingOverflow(by: classCount)
    let (expected, tooMany) = rowCount.multipliedReportingOverflow(by: stride)
    guard !tooWide, !tooMany, values.count == expected else {
      throw .wrongLogitCount(
        rows: rowCount, members: memberCount, classes: classCount, found: values.count)
    }
  }

  private func checkLabels() throws(ScoringError) {
    let classes = 0..<classCount
    guard let row = labels.firstIndex(where: { !classes.contains($0) }) else { return }
    throw .labelOutOfRange(
      count: labels.count { !classes.contains($0) }, row: row, label: labels[row],
      classes: classCount)
  }

  private func checkFinite() throws(ScoringError) {
    guard let first = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw .notFinite(
      count: values.count { !$0.isFinite }, row: first / (memberCount * classCount),
      member: first / classCount % memberCount, class: first % classCount)
  }
}
