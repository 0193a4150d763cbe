import Predictions
import Runs
import Scoring

extension Run {
  /// More classes than this make a map that nobody reads.
  private static let mostClasses = 20

  /// The shares of each class's images that are taken for each class, on clean images and at the highest
  /// severity; nil without scores of classes, with more classes than a map has room for, or where
  /// predictions are not stored.
  ///
  /// - Throws: `RunsError`, `PredictionFileError`, `NumPyError` or `FileError` where predictions cannot
  ///   be read; `ScoringError`.
  func confusionMaps(_ scorer: Scorer) throws -> Figure? {
    guard let classes else { return nil }
    let names = classes.values(of: "class")
    let levels = [0] + [severities.last].compactMap { $0 }
    let shown = cells(of: corruptions, severities: levels)
    guard names.count <= Self.mostClasses, shown.allSatisfy(folder.predictions.contains) else {
      return nil
    }
    var data = DataTable([
      ("images", .name), ("class", .name), ("predicted", .name), ("share", .share),
    ])
    var panels: [Panel] = []
    for (index, level) in levels.enumerated() {
      let counts = try confusions(cells(of: corruptions, severities: [level]), names.count, scorer)
      let shares = counts.map { row in
        let total = row.reduce(0, +)
        return row.map { total > 0 ? Double($0) / Double(total) : nil }
      }
      for (label, row) in shares.enumerated() {
        for (predicted, share) in row.enumerated() {
          data.append([Self.severityName(level), names[label], names[predicted]], [share])
        }
      }
      let titles = names.indices.map { className($0) }
      panels.append(
        .map(
          "confusion\(index)x", title: Self.severityName(level), rows: titles,
          columns: names, columnLabel: "predicted class",
          shares.map { row in row.map { $0.map(Self.square) } }))
    }
    return Figure(
      name: "confusion", title: "What each class is taken for",
      caption:
        "A row has the images of a class, a column those that are taken for one, in % of the "
        + "row (\(mainPredictor))"
        + (corruptions.count > 1 ? "; the corruptions of a severity are pooled." : "."),
      panels: panels, panelsPerRow: (twoColumn: names.count > 10 ? 1 : 2, oneColumn: 1), data: data)
  }

  private static func square(_ share: Double) -> Panel.Square {
    Panel.Square(
      text: String(Int((100 * share).rounded())), color: Palette.scale(share))
  }

  /// How many images of each class are taken for each, over some cells.
  private func confusions(_ cells: [Cell], _ count: Int, _ scorer: Scorer) throws -> [[Int]] {
    var counts = [[Int]](repeating: [Int](repeating: 0, count: count), count: count)
    let labels = try folder.predictions.labels()
    for cell in cells {
      let logits = try folder.predictions.logits(of: cell, labels: labels)
      guard logits.classCount == count,
        let predictor = Predictor.predicting(memberCount: logits.memberCount)
          .first(where: { $0.name == mainPredictor })
      else { continue }
      for (row, label) in zip(try scorer.rowScores(of: predictor, in: logits), labels) {
        counts[label][row.predictedClass] += 1
      }
    }
    return counts
  }

  private func className(_ index: Int) -> String {
    guard let names = record.additions.classNames, names.indices.contains(index) else {
      return "\(index)"
    }
    return names[index].oneLineName
  }

  private static let worstCount = 10

  /// The ten classes of the lowest accuracy on clean images, and at the highest severity; nil without
  /// scores of classes.
  func worstClasses() -> DataTable? {
    guard let classes else { return nil }
    var data = DataTable([
      ("images", .name), ("class", .name), ("most_confused_with", .name), ("samples", .count),
      ("accuracy", .percent), ("precision", .percent),
    ])
    for level in [0] + [severities.last].compactMap({ $0 }) {
      let cells = cells(of: corruptions, severities: [level])
      let rows = classes.values(of: "class").compactMap { name -> (String, Double)? in
        mean("accuracy", ofClass: name, cells).map { (name, $0) }
      }.sorted { ($0.1, Int($0.0) ?? 0) < ($1.1, Int($1.0) ?? 0) }
      for (name, accuracy) in rows.prefix(Self.worstCount) {
        let samples = mean("samples", ofClass: name, cells).map { $0 * Double(cells.count) }
        let confusion = level == 0 ? value("most_confused_with", ofClass: name, .clean) : nil
        data.append(
          [
            Self.severityName(level), Int(name).map(className) ?? name,
            confusion.map { className(Int($0)) } ?? "",
          ], [samples, accuracy, mean("precision", ofClass: name, cells)])
      }
    }
    return data
  }

  private func value(_ column: String, ofClass name: String, _ cell: Cell) -> Double? {
    classes?[
      [cell.corruption, "\(cell.severity)", mainPredictor, calibrations[0], name], column]?.value
  }

  private func mean(_ column: String, ofClass name: String, _ cells: [Cell]) -> Double? {
    RunningMean.mean(of: cells.map { value(column, ofClass: name, $0) })
  }
}

extension String {
  /// A name of anybody's, in at most 24 characters.
  var oneLineName: String {
    let line = split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.count > 24 ? line.prefix(23) + "…" : line
  }
}
