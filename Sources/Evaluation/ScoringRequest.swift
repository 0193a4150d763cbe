import Foundation
import Predictions
import Runs
import Scoring

/// How a command asks for predictions to be scored.
///
/// The tables of a folder are added to: what they have stays, and what the command leaves open is as they
/// have it.
package struct ScoringRequest: Sendable {
  /// What a command can leave open.
  package enum Part: Sendable, CaseIterable {
    case calibrations, fitting, draws, bins, norm, baseline, sets, classes, softLabels
  }

  /// What is asked for, and standard values of what is left open.
  package var settings: ScoringSettings
  /// What the tables of the folder decide, if there are any.
  package var open: Set<Part>
  /// Whether calibrations and cells that are not asked for are taken away.
  package var isOnly: Bool

  package init(_ settings: ScoringSettings, open: Set<Part> = [], isOnly: Bool = false) {
    self.settings = settings
    self.open = open
    self.isOnly = isOnly
  }

  /// The settings for a folder with `earlier` tables.
  ///
  /// - Returns: The settings, and what a user should know of them.
  /// - Throws: `EvaluationError.noValidationSet` where calibrations were fitted on a set that the folder
  ///   does not hold, what reading it throws, or `PredictionFileError` for halves that are none.
  func settings(
    continuing earlier: EarlierTables?
  ) throws -> (settings: ScoringSettings, notes: [String]) {
    guard let earlier, let scoring = earlier.record.scoring else { return (settings, []) }
    var all = settings
    var notes: [String] = []
    if !isOnly || open.contains(.calibrations) {
      let named = open.contains(.calibrations) ? [] : settings.calibrations
      all.calibrations = Calibration.all.filter {
        named.contains($0) || scoring.calibrations.contains($0.name)
      }
      let unknown = scoring.calibrations.filter { Calibration(name: $0) == nil }
      if !unknown.isEmpty {
        notes.append("\(unknown.listed()): not known to this version, left out of the tables")
      }
    }
    if open.contains(.fitting) || isFittingTheSame(as: scoring) {
      all.fitting = try fitting(of: earlier, scoring)
    }
    if open.contains(.draws) { all.drawCount = scoring.draws }
    let binning = earlier.record.binning
    all.binning = Binning(
      count: open.contains(.bins) ? binning.count : settings.binning.count,
      norm: open.contains(.norm) ? binning.norm : settings.binning.norm)
    if open.contains(.baseline), let path = scoring.baseline {
      do {
        all.baseline = try ScoringSettings.Baseline(path)
      } catch {
        notes.append("errors relative to the baseline \(path) are left out: \(error)")
      }
    }
    all.kinds = earlier.kinds(before: settings.kinds)
    if !isOnly { all.additions = additions(continuing: earlier.record.additions) }
    if all.additions.softLabels != nil, all.softLabels == nil {
      all.softLabels = try earlier.folder.predictions.softLabels()
    }
    return (all, notes)
  }

  /// What is asked for beside the metrics, and what the tables have of the rest.
  private func additions(continuing earlier: Additions) -> Additions {
    var all = settings.additions
    if open.contains(.sets) { all.alphas = earlier.alphas }
    if open.contains(.classes) {
      (all.classes, all.classNames) = (earlier.classes, earlier.classNames)
    }
    if open.contains(.softLabels) { all.softLabels = earlier.softLabels }
    let groups = (settings.additions.metrics ?? []) + (earlier.metrics ?? [])
    all.metrics = groups.isEmpty ? nil : MetricGroup.all.map(\.name).filter(groups.contains)
    let (asked, before) = (all.outOfDistribution ?? [], earlier.outOfDistribution ?? [])
    let names = before + asked.filter { !before.contains($0) }
    all.outOfDistribution = names.isEmpty ? nil : names
    return all
  }

  /// Whether the tables have what is asked for, so that halves that a user chose are theirs.
  private func isFittingTheSame(as scoring: RunRecord.ScoringRecord) -> Bool {
    switch settings.fitting {
    case .validationSet, .validationImages: false
    case .cleanHalves, .mixmoHalves, .crossValidation: settings.fitting.name == scoring.fitting
    }
  }

  private func fitting(
    of earlier: EarlierTables, _ scoring: RunRecord.ScoringRecord
  ) throws -> ScoringSettings.Fitting {
    let halves = try settings.fitting.chosenHalves ?? earlier.halves()
    if let fitting = ScoringSettings.Fitting(name: scoring.fitting, halves: halves) {
      return fitting
    }
    return .validationSet(try earlier.validationSet())
  }
}

/// The tables that a folder has before a command adds to them.
struct EarlierTables {
  let folder: RunFolder
  let record: RunRecord
  /// The cells of the tables, in their order.
  let cells: [Cell]

  /// The tables in `folder`; nil where it has none.
  ///
  /// - Throws: `RunsError`, `CSVError` or `FileError`.
  init?(in folder: RunFolder) throws {
    let table = folder.table(.cells)
    guard FileManager.default.fileExists(atPath: table.path),
      let record = try RunRecord.find(in: folder), record.scoring != nil
    else { return nil }
    self.folder = folder
    self.record = record
    cells = try Cell.scored(in: folder)
  }

  /// Predictions and those of the other cells of the tables, in the order of `kinds`.
  ///
  /// - Throws: `EvaluationError.missingCell`.
  func adding(
    _ predictions: CellPredictions, kinds: [CorruptionKind]
  ) throws -> CellPredictions {
    let others = cells.filter { !predictions.cells.contains($0) }
    if let missing = others.first(where: { !folder.predictions.contains($0) }) {
      throw EvaluationError.missingCell(folder.url, missing)
    }
    guard !others.isEmpty else { return predictions }
    return CellPredictions(
      cells: (predictions.cells + others).sorted(by: kinds), imageCount: predictions.imageCount,
      validation: predictions.validation, logits: predictions.logits)
  }

  /// The corruptions that aggregates of the tables know, where they are of corrupted images, and then
  /// those of `others` that they do not.
  func kinds(before others: [CorruptionKind]) -> [CorruptionKind] {
    let known = cells.contains { !$0.isClean } ? record.scoring?.kinds ?? [] : []
    return known + others.filter { other in !known.contains { $0.name == other.name } }
  }

  /// The halves of the clean images that a user chose; nil for MixMo's.
  func halves() throws -> CleanHalves? {
    guard let rows = record.scoring?.halves else { return nil }
    return try PredictionFileError.naming(folder.record.path) {
      try CleanHalves(first: rows.first ?? [], second: rows.dropFirst().first ?? [])
    }
  }

  /// The predictions of other images that calibrations were fitted on.
  func validationSet() throws -> LabeledLogits {
    let store = folder.predictions.validation
    guard store.contains(.clean) else { throw EvaluationError.noValidationSet(folder.url) }
    return try store.logits(of: .clean, labels: store.labels())
  }
}
