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
