/// Which rows of files are scored.
package struct RowSelection: Sendable, Equatable {
  /// How many rows the files have.
  package let count: Int
  /// The rows that are scored, in rising order; nil for all.
  package let rows: [Int]?

  package init(count: Int, rows: [Int]? = nil) {
    (self.count, self.rows) = (count, rows)
  }
}
