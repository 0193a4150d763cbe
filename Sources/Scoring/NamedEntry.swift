/// An entry of an open list that is identified by its name: a metric, or a calibration.
///
/// Entries are equal where their names are.
public protocol NamedEntry: Hashable, Sendable, CustomStringConvertible {
  /// The name in result files.
  var name: String { get }

  /// The entries that result files have, in their order.
  static var all: [Self] { get }
}

extension NamedEntry {
  /// The entry of `all` that is called `name`; nil where there is none.
  public init?(name: String) {
    guard let entry = Self.all.first(where: { $0.name == name }) else { return nil }
    self = entry
  }

  public var description: String { name }

  public static func == (first: Self, second: Self) -> Bool { first.name == second.name }

  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
