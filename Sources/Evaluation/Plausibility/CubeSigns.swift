import Runs
import Scoring

/// What is implausible in the predictions of several cells, beside one another.
struct CubeSigns {
  /// The corrupted cells all rows of which are alike.
  private var cellsOfEqualRows: [Cell] = []
  private var isCleanOfEqualRows = false

  /// Adds the predictions of a cell; reads up to the first row that differs from the one before.
  mutating func add(_ cell: Cell, _ predictions: LabeledLogits) {
    // Where all labels are the same, the same answer to all can be right.
    let labels = predictions.labels
    guard labels.contains(where: { $0 != labels[0] }), predictions.hasEqualRows else { return }
    if cell.isClean { isCleanOfEqualRows = true } else { cellsOfEqualRows.append(cell) }
  }

  /// The doubts, once all cells are scored.
  ///
  /// - Parameters:
  ///   - results: The numbers of all cells, the first of which is clean.
  ///   - logits: Opens the predictions of a cell.
  /// - Returns: The doubts beside those of the clean cell alone.
  /// - Throws: What `logits` throws.
  func doubts(
    _ results: [CellResult], logits: (Cell) throws -> LabeledLogits
  ) rethrows -> [RunRecord.Doubt] {
    [equalRows, try equalCells(results, logits), Self.betterAtSeverity5(results)].compactMap { $0 }
  }

  /// The first sentence about equal rows is that of the clean images, which holds for all.
  private var equalRows: RunRecord.Doubt? {
    guard !isCleanOfEqualRows, !cellsOfEqualRows.isEmpty else { return nil }
    return RunRecord.Doubt(
      .equalRows,
      "All rows of \(Plausibility.list(cellsOfEqualRows.map(\.name))) are alike: the model ignores its "
        + "input there.")
  }

  /// Some cells have the same predictions.
  private func equalCells(
    _ results: [CellResult], _ logits: (Cell) throws -> LabeledLogits
  ) rethrows -> RunRecord.Doubt? {
    let groups = try Self.groups(of: results, logits)
    guard !groups.isEmpty else { return nil }
    let names = groups.map { Plausibility.list($0.map(\.name)) }
    let shown = names.prefix(3).joined(separator: "; of ")
    let others = names.count - 3
    return RunRecord.Doubt(
      .equalCells,
      "The predictions of \(shown) are byte-identical\(others > 0 ? ", and so are \(others) more groups" : ""): "
        + "were corrupted images used?")
  }

  /// The cells with the same predictions, each group in the order of `results`.
  ///
  /// Same predictions have the same numbers: only cells that have are read.
  private static func groups(
    of results: [CellResult], _ logits: (Cell) throws -> LabeledLogits
  ) rethrows -> [[Cell]] {
    var candidates: [[CellResult]] = []
    for result in results {
      if let index = candidates.firstIndex(where: { $0[0].hasSameValues(as: result) }) {
        candidates[index].append(result)
      } else {
        candidates.append([result])
      }
    }
    var groups: [[Cell]] = []
    for candidates in candidates where candidates.count > 1 {
      var found: [(predictions: LabeledLogits, cells: [Cell])] = []
      for cell in candidates.map(\.cell) {
        let predictions = try logits(cell)
        if let index = found.firstIndex(where: { $0.predictions.hasSameNumbers(as: predictions) }) {
          found[index].cells.append(cell)
        } else {
          found.append((predictions, [cell]))
        }
      }
      groups += found.map(\.cells).filter { $0.count > 1 }
    }
    return groups
  }

  /// The mean accuracy at severity 5 is above that on clean images.
  ///
  /// Wilson's intervals of the two, of as many rows, do not overlap. The mean over several corruptions of the
  /// same images varies no more than one of them, so that its interval is rather too wide.
  private static func betterAtSeverity5(_ results: [CellResult]) -> RunRecord.Doubt? {
    let strongest = results.filter { $0.cell.severity == 5 }.compactMap(\.accuracy)
    guard let first = results.first, first.cell.isClean, let clean = first.accuracy,
      let count = first.scores.first?.predictors.first?.sampleCount, !strongest.isEmpty
    else { return nil }
    let mean = strongest.reduce(0, +) / Double(strongest.count)
    func interval(_ share: Double) -> Interval? {
      .wilson(successes: Int((share * Double(count)).rounded()), count: count)
    }
    guard let ofClean = interval(clean), let ofStrongest = interval(mean),
      ofStrongest.low > ofClean.high
    else { return nil }
    return RunRecord.Doubt(
      .betterAtSeverity5,
      "Mean accuracy at severity 5, \(Plausibility.percent(mean)), is above that on clean images, "
        + "\(Plausibility.percent(clean)) (95 % interval up to \(Plausibility.percent(ofClean.high))): are "
        + "images and labels in the same order?")
  }
}

extension CellResult {
  /// The accuracy of the first predictor.
  fileprivate var accuracy: Double? { scores.first?.predictors.first?.values[.accuracy] }

  fileprivate func hasSameValues(as other: CellResult) -> Bool {
    scores.first?.predictors.map(\.values) == other.scores.first?.predictors.map(\.values)
  }
}
