/// Which corrupted cells are aggregated: severities 1 to 5 of each of some corruptions.
///
/// An aggregate is undefined unless all of its cells are present under their published names: cells of
/// a substitute, such as `frost(substitute)`, do not count.
public struct CorruptionProtocol: Sendable {
  /// Which corruptions: the `protocol` column of `summary.csv`.
  public enum Name: String, CaseIterable, Sendable {
    /// The 15 benchmark corruptions (Hendrycks and Dietterich 2019).
    case c15
    /// Those and the 4 extra ones.
    case c19
    /// All 19 as one set of rows, as MixMo reports them.
    case mixmo
  }

  /// The name in the `protocol` column of averages over a run's own corrupted cells, where they are no
  /// whole protocol: they compare with averages over the same cells alone.
  public static let ownCells = "cells"

  /// The severities of a cell.
  public static let severities = 1...5

  /// Which corruptions are aggregated.
  public let name: Name
  /// These corruptions, in the order given.
  public let kinds: [CorruptionKind]

  /// The protocol `name` with its corruptions among `kinds`.
  ///
  /// Nil unless there are 15 benchmark corruptions and, where the protocol has them, 4 others, each
  /// once: the values of others could not be compared.
  public init?(_ name: Name, of kinds: [CorruptionKind]) {
    self.name = name
    self.kinds = name == .c15 ? kinds.filter(\.isBenchmark) : kinds
    let benchmarkCount = self.kinds.count(where: \.isBenchmark)
    guard Set(self.kinds.map(\.name)).count == self.kinds.count, benchmarkCount == 15,
      self.kinds.count == (name == .c15 ? 15 : 19)
    else { return nil }
  }

  /// The aggregates of the protocol in `summary.csv`, in the order of its rows.
  public var aggregates: [CorruptionAggregate] {
    guard name != .mixmo else { return [.pooled] }
    let families = kinds.map(\.family).reduce(into: [String]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    return [.macro, .pooled] + families.map { .family($0) }
      + kinds.map { .corruption($0.name) } + Self.severities.map { .severity($0) }
  }

  /// The cells that `aggregate` is taken over, corruption by corruption.
  public func cells(of aggregate: CorruptionAggregate = .macro) -> [Cell] {
    kinds.flatMap { kind in
      Self.severities.compactMap { severity in
        let isIn =
          switch aggregate {
          case .macro, .pooled: true
          case .family(let family): kind.family == family
          case .corruption(let name): kind.name == name
          case .severity(let wanted): severity == wanted
          }
        return isIn ? Cell(corruption: kind.name, severity: severity) : nil
      }
    }
  }

  /// Why values over all cells are undefined, with the names of cells that are not in `present`.
  ///
  /// Nil when all are present. Of many missing cells the first few are named.
  public func lacking(_ present: some Sequence<Cell>) -> String? {
    let present = Set(present)
    let (cells, missing) = (cells(), cells().filter { !present.contains($0) })
    guard !missing.isEmpty else { return nil }
    let named = missing.prefix(missing.count > 6 ? 5 : 6).map(\.description)
    let names = named.joined(separator: ", ") + (named.count < missing.count ? ", …" : "")
    return "\(name.rawValue) is undefined: \(missing.count) of \(cells.count) cells are "
      + "missing (\(names))"
  }

  /// The mean of a metric over the cells of `aggregate`.
  ///
  /// Nil when it has no cells or a cell has no value, and for `pooled`: a metric of all rows, which
  /// `LabeledLogits.init(concatenating:)` concatenates, is not a mean over cells.
  public func mean(
    _ values: [Cell: Double], over aggregate: CorruptionAggregate = .macro
  ) -> Double? {
    guard aggregate != .pooled else { return nil }
    return RunningMean.mean(of: cells(of: aggregate).map { values[$0] })
  }
}

/// The properties of a corruption that aggregates need.
public struct CorruptionKind: Hashable, Codable, Sendable {
  /// The published name.
  public let name: String
  /// Its family: noise, blur, weather or digital.
  public let family: String
  /// Whether it is one of the 15 benchmark corruptions, not of the 4 extra ones.
  public let isBenchmark: Bool
  /// The error of a reference model on it; nil where none is published.
  public let reference: ReferenceError?

  /// The corruption `name` of `family`.
  public init(
    name: String, family: String, isBenchmark: Bool, reference: ReferenceError? = nil
  ) {
    self.name = name
    self.family = family
    self.isBenchmark = isBenchmark
    self.reference = reference
  }
}

/// The cells that a value is computed over: the `aggregate` column of `summary.csv`.
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
