/// One cell of an evaluation: a corruption at a severity, or the clean test set.
public struct Cell: Hashable, Codable, Sendable, CustomStringConvertible {
  /// The corruption's name in results, such as `fog` or `frost(substitute)`; `clean` for no corruption.
  public let corruption: String
  /// How strong the corruption is, from 1 to 5; 0 for the clean test set.
  public let severity: Int

  /// The cell of `corruption` at `severity`.
  public init(corruption: String, severity: Int) {
    self.corruption = corruption
    self.severity = severity
  }

  /// The cell whose name is `name`, such as `fog-3`; nil where it is not the name of a cell.
  public init?(name: String) {
    guard let dash = name.lastIndex(of: "-"), dash != name.startIndex,
      let severity = Int(name[name.index(after: dash)...])
    else { return nil }
    self.init(corruption: String(name[..<dash]), severity: severity)
    guard self.name == name, severity > 0 || isClean else { return nil }
  }

  /// - Throws: `DecodingError` where the names and severities are of no cell: a cell names a file.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let corruption = try container.decode(String.self, forKey: .corruption)
    let severity = try container.decode(Int.self, forKey: .severity)
    self.init(corruption: corruption, severity: severity)
    let isCorrupted = corruption != Self.clean.corruption && (1...5).contains(severity)
    guard isClean || isCorrupted, !corruption.isEmpty,
      !corruption.contains(where: { "/\\\0".contains($0) })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .corruption, in: container,
        debugDescription: "\(corruption.debugDescription) at severity \(severity) is no cell")
    }
  }

  /// The clean test set.
  public static let clean = Cell(corruption: "clean", severity: 0)

  /// Whether this is the clean test set.
  public var isClean: Bool { self == .clean }

  /// The name in file names, such as `gaussian_noise-3`.
  public var name: String { "\(corruption)-\(severity)" }

  public var description: String { name }

  /// What follows the name of a corruption, or of a protocol, that was made by other means than the
  /// published ones.
  public static let substituteMark = "(substitute)"

  /// The name in results of what stands in for `corruption`, such as `frost(substitute)`.
  public static func substitute(for corruption: String) -> String { corruption + substituteMark }

  /// The published name of a corruption: `name` without the mark of a substitute.
  public static func publishedName(of name: String) -> String {
    name.replacing(substituteMark, with: "")
  }
}

extension [Cell] {
  /// The cells in the order of tables: the clean one, then by the corruption's place among `kinds`, others
  /// last and by name, and by severity.
  package func sorted(by kinds: [CorruptionKind]) -> [Cell] {
    let positions = Dictionary(zip(kinds.map(\.name), 0...)) { first, _ in first }
    func key(_ cell: Cell) -> (Int, Int, String, Int) {
      let position = positions[Cell.publishedName(of: cell.corruption)] ?? kinds.count
      return (cell.isClean ? 0 : 1, position, cell.corruption, cell.severity)
    }
    return sorted { key($0) < key($1) }
  }
}
