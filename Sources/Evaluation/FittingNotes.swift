import Scoring

extension ScoringSettings {
  /// What a user should know of labels with the probability 0 among the rows that calibrations are
  /// fitted on.
  ///
  /// - Parameter rows: The rows that are scored.
  /// - Returns: The notes; none for logits.
  /// - Throws: `ScoringError`.
  func notesOfImpossibleLabels(in rows: LabeledLogits) throws -> [String] {
    guard rows.numbers == .probabilities, calibrations.contains(where: \.needsFitting) else {
      return []
    }
    switch fitting {
    case .validationSet(let validation):
      return try validation.notesOfImpossibleLabels(named: "validation rows", isScored: false)
    case .cleanHalves(let chosen), .mixmoHalves(let chosen):
      guard rows.rowCount > 1 else { return [] }
      let halves = try chosen ?? CleanHalves(rowCount: rows.rowCount)
      guard halves.rowCount == rows.rowCount else { return [] }
      return try zip(halves.rows, ["first half", "second half"]).flatMap { half, name in
        try rows.selecting(rows: half).notesOfImpossibleLabels(named: name, isScored: true)
      }
    case .crossValidation, .validationImages: return []
    }
  }
}

extension LabeledLogits {
  /// How many labels have the probability 0, by predictor, and where nothing is left to fit on.
  ///
  /// - Parameters:
  ///   - name: What the rows are called.
  ///   - isScored: Whether scores of these rows say how many there are; then only rows of which none is
  ///     left are named.
  /// - Returns: The notes.
  /// - Throws: `ScoringError`.
  fileprivate func notesOfImpossibleLabels(named name: String, isScored: Bool) throws -> [String] {
    let fitting = FittingRows(self)
    var (some, all): ([String], [String]) = ([], [])
    for predictor in Predictor.predicting(memberCount: memberCount) {
      let possible = try fitting.possible(for: predictor)?.rowCount ?? 0
      if possible == 0 {
        all.append(predictor.name)
      } else if possible < rowCount {
        some.append("\(rowCount - possible) of \(rowCount) (\(predictor.name))")
      }
    }
    var notes: [String] = []
    if !some.isEmpty, !isScored {
      notes.append(
        "\(name): the label has the probability 0 in \(some.joined(separator: ", ")) rows, which "
          + "temperature and vector scaling leave out")
    }
    if !all.isEmpty {
      notes.append(
        "\(name): the label has the probability 0 in every row (\(all.joined(separator: ", "))): nothing "
          + "is left to fit on, and temperature and vector scaling change nothing; are the labels those of "
          + "these rows?")
    }
    return notes
  }
}
