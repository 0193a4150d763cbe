/// What calibrates each row of a predictor: one map, or several that share the rows.
///
/// Cross-fitted rows have a map that was fitted on other rows.
public struct RowCalibrations: Sendable {
  /// The maps, fold by fold.
  public let maps: [CalibrationMap]
  /// The map of each row, as an index; nil where there is one.
  private let indices: [UInt8]?  // [N]

  /// `map` for every row.
  public init(_ map: CalibrationMap) {
    maps = [map]
    indices = nil
  }

  /// Each of `maps` for the rows of its fold.
  ///
  /// - Precondition: Each of 0..<`rowCount` is in exactly one of `folds`; there are at most 256.
  public init(_ maps: [CalibrationMap], scoring folds: [[Int]], rowCount: Int) {
    precondition(maps.count == folds.count && maps.count <= 256, "a map for each fold")
    var indices = [UInt8](repeating: 0, count: rowCount)
    for (fold, rows) in folds.enumerated() {
      for row in rows { indices[row] = UInt8(fold) }
    }
    self.maps = maps
    self.indices = indices
  }

  private init(maps: [CalibrationMap], indices: [UInt8]?) {
    self.maps = maps
    self.indices = indices
  }

  /// Which of `maps` calibrates `row`.
  @inline(__always)
  func index(of row: Int) -> Int { indices.map { Int($0[row]) } ?? 0 }

  /// The rows of each of `maps`, in rising order; none where there is one map for all.
  var rowsOfMaps: [[Int]] {
    guard let indices else { return [] }
    var rows = [[Int]](repeating: [], count: maps.count)
    for (row, index) in indices.enumerated() { rows[Int(index)].append(row) }
    return rows
  }

  /// Those of some rows, in their order.
  func selecting(rows: [Int]) -> RowCalibrations {
    RowCalibrations(maps: maps, indices: indices.map { all in rows.map { all[$0] } })
  }

  /// The same maps for `rowCount` other rows, which take them in turn.
  func alternating(_ rowCount: Int) -> RowCalibrations {
    guard maps.count > 1 else { return RowCalibrations(maps: maps, indices: nil) }
    return RowCalibrations(
      maps: maps, indices: (0..<rowCount).map { UInt8($0 % maps.count) })
  }

  /// Other maps for the same rows; nil where one of them has no other.
  func replacingMaps(_ transform: (CalibrationMap) -> CalibrationMap?) -> RowCalibrations? {
    let others = maps.compactMap(transform)
    return others.count == maps.count ? RowCalibrations(maps: others, indices: indices) : nil
  }

  /// Whether it calibrates nothing.
  var isIdentity: Bool {
    maps.allSatisfy { if case .identity = $0 { true } else { false } }
  }

  /// T, over folds and members the mean; nil where there is none.
  var temperature: Double? {
    let values = maps.compactMap(\.temperature)
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// The bounds that fitted temperatures are at.
  public var temperatureBounds: [TemperatureBound] { maps.flatMap(\.temperatureBounds) }

  /// The rows with their confidences calibrated, where that is all that is calibrated.
  func calibratingConfidences(of rows: [RowScore]) -> [RowScore] {
    guard maps.contains(where: \.isOfConfidence) else { return rows }
    return rows.indices.map { row in
      guard case .confidence(let map) = maps[index(of: row)] else { return rows[row] }
      return rows[row].calibrated(by: map)
    }
  }
}
