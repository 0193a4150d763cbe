/// The values of some columns; a column without a value is undefined.
public struct Figures<Column: Hashable & Sendable>: Sendable, Equatable {
  private var values: [Column: Double] = [:]

  /// Figures of which none is defined.
  public init() {}

  /// The value of one column, or nil where it is undefined.
  public subscript(column: Column) -> Double? {
    get { values[column] }
    set { values[column] = newValue }
  }

  /// Each column's mean over `all`, undefined where it is undefined in one of them.
  public static func mean(_ all: [Figures]) -> Figures {
    var mean = Figures()
    guard let first = all.first else { return mean }
    for column in first.values.keys {
      let values = all.compactMap { $0[column] }
      if values.count == all.count { mean[column] = values.reduce(0, +) / Double(values.count) }
    }
    return mean
  }
}
