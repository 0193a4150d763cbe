/// What takes time where a page, a table or a comparison is made.
package enum ReportStep: String, Sendable {
  /// Bytes of predictions are compared with the record of their run.
  case hash
  /// Images of cells are scored for tests.
  case test
  /// Figures are drawn.
  case draw

  /// Told of a step how much is done, of how much.
  package typealias Report = (_ step: ReportStep, _ done: Int, _ total: Int) throws -> Void
}
