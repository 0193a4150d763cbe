// N images, M members, K classes.

import Formats
import Foundation
import Scoring

/// `calibrations.json`: every fit behind the numbers of a run's tables, and how to apply it.
///
/// It is JSON with a fit on each line. Numbers have as many digits as their Float64 needs.
package struct CalibrationFile {
  private let head: Head
  private let fits: [Fit]

  /// The fits that calibrated the cells of `cube`; the settings are those of `record`.
  ///
  /// Fits on clean or other images are the same for all cells, and are listed once.
  package init(_ cube: ScoreCube, of record: RunRecord) {
    let fitting = record.scoring?.fitting ?? ""
    fits = cube.fits(areOfEachCell: fitting == ScoreCube.crossValidation).map(Fit.init)
    let folds = (cube.cells.first?.scores ?? []).map(\.fittedFolds).first { !$0.isEmpty } ?? []
    let names = (cube.cells.first?.scores ?? []).filter { !$0.fits.isEmpty }.map(\.calibration.name)
    head = Head(
      run: record.origin.run, version: record.origin.version, fitting: fitting,
      numbers: record.figures.rawValue, notation: CalibrationFormulas.notation(of: names),
      formulas: CalibrationFormulas.all.filter { names.contains($0.key) },
      folds: Self.folds(folds, rowCount: folds.prefix(2).reduce(0) { $0 + $1.count }))
  }

  /// The seeds of MixMo's halves, of which cross-validation uses all and other fittings the first.
  private static let seeds: ClosedRange<UInt32> = 31...35

  private struct Head: Encodable {
    let run: String
    let version: String
    let fitting: String
    let numbers: String
    let notation: [String]
    let formulas: [String: [String: String]]
    let folds: [Fold]
  }

  /// The rows of a cell that a fold calibrates: a half of `CleanHalves`, or rows that a user chose.
  private struct Fold: Encodable {
    let fold: Int
    var seed: UInt32?
    var half: Int?
    var rows: [Int]?
  }

  private static func folds(_ rows: [[Int]], rowCount: Int) -> [Fold] {
    var halves: [UInt32: [[Int]]] = [:]
    return rows.enumerated().map { index, rows in
      let seed = seeds.lowerBound + UInt32(index / 2)
      if halves[seed] == nil, seeds.contains(seed) {
        halves[seed] = (try? CleanHalves(rowCount: rowCount, seed: seed).rows.map { $0.sorted() })
      }
      guard halves[seed]?[index % 2] == rows.sorted() else { return Fold(fold: index, rows: rows) }
      return Fold(fold: index, seed: seed, half: index % 2)
    }
  }
}

extension CalibrationFile {
  /// Writes the file into `folder`.
  ///
  /// - Throws: `FileError.unwritable`.
  package func write(to folder: RunFolder) throws {
    try AtomicFile.stream(to: folder.calibrations) { stream in
      try forEachLine { line in
        try Array((line + "\n").utf8).withUnsafeBytes(stream.append)
      }
    }
  }

  /// The bytes of the file.
  package var bytes: [UInt8] {
    get throws {
      var bytes: [UInt8] = []
      try forEachLine { bytes += Array(($0 + "\n").utf8) }
      return bytes
    }
  }

  private func forEachLine(_ body: (String) throws -> Void) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    func text(_ value: some Encodable) throws -> String {
      String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    func list(_ name: String, _ items: [String], end: String) throws {
      guard !items.isEmpty else { return try body("\"\(name)\": []\(end)") }
      try body("\"\(name)\": [")
      for (index, item) in items.enumerated() {
        try body(item + (index + 1 < items.count ? "," : ""))
      }
      try body("]\(end)")
    }
    try body("{")
    for (name, value) in [
      ("run", head.run), ("version", head.version), ("fitting", head.fitting),
      ("numbers", head.numbers),
    ] {
      try body("\"\(name)\": \(text(value)),")
    }
    try list("notation", head.notation.map(text), end: ",")
    try body("\"formulas\": {")
    let formulas = head.formulas.sorted { $0.key < $1.key }
    for (index, (name, formula)) in formulas.enumerated() {
      let end = index + 1 < formulas.count ? "," : ""
      try body("\(text(name)): \(text(formula))\(end)")
    }
    try body("},")
    try list("folds", head.folds.map(text), end: ",")
    try list("fits", fits.map(text), end: "")
    try body("}")
  }
}

extension ScoreCube {
  /// The name of the fitting that has fits of its own in each cell.
  fileprivate static let crossValidation = "cv"

  /// The fits that calibrated the cells, each with its cell where it is not the same for all.
  fileprivate func fits(areOfEachCell: Bool) -> [(fit: CalibrationFit, cell: Cell?)] {
    cells.flatMap { result in
      result.scores.flatMap { scores -> [(CalibrationFit, Cell?)] in
        let isOwn = areOfEachCell || scores.calibration.isBound
        guard isOwn || result.cell == cells[0].cell else { return [] }
        return scores.fits.map { ($0, isOwn ? result.cell : nil) }
      }
    }
  }

  /// Where the searches of calibrations ended that keep their gradient; nil where none does.
  package func searches(fitting: String) -> [RunRecord.ScoringRecord.Search]? {
    let searches = fits(areOfEachCell: fitting == Self.crossValidation).compactMap { fit, cell in
      CalibrationNumbers(fit.map).gradient.map { gradient in
        RunRecord.ScoringRecord.Search(
          calibration: fit.calibration.name, predictor: fit.predictor.name, cell: cell?.name,
          fold: fit.fold, gradient: gradient)
      }
    }
    return searches.isEmpty ? nil : searches
  }
}

/// A fit as a line of the file: what it is of, and the numbers that its formula names.
private struct Fit: Encodable {
  let calibration: String
  let predictor: String
  /// Nil where the fit is the same for all cells.
  let cell: String?
  /// Nil where the fit calibrates all rows.
  let fold: Int?
  private let numbers: CalibrationNumbers

  private enum CodingKeys: String, CodingKey {
    case calibration, predictor, cell, fold
  }

  init(_ fit: CalibrationFit, _ cell: Cell?) {
    calibration = fit.calibration.name
    predictor = fit.predictor.name
    self.cell = cell?.name
    fold = fit.fold
    numbers = CalibrationNumbers(fit.map)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(calibration, forKey: .calibration)
    try container.encode(predictor, forKey: .predictor)
    try container.encodeIfPresent(cell, forKey: .cell)
    try container.encodeIfPresent(fold, forKey: .fold)
    try numbers.encode(to: encoder)
  }
}
