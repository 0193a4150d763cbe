import Formats
import Foundation
import Reports
import Runs
import Scoring

/// Tables of a run, made of numbers that a test chooses.
struct FindingFixture {
  /// A value and its interval.
  struct Number {
    var value: Double
    var low: Double?
    var high: Double?

    init(_ value: Double, _ low: Double? = nil, _ high: Double? = nil) {
      (self.value, self.low, self.high) = (value, low, high)
    }
  }

  var images = 1000
  var predictors = ["ensemble", "member-0", "member-1", "members-mean"]
  var calibrations = ["none", "temperature"]
  var corruptions = ["fog", "snow", "shot_noise"]
  var severities = [1, 3]
  var isAtBound = false
  var answers: AnswerCounts?
  /// What was recorded when the tables were made.
  var doubts: [RunRecord.Doubt] = []
  /// By `protocol/aggregate`, predictor, calibration and metric.
  var numbers: [[String]: Number] = [:]

  /// Sets a number of the ensemble, by default without calibration.
  mutating func set(
    _ place: String, _ metric: String, _ number: Number, predictor: String = "ensemble",
    calibration: String = "none"
  ) {
    numbers[[place, predictor, calibration, metric]] = number
  }

  /// The tables; those of cells say how many images there are, and little else.
  var tables: FindingTables {
    get throws {
      var cells = CSVTable(header: TableFormat.cells.header)
      let all =
        [Cell.clean]
        + corruptions.flatMap { name in severities.map { Cell(corruption: name, severity: $0) } }
      for cell in all {
        for predictor in predictors {
          for calibration in calibrations {
            cells.append(
              TableFormat.cells.header.map { column in
                switch column {
                case "corruption": cell.corruption
                case "severity": "\(cell.severity)"
                case "predictor": predictor
                case "calibration": calibration
                case "samples": "\(images)"
                case "temperature_at_bound": calibration == "none" ? "" : isAtBound ? "1" : "0"
                default: ""
                }
              })
          }
        }
      }
      var summary = CSVTable(header: TableFormat.summary.header)
      for (key, number) in numbers.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
        let place = key[0].split(separator: "/").map(String.init)
        summary.append(
          ["run", "data", place[0], place.count > 1 ? place[1] : place[0]] + key[1...]
            + [number.value, number.low, number.high].map(CSVTable.field) + ["", "", ""])
      }
      // Members are in the summary of every run that has some.
      if predictors.contains("members-mean") {
        let key = ["clean", "clean", "members-mean", "none", "entropy"]
        summary.append(["run", "data"] + key + ["0.5", "", "", "", "", ""])
      }
      let file = { (name: String) in URL(filePath: "/\(name)") }
      return FindingTables(
        cells: try TableFormat.cells.read(cells, file("cells.csv")),
        summary: try TableFormat.summary.read(summary, file("summary.csv")), answers: answers,
        doubts: doubts)
    }
  }
}
