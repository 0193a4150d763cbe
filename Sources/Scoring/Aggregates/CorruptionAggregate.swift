/// What figures are taken over: the `aggregate` column of `summary.csv`.
public enum CorruptionAggregate: Hashable, Sendable {
  /// The mean over all cells of a metric of each.
  case macro
  /// A metric of the rows of all cells together.
  case pooled
  /// The mean over the cells of a family.
  case family(String)
  /// The mean over the severities of a corruption.
  case corruption(String)
  /// The mean over the corruptions at a severity.
  case severity(Int)

  /// The name in the `aggregate` column.
  public var name: String {
    switch self {
    case .macro: "macro"
    case .pooled: "pooled"
    case .family(let name), .corruption(let name): name
    case .severity(let severity): "severity-\(severity)"
    }
  }
}
