import Foundation
import Runs
import Scoring

extension Run {
  /// The names of the sets of images of no class, in the order of the table.
  private var outOfDistributionNames: [String] {
    outOfDistribution?.values(of: "ood") ?? []
  }

  /// The scores that the first predictor has under the first calibration, in the order of the table.
  private var detectionScores: [String] {
    let all = outOfDistribution?.values(of: "score") ?? []
    return all.filter { score in
      outOfDistributionNames.contains { set in
        detection([.clean], set: set, score: score, DetectionFigure.auroc.name) != nil
      }
    }
  }

  /// The mean of a column over cells of the first predictor under the first calibration; nil where one of them
  /// has no value.
  private func detection(
    _ cells: [Cell], set: String, score: String, _ column: String
  ) -> Double? {
    RunningMean.mean(
      of: cells.map { cell in
        outOfDistribution?[
          [set, cell.shiftName, mainPredictor, calibrations[0], score], column]?.value
      })
  }

  /// AUROC over severity, a line for each score and a panel for each set of images of no class; nil without
  /// these or corruptions.
  func detectionCurves() -> Figure? {
    let (sets, scores) = (outOfDistributionNames, detectionScores)
    guard !sets.isEmpty, !corruptions.isEmpty else { return nil }
    let levels = [0] + severities
    var data = DataTable([
      ("ood", .name), ("severity", .name), ("predictor", .name), ("calibration", .name),
      ("score", .name), ("auroc", .share),
    ])
    let panels = sets.enumerated().map { index, set in
      let lines = scores.enumerated().map { style, score in
        let values = levels.map { level in
          detection(
            cells(of: averagedCorruptions, severities: [level]), set: set, score: score,
            DetectionFigure.auroc.name)
        }
        for (level, value) in zip(levels, values) {
          data.append([set, "\(level)", mainPredictor, calibrations[0], score], [value])
        }
        return Panel.Line(style: style, points: zip(levels, values).map { (Double($0), $1) })
      }
      return Panel.lines(
        "detection\(index)x", title: "AUROC, \(set)", x: Self.severityAxis, lines, height: 120)
    }
    return Figure(
      name: "out-of-distribution", title: "Images of no class over severity",
      caption: "How often a test image scores above an image of no class "
        + "(\(mainPredictor), \(calibrations[0])). \(remarkOnMeans) At 0.5 the two are not told apart.",
      panels: panels, panelsPerRow: (twoColumn: 2, oneColumn: 1), legend: scores, data: data)
  }

  /// How well images of no class are told from clean ones and, as means, from those at each severity; nil
  /// without any.
  func detectionTable() -> DataTable? {
    guard outOfDistribution != nil else { return nil }
    let names: [(name: String, style: ValueStyle)] = [
      ("ood", .name), ("images", .name), ("score", .name),
    ]
    var data = DataTable(
      names + DetectionFigure.allCases.map { (name: $0.name, style: ValueStyle.percent) })
    for set in outOfDistributionNames {
      for level in sampledSeverities {
        let cells = cells(of: averagedCorruptions, severities: [level])
        for score in detectionScores {
          data.append(
            [set, Self.severityName(level), score],
            data.numberColumns.map { detection(cells, set: set, score: score, $0.name) })
        }
      }
    }
    return data
  }
}
