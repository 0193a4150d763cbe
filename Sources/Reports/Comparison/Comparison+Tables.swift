import Formats
import Scoring

extension Comparison {
  /// One row for each run, cell and metric, and for each run's mean over corrupted cells.
  ///
  /// p-values and verdicts are of accuracy; the intervals of the other metrics are not corrected for
  /// being many.
  package var table: CSVTable {
    var table = CSVTable(header: [
      "reference", "run", "corruption", "severity", "predictor", "calibration", "metric",
      "samples", "reference_value", "value", "difference", "low", "high", "p", "p_holm", "verdict",
    ])
    func append(
      _ pair: Pair, _ place: [String], _ samples: Int, _ difference: Difference,
      _ judgement: (Double, Double, Verdict)
    ) {
      let isJudged = difference.metric == .accuracy
      table.append(
        [reference, pair.label] + place + [predictor.name, calibration.rawValue]
          + [difference.metric.rawValue, "\(samples)"]
          + [
            difference.reference, difference.value, difference.difference,
            difference.interval?.low, difference.interval?.high,
            isJudged ? judgement.0 : nil, isJudged ? judgement.1 : nil,
          ].map(CSVTable.field) + [isJudged ? judgement.2.rawValue : ""])
    }
    for pair in pairs {
      for cell in pair.cells {
        for difference in cell.differences {
          append(
            pair, [cell.corruption, "\(cell.severity)"], cell.sampleCount, difference,
            (cell.pValue, cell.correctedPValue, cell.verdict))
        }
      }
      guard let mean = pair.mean, let samples = pair.cells.first?.sampleCount else { continue }
      for difference in mean.differences {
        append(
          pair, ["mean", ""], samples, difference,
          (mean.pValue, mean.correctedPValue, mean.verdict))
      }
    }
    return table
  }

  /// The corruptions and severities of the cells, as they come.
  func grid(_ pair: Pair) -> (corruptions: [String], severities: [Int]) {
    var corruptions: [String] = []
    for cell in pair.cells where cell.severity > 0 && !corruptions.contains(cell.corruption) {
      corruptions.append(cell.corruption)
    }
    return (corruptions, Set(pair.cells.map(\.severity)).filter { $0 > 0 }.sorted())
  }
}
