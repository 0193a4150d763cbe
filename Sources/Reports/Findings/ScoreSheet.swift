import Formats
import Foundation
import Scoring

/// The few numbers that people look at first: a predictor before and after calibration, and the mean of
/// its members, on clean and on corrupted images.
package struct ScoreSheet: Sendable {
  /// A predictor under a calibration.
  struct Subject: Sendable, Equatable {
    let predictor: String
    let calibration: String
  }

  struct Entry: Sendable {
    let estimate: Estimate
    /// Whether no other subject is clearly better.
    let isBest: Bool
  }

  let subjects: [Subject]
  let scopes: [FindingTables.Scope]
  /// What is averaged over in corrupted columns, with a dagger where that has a substitute; nil where
  /// there are none.
  let corruptedName: String?
  private let substitutes: [String]
  private let entries: [[[Entry?]]]  // [subjects][scopes][metrics]

  static let metrics = ShownMetric.overview

  package init(_ tables: FindingTables) {
    let predictor = tables.predictor
    let calibrations = [tables.plain] + [tables.fitted].compactMap { $0 }
    var subjects: [Subject] = []
    for calibration in calibrations {
      let subject = Subject(predictor: predictor, calibration: calibration)
      if !subjects.contains(subject) { subjects.append(subject) }
    }
    if tables.hasMembers {
      subjects.append(
        Subject(predictor: Predictor.membersMean.name, calibration: tables.plain))
    }
    self.subjects = subjects
    scopes = tables.scopes
    substitutes = tables.substitutes
    let dagger = substitutes.isEmpty ? "" : " †"
    corruptedName = scopes.count > 1 ? tables.corruptedName + dagger : nil
    let columns = tables.scopes.map { scope in
      Self.metrics.map { Self.column(tables, subjects, scope, $0) }
    }
    entries = subjects.indices.map { subject in columns.map { $0.map { $0[subject] } } }
  }

  /// The value of a metric in a scope, both by their indices.
  func entry(_ subject: Int, _ scope: Int, _ metric: Int) -> Entry? {
    entries[subject][scope][metric]
  }

  /// The entries of all subjects, those marked that no other is clearly better than.
  private static func column(
    _ tables: FindingTables, _ subjects: [Subject], _ scope: FindingTables.Scope,
    _ shown: ShownMetric
  ) -> [Entry?] {
    let metric = shown.metric
    let estimates = subjects.map {
      tables.estimate(
        metric, scope, predictor: $0.predictor, calibration: $0.calibration)
    }
    func loss(_ estimate: Estimate) -> Estimate {
      switch metric.better {
      case .higher: -estimate
      case .lower, .none: estimate
      case .zero: estimate.magnitude
      }
    }
    /// How far the loss of one subject is above that of another.
    func excess(_ index: Int, _ other: Int) -> Estimate? {
      if metric.better != .zero {
        let paired = tables.difference(metric, subjects[index], subjects[other], scope)
        if let paired { return loss(paired) }
      }
      return estimates[index].flatMap { mine in
        estimates[other].map { loss(mine).minus(loss($0)) }
      }
    }
    let isShared = subjects.count > 1
    return subjects.indices.map { index in
      estimates[index].map { estimate in
        let isWorse = subjects.indices.contains { excess(index, $0)?.side == .above }
        let isBound = Calibration(name: subjects[index].calibration)?.isBound ?? false
        return Entry(estimate: estimate, isBest: isShared && !isWorse && !isBound)
      }
    }
  }

  /// The sheet as lines of fixed width: a row for each metric, a column for each subject and scope.
  package var lines: [String] {
    // The longest names of predictors and calibrations fit one scope as well.
    let width = scopes.count > 1 ? 11 : 20
    let group = width * scopes.count + 2
    func line(_ name: String, _ fields: [String]) -> String {
      (name.leftAligned(18) + fields.joined()).withoutTrailingSpaces
    }
    let heads = [subjects.map(\.predictor), subjects.map(\.calibration)].map { names in
      line("", names.map { "  " + $0.oneLine.leftAligned(group - 2) })
    }
    let titles = subjects.flatMap { _ in
      scopes.map { ($0.rawValue + " ").rightAligned(width) } + ["  "]
    }
    let rows = Self.metrics.indices.map { metric in
      line(
        Self.metrics[metric].title + (Self.metrics[metric].style == .share ? ", %" : ""),
        subjects.indices.flatMap { subject in
          scopes.indices.map { scope in
            field(entry(subject, scope, metric), metric).rightAligned(width)
          } + ["  "]
        })
    }
    let legend = [
      corruptedName.map { "corrupted: \($0.oneLine)" },
      subjects.count > 1 ? "* best, or not clearly worse" : nil,
    ].compactMap { $0 }
    let note =
      substitutes.isEmpty
      ? nil
      : "† with a substitute for \(FindingText.list(substitutes.map(\.oneLine), "and")), not comparable "
        + "with published values"
    return heads + [line("", titles)] + rows
      + [legend.isEmpty ? nil : legend.joined(separator: "; "), note].compactMap { $0 }
  }

  private func field(_ entry: Entry?, _ metric: Int) -> String {
    guard let entry else { return "– " }
    let style: ValueStyle = Self.metrics[metric].style == .share ? .percent : .decimal
    return style.text(entry.estimate.value) + (entry.isBest ? "*" : " ")
  }
}

extension FindingTables {
  /// The difference of two subjects on the same images, where the tables have it; nil otherwise.
  fileprivate func difference(
    _ metric: Metric, _ first: ScoreSheet.Subject, _ second: ScoreSheet.Subject, _ scope: Scope
  ) -> Estimate? {
    let members = Predictor.membersMean.name
    switch (first, second) {
    case (predictorUnderFit, plainPredictor):
      return fitted.flatMap { change(metric, by: $0, scope) }
    case (plainPredictor, predictorUnderFit):
      return fitted.flatMap { change(metric, by: $0, scope) }.map { -$0 }
    case (plainPredictor, ScoreSheet.Subject(predictor: members, calibration: plain)):
      return gain(metric, scope)
    case (ScoreSheet.Subject(predictor: members, calibration: plain), plainPredictor):
      return gain(metric, scope).map { -$0 }
    default: return nil
    }
  }

  private var plainPredictor: ScoreSheet.Subject {
    ScoreSheet.Subject(predictor: predictor, calibration: plain)
  }

  private var predictorUnderFit: ScoreSheet.Subject {
    ScoreSheet.Subject(predictor: predictor, calibration: fitted ?? plain)
  }
}
