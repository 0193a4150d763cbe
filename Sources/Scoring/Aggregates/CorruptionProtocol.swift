/// Which corrupted cells are aggregated: severities 1 to 5 of each of some corruptions.
///
/// An aggregate is undefined unless every one of its cells is there under its published name: cells
/// of a substitute, such as `frost(substitute)`, never stand in.
public struct CorruptionProtocol: Sendable {
  /// Which corruptions: the `protocol` column of `summary.csv`.
  public enum Name: String, CaseIterable, Sendable {
    /// The 15 benchmark corruptions (Hendrycks and Dietterich 2019).
    case c15
    /// Those and the 4 extra ones.
    case c19
    /// All 19 as one set of rows, MixMo's own figure.
    case mixmo
  }

  /// The severities of a cell.
  public static let severities = 1...5

  /// Which corruptions are aggregated.
  public let name: Name
  /// These corruptions, in the order given.
  public let kinds: [CorruptionKind]

  /// The protocol `name` with its corruptions among `kinds`.
  ///
  /// Nil unless there are 15 benchmark corruptions and, where the protocol has them, 4 others, each
  /// once: the protocol's figures would be of something else.
  public init?(_ name: Name, of kinds: [CorruptionKind]) {
    self.name = name
    self.kinds = name == .c15 ? kinds.filter(\.isBenchmark) : kinds
    let benchmarkCount = self.kinds.count(where: \.isBenchmark)
    guard Set(self.kinds.map(\.name)).count == self.kinds.count, benchmarkCount == 15,
      self.kinds.count == (name == .c15 ? 15 : 19)
    else { return nil }
  }

  /// The aggregates that `summary.csv` has of the protocol, in the order of its rows.
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

  /// Why figures over all cells are undefined, naming the cells that are not among `present`.
  ///
  /// Nil when all are there. Of many the first few are named.
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
  /// Nil when it has no cells or a cell has no value. Of `pooled` there is none: a metric of all
  /// rows, which `LabeledLogits.init(concatenating:)` puts together, is not a mean over cells.
  public func mean(
    _ values: [Cell: Double], over aggregate: CorruptionAggregate = .macro
  ) -> Double? {
    guard aggregate != .pooled else { return nil }
    return mean(cells(of: aggregate).map { values[$0] })
  }

  func mean(_ values: [Double?]) -> Double? {
    var mean = RunningMean()
    for value in values {
      guard let value else { return nil }
      mean.add(value)
    }
    return mean.value
  }
}
