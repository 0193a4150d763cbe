import Runs
import Scoring

/// Averages over the cells that each run has are of the same cells, or do not compare.
extension SelectedTable {
  /// Checks that runs whose averages over their own cells are selected have the same cells.
  ///
  /// - Throws: `ReportsError.otherRun` naming the cells of two runs that differ.
  static func checkOwnCells(of runs: [Run], _ selection: SummarySelection) throws {
    guard selection.scopes.contains(where: { $0.protocolName == CorruptionProtocol.ownCells })
    else {
      return
    }
    for run in runs.dropFirst() where run.corruptedCells != runs[0].corruptedCells {
      func names(_ run: Run) -> String {
        run.corruptedCells.map(\.name).sorted().listed(limit: 5)
      }
      throw ReportsError.otherRun(
        runs[0].folder.url, run.folder.url, field: "corrupted cells", first: names(runs[0]),
        second: names(run))
    }
  }
}

extension Run {
  /// The corrupted cells that the run has.
  fileprivate var corruptedCells: Set<Cell> {
    Set(cells.keys.map { Cell(corruption: $0[0], severity: Int($0[1]) ?? 0) })
      .subtracting([.clean])
  }
}

extension [Run] {
  /// Whether all runs have the same corrupted cells.
  var haveSameCells: Bool { allSatisfy { $0.corruptedCells == first?.corruptedCells } }
}
