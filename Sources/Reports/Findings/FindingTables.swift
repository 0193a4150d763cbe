import Formats
import Runs
import Scoring

/// The tables of a run as its findings read them.
///
/// They are those of a run's folder, or of an evaluation that writes none.
package struct FindingTables: Sendable {
  /// Scores by corruption, severity, predictor and calibration.
  private let cells: ResultTable
  /// Scores by protocol, aggregate, predictor, calibration and metric.
  private let summary: ResultTable
  /// Prediction sets by corruption, severity, predictor, method and α; nil without any.
  let conformal: ResultTable?
  /// Scores by corruption, severity, predictor, calibration and class; nil without any.
  let classes: ResultTable?
  /// The names of the sets of images of no class; none without any.
  let outOfDistribution: [String]
  /// The names of the classes, where they are known.
  let classNames: [String]?
  /// The answers to the clean images; nil where no predictions are at hand.
  let answers: AnswerCounts?
  /// What was implausible when the tables were made; none for tables of older versions.
  let doubts: [RunRecord.Doubt]
  /// The predictor that findings are about: the first of the tables.
  package let predictor: String
  /// `none` where the run has it, else its first calibration.
  package let plain: String
  /// The first calibration that was fitted on other images; nil where there is none.
  package let fitted: String?
  /// The number of clean images.
  package let imageCount: Int
  /// Where the means over corrupted cells stand; nil where the tables have no such rows.
  private let corruptedKey: [String]?
  /// The corrupted cells.
  let corruptedCells: [Cell]

  /// Below this many images a bootstrap has too few to draw from, and no side is claimed.
  package static let fewestImages = 30

  package init(
    cells: ResultTable, summary: ResultTable, answers: AnswerCounts?,
    doubts: [RunRecord.Doubt] = [], conformal: ResultTable? = nil, classes: ResultTable? = nil,
    classNames: [String]? = nil, outOfDistribution: [String] = []
  ) {
    self.outOfDistribution = outOfDistribution
    (self.conformal, self.classes, self.classNames) = (conformal, classes, classNames)
    self.doubts = doubts
    self.cells = cells
    self.summary = summary
    self.answers = answers
    let calibrations = cells.values(of: "calibration")
    predictor = cells.values(of: "predictor").first ?? ""
    plain =
      calibrations.first { $0 == Calibration.none.name } ?? calibrations.first
      ?? Calibration.none.name
    fitted = Calibration.all.filter(\.needsFitting).map(\.name).first(where: calibrations.contains)
    let clean = Cell.clean
    imageCount =
      cells[[clean.corruption, "\(clean.severity)", predictor, plain], "samples"]
      .map { Int($0.value) } ?? 0
    var seen: Set<Cell> = []
    corruptedCells = cells.keys.map { Cell(corruption: $0[0], severity: Int($0[1]) ?? 0) }
      .filter { !$0.isClean && seen.insert($0).inserted }
    corruptedKey = summary.protocolOfMeans.map { [$0, CorruptionAggregate.macro.name] }
  }

  /// Images that a number is of.
  package enum Scope: String, CaseIterable, Sendable {
    case clean, corrupted

    /// How a sentence names them.
    var phrase: String { self == .clean ? "on clean images" : "under corruption" }
    /// Its images.
    var images: String { "\(rawValue) images" }
  }

  /// The scopes that the run has.
  package var scopes: [Scope] { corruptedCells.isEmpty ? [.clean] : Scope.allCases }

  /// The name of the mean over corrupted cells.
  package var corruptedName: String {
    let count = corruptedCells.count
    guard let name = corruptedKey?[0], Self.isPublished(name) else {
      return count == 1 ? "\(corruptedCells[0])" : "mean of \(count) cells"
    }
    return name
  }

  /// The corruptions that substitutes stand in for, by their published names.
  var substitutes: [String] {
    corruptedCells.map(\.corruption).reduce(into: []) { names, corruption in
      let published = Cell.publishedName(of: corruption)
      if published != corruption, !names.contains(published) { names.append(published) }
    }
  }

  /// Whether a protocol is one of the published benchmark.
  static func isPublished(_ name: String) -> Bool {
    [CorruptionProtocol.Name.c15, .c19].contains { name.hasPrefix($0.rawValue) }
  }

  /// Whether the tables have intervals of means over corrupted cells.
  package var knowsIntervalsUnderCorruption: Bool {
    corruptedCells.isEmpty || estimate(.accuracy, .corrupted)?.interval != nil
  }

  /// Whether the tables have intervals of differences, on the same images.
  package var knowsDifferences: Bool {
    summary.keys.contains { PairedMetric(name: $0[4]) != nil }
  }

  /// Whether several members predict.
  var hasMembers: Bool { predictors.contains(Predictor.membersMean.name) }

  package var predictors: [String] { cells.values(of: "predictor") }

  /// The protocol and aggregate of a scope, as sentences' numbers name them.
  func over(_ scope: Scope) -> String {
    scope == .clean
      ? Cell.clean.corruption : corruptedKey?.joined(separator: "/") ?? corruptedName
  }

  private func key(_ scope: Scope) -> [String]? {
    scope == .clean ? [Cell.clean.corruption, Cell.clean.corruption] : corruptedKey
  }

  /// A metric of a predictor, by default the run's, under a calibration, by default `plain`.
  package func estimate(
    _ metric: Metric, _ scope: Scope, predictor: String? = nil, calibration: String? = nil
  ) -> Estimate? {
    let subject = [predictor ?? self.predictor, calibration ?? plain]
    if let key = key(scope) { return number(key + subject + [metric.name]) }
    // Tables of older versions have no mean over cells that are no whole protocol.
    return RunningMean.mean(
      of: corruptedCells.map {
        cells[[$0.corruption, "\($0.severity)"] + subject, metric.name]?.value
      }
    ).map { Estimate($0, nil) }
  }

  /// Another figure of the run's predictor, which is without calibration, by its name.
  func estimate(named name: String, _ scope: Scope) -> Estimate? {
    key(scope).flatMap { number($0 + [predictor, Calibration.none.name, name]) }
  }

  /// A metric minus that of the same predictor under `plain`.
  package func change(_ metric: Metric, by calibration: String, _ scope: Scope) -> Estimate? {
    difference(
      metric, minus: Calibration.none.name, scope, calibration: calibration,
      estimate(metric, scope, calibration: calibration), estimate(metric, scope))
  }

  /// A metric of the predictor minus the mean of its members' values.
  package func gain(_ metric: Metric, _ scope: Scope) -> Estimate? {
    let members = Predictor.membersMean.name
    return difference(
      metric, minus: members, scope, calibration: plain, estimate(metric, scope),
      estimate(metric, scope, predictor: members))
  }

  /// The accuracy under corruption minus that on clean images.
  package var accuracyChange: Estimate? {
    difference(
      .accuracy, minus: Cell.clean.corruption, .corrupted, calibration: plain,
      estimate(.accuracy, .corrupted), estimate(.accuracy, .clean))
  }

  /// The difference that the tables have, else that of the two numbers' separate intervals.
  private func difference(
    _ metric: Metric, minus reference: String, _ scope: Scope, calibration: String,
    _ first: Estimate?, _ second: Estimate?
  ) -> Estimate? {
    if let key = key(scope),
      let paired = number(
        key + [predictor, calibration, PairedMetric(metric, minus: reference).name])
    {
      return paired
    }
    return first.flatMap { first in second.map(first.minus) }
  }

  /// What divides corrupted cells.
  enum Division: CaseIterable {
    case family, corruption, severity
  }

  /// The accuracy in each part, by the parts' names; none where the tables have no such rows.
  func accuracies(by division: Division) -> [(name: String, accuracy: Estimate)] {
    guard let corruptedKey else { return [] }
    let corruptions = Set(corruptedCells.map(\.corruption).map(Cell.publishedName))
    return summary.keys.compactMap { key -> (name: String, accuracy: Estimate)? in
      guard key[0] == corruptedKey[0], key[2...] == [predictor, plain, Metric.accuracy.name],
        Self.division(of: key[1], corruptions) == division
      else { return nil }
      return number(key).map { (key[1], $0) }
    }
  }

  /// How far the accuracy in `part` is above that in `worst`, which has the lowest of its division.
  func lead(
    of part: (name: String, accuracy: Estimate), over worst: (name: String, accuracy: Estimate)
  ) -> Estimate {
    let metric = PairedMetric(.accuracy, minus: worst.name).name
    let paired = corruptedKey.flatMap { number([$0[0], part.name, predictor, plain, metric]) }
    // The worst part has the lowest value; tables that deny it are not of one evaluation.
    return paired.flatMap { $0.value >= 0 ? $0 : nil } ?? part.accuracy.minus(worst.accuracy)
  }

  private static func division(of aggregate: String, _ corruptions: Set<String>) -> Division? {
    switch aggregate {
    case CorruptionAggregate.macro.name, CorruptionAggregate.pooled.name: nil
    case _ where corruptions.contains(Cell.publishedName(of: aggregate)): .corruption
    case _ where aggregate.wholeMatch(of: /severity-\d+/) != nil: .severity
    default: .family
    }
  }

  /// Whether the temperature of a calibration is at a bound of its search.
  func isAtBound(_ calibration: String) -> Bool {
    let key = [Cell.clean.corruption, "\(Cell.clean.severity)", predictor, calibration]
    return cells[key, "temperature_at_bound"]?.value == 1
  }

  private func number(_ key: [String]) -> Estimate? {
    guard let value = summary[key, "value"]?.value else { return nil }
    // Wilson's interval holds for any number of images.
    let isWilson = key[0] == Cell.clean.corruption && key[4] == Metric.accuracy.name
    guard imageCount >= Self.fewestImages || isWilson, let low = summary[key, "low"]?.value,
      let high = summary[key, "high"]?.value
    else { return Estimate(value, nil) }
    return Estimate(value, Interval(low: low, high: high))
  }
}

extension ResultTable {
  /// The protocol of the first means over corrupted cells in `summary.csv`, of which a page's first numbers
  /// are; nil where there are none.
  var protocolOfMeans: String? {
    keys.first { $0[1] == CorruptionAggregate.macro.name }?[0]
  }
}
