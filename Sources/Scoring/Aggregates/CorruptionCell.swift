/// A corruption at a severity: one cell of a corrupted test set.
public struct CorruptionCell: Hashable, Sendable, CustomStringConvertible {
  /// The corruption's name in results, such as `fog` or `frost(substitute)`.
  public let corruption: String
  /// How strong it is, from 1 to 5.
  public let severity: Int

  /// The cell of `corruption` at `severity`.
  public init(_ corruption: String, severity: Int) {
    self.corruption = corruption
    self.severity = severity
  }

  /// The name of the cell's files: `fog-3`.
  public var description: String { "\(corruption)-\(severity)" }
}

/// What aggregates must know of a corruption.
public struct CorruptionKind: Hashable, Sendable {
  /// The published name.
  public let name: String
  /// The family that it is averaged with: noise, blur, weather or digital.
  public let family: String
  /// Whether it is one of the 15 benchmark corruptions, not of the 4 extra ones.
  public let isBenchmark: Bool

  /// The corruption `name` of `family`.
  public init(name: String, family: String, isBenchmark: Bool) {
    self.name = name
    self.family = family
    self.isBenchmark = isBenchmark
  }
}
