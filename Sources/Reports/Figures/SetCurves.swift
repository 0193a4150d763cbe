import Foundation
import Runs
import Scoring

extension Run {
  /// Coverage and size of prediction sets over severity, a line for each family of corruptions, with
  /// the promised share; nil without prediction sets or corruptions.
  func setCurves() -> Figure? {
    guard let conformal, let alpha = conformal.values(of: "alpha").first,
      let share = Double(alpha), !corruptions.isEmpty
    else { return nil }
    let levels = [0] + severities
    let methods = conformal.values(of: "method")
    var data = DataTable([
      ("family", .name), ("severity", .name), ("predictor", .name), ("method", .name),
      ("alpha", .name), ("coverage", .share), ("size_mean", .decimal),
    ])
    var panels: [Panel] = []
    for method in methods {
      var lines = setLines(levels, method: method, alpha: alpha, into: &data)
      lines[0].append(
        Panel.Line(style: families.count, points: levels.map { (Double($0), 1 - share) }))
      for (title, lines) in zip(["coverage", "classes in a set"], lines) {
        panels.append(
          .lines(
            "sets\(panels.count)x", title: "\(title), \(method)", x: Self.severityAxis, lines,
            height: 120))
      }
    }
    return Figure(
      name: "prediction-sets", title: "Prediction sets over severity",
      caption: "Sets are fitted on clean images to hold the label in \(SetText.promise(alpha)) of "
        + "them; a line is the mean over the corruptions of a family (\(mainPredictor), without calibration). "
        + "A guarantee that holds keeps to the promised line; large sets say little.",
      panels: panels, panelsPerRow: (twoColumn: 2, oneColumn: 1),
      legend: families.map(\.name) + ["promised"], data: data)
  }

  /// The coverage and the size of a method's sets, a line each for each family; the numbers go into `data`.
  private func setLines(
    _ levels: [Int], method: String, alpha: String, into data: inout DataTable
  ) -> [[Panel.Line]] {
    var lines: [[Panel.Line]] = [[], []]
    for (style, family) in families.enumerated() {
      let values = levels.map { level in
        ["coverage", "size_mean"].map {
          setMean($0, family.corruptions, level, method: method, alpha: alpha)
        }
      }
      for (level, values) in zip(levels, values) {
        data.append([family.name, "\(level)", mainPredictor, method, alpha], values)
      }
      for index in lines.indices {
        lines[index].append(
          Panel.Line(style: style, points: zip(levels, values).map { (Double($0), $1[index]) }))
      }
    }
    return lines
  }

  private func setMean(
    _ column: String, _ corruptions: [String], _ level: Int, method: String, alpha: String
  ) -> Double? {
    RunningMean.mean(
      of: cells(of: corruptions, severities: [level]).map { cell in
        conformal?[[cell.corruption, "\(cell.severity)", mainPredictor, method, alpha], column]?
          .value
      })
  }

  /// Prediction sets of the first predictor on clean images and, as means, at each severity; nil
  /// without any.
  func setTable() -> DataTable? {
    guard let conformal else { return nil }
    var data = DataTable([
      ("images", .name), ("method", .name), ("alpha", .name), ("coverage", .percent),
      ("size_mean", .decimal), ("empty", .percent), ("singleton", .percent),
      ("worst_class_coverage", .percent),
    ])
    for method in conformal.values(of: "method") {
      for alpha in conformal.values(of: "alpha") {
        for level in sampledSeverities {
          data.append(
            [Self.severityName(level), method, alpha],
            data.numberColumns.map {
              setMean($0.name, averagedCorruptions, level, method: method, alpha: alpha)
            })
        }
      }
    }
    return data
  }
}
