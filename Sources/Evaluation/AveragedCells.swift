import Scoring

/// The corrupted cells that a run's values are averaged over, and the parts of them.
///
/// Those of a complete protocol or, in a run that has none, all that the run has, as the protocol
/// `cells`. The second are not comparable with values that were published.
struct AveragedCells {
  /// Cells that belong together.
  struct Part {
    /// What divides the cells into parts.
    enum Kind { case all, family, corruption, severity }

    let kind: Kind
    /// The name in the column `aggregate`.
    let name: String
    let cells: [Cell]
  }

  /// The name in the column `protocol`.
  let name: String
  /// All cells as the part `macro`, then families, corruptions and severities.
  let parts: [Part]

  /// The cells of a protocol that has all of them; `name` is its name in tables.
  init(_ benchmark: CorruptionProtocol, name: String) {
    self.name = name
    parts = benchmark.aggregates.compactMap { aggregate in
      let kind: Part.Kind? =
        switch aggregate {
        case .macro: .all
        case .pooled: nil
        case .family: .family
        case .corruption: .corruption
        case .severity: .severity
        }
      return kind.map {
        Part(kind: $0, name: aggregate.name, cells: benchmark.cells(of: aggregate))
      }
    }
  }

  /// All of `cells`, at least one, without the clean one.
  ///
  /// A severity is a part where all corruptions have it: otherwise means over severities would differ
  /// by what they are of.
  init(own cells: [Cell], kinds: [CorruptionKind]) {
    name = CorruptionProtocol.ownCells
    let families = Dictionary(kinds.map { ($0.name, $0.family) }) { first, _ in first }
    let corruptions = Self.unique(cells.map(\.corruption))
    func family(_ cell: Cell) -> String {
      families[Cell.publishedName(of: cell.corruption)] ?? "other"
    }
    var parts = [Part(kind: .all, name: CorruptionAggregate.macro.name, cells: cells)]
    var names: Set<String> = [CorruptionAggregate.macro.name, CorruptionAggregate.pooled.name]
    func add(_ kind: Part.Kind, _ name: String, _ cells: [Cell]) {
      // A user's suite may give a family the name of a corruption; a row is told by its name.
      if names.insert(name).inserted { parts.append(Part(kind: kind, name: name, cells: cells)) }
    }
    for name in Self.unique(cells.map(family)) {
      add(.family, name, cells.filter { family($0) == name })
    }
    for name in corruptions { add(.corruption, name, cells.filter { $0.corruption == name }) }
    for severity in Set(cells.map(\.severity)).sorted() {
      let cells = cells.filter { $0.severity == severity }
      if cells.count == corruptions.count {
        add(.severity, CorruptionAggregate.severity(severity).name, cells)
      }
    }
    self.parts = parts
  }

  private static func unique(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }
}
