import Runs
import Scoring

/// Figures of cells beside the metrics, which `summary.csv` averages over cells as it does those.
struct AddedFigures {
  /// What a figure is of.
  struct Key: Hashable {
    let predictor: Predictor
    let calibration: Calibration
    /// The name in the column `metric`.
    let name: String
  }

  /// A figure of one cell.
  struct Figure {
    let value: Double?
    /// What intervals of means over cells are made of; nil where there are none.
    var spread: MetricSpread?
    /// The interval of this cell alone, where it is another than that of `spread`.
    var interval: Interval?
  }

  private var keys: [Key] = []
  private var known: Set<Key> = []
  private var figures: [Cell: [Key: Figure]] = [:]

  /// Adds a figure of a cell; rows have the order in which figures of the first cell were added.
  mutating func add(_ figure: Figure, _ key: Key, of cell: Cell) {
    if known.insert(key).inserted { keys.append(key) }
    figures[cell, default: [:]][key] = figure
  }

  /// The rows of the clean cell, of each part of the protocols, and of a run's own cells.
  ///
  /// - Parameters:
  ///   - protocols: Those of which a part has all its cells.
  ///   - own: The run's own cells, where they are no whole protocol.
  /// - Returns: For each figure a row for each of these, empty where a cell has no value.
  func rows(_ protocols: [CorruptionProtocol], own: AveragedCells?) -> [SummaryValue] {
    let present = Set(figures.keys)
    let clean = AveragedCells.Part(kind: .all, name: Cell.clean.corruption, cells: [.clean])
    var parts = [(Cell.clean.corruption, clean)]
    for benchmark in protocols {
      let name = benchmark.name.rawValue
      let whole = AveragedCells(benchmark, name: name).parts.filter {
        present.isSuperset(of: $0.cells)
      }
      parts += whole.map { (name, $0) }
    }
    if let own { parts += own.parts.map { (own.name, $0) } }
    return keys.flatMap { key in parts.map { row(key, $0, $1) } }
  }

  private func row(
    _ key: Key, _ protocolName: String, _ part: AveragedCells.Part
  ) -> SummaryValue {
    let all = part.cells.map { figures[$0]?[key] }
    let value = RunningMean.mean(of: all.map { $0?.value })
    let only = all.count == 1 ? all[0]?.interval : nil
    let spread = MetricSpread.mean(of: all.map { $0?.spread })
    return SummaryValue(
      protocolName: protocolName, aggregate: part.name, predictor: key.predictor,
      calibration: key.calibration, metric: key.name, value: value,
      interval: value.flatMap { only ?? spread?.interval(around: $0) },
      substitutes: part.cells.substituted)
  }
}
