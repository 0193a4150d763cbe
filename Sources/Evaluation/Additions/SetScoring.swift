import Runs
import Scoring

/// Makes the prediction sets of cells, and scores them.
struct SetScoring {
  private let kinds: [SetKind]
  private let scorer: Scorer
  private let seed: UInt64
  /// Thresholds for every cell; nil where each cell is halved itself.
  private let fitted: FittedSets?

  /// Nil where no sets are asked for.
  ///
  /// - Parameters:
  ///   - settings: The α of sets, and what thresholds are fitted on.
  ///   - scorer: What scores.
  ///   - clean: The predictions of the clean images.
  /// - Throws: `ScoringError` where there are too few images to halve.
  init?(_ settings: ScoringSettings, _ scorer: Scorer, clean: LabeledLogits) throws {
    guard let alphas = settings.additions.alphas else { return nil }
    kinds = SetKind.all(alphas: alphas)
    self.scorer = scorer
    seed = settings.seed
    switch settings.fitting {
    case .cleanHalves(let halves), .mixmoHalves(let halves):
      fitted = try scorer.fitSets(
        kinds, on: clean, halves: [try halves ?? CleanHalves(rowCount: clean.rowCount)],
        seed: seed)
    case .validationSet(let other):
      fitted = try scorer.fitSets(kinds, onValidationSet: other, seed: seed)
    case .validationImages: throw EvaluationError.noValidation
    case .crossValidation: fitted = nil
    }
  }

  /// The scores of the sets of a cell, and the figures that means over cells are taken of.
  func scores(
    of logits: LabeledLogits, _ bootstrap: Bootstrap?
  ) throws -> (rows: [CellSets.Row], figures: [(AddedFigures.Key, AddedFigures.Figure)]) {
    let fitted = try fitted ?? fit(logits)
    var rows: [CellSets.Row] = []
    var figures: [(AddedFigures.Key, AddedFigures.Figure)] = []
    for predictor in Predictor.predicting(memberCount: logits.memberCount) {
      let sets = try scorer.sets(of: predictor, in: logits, by: fitted)
      let spreads = try bootstrap?.means(of: sets.flatMap { [$0.coverages, $0.meanSizes] })
      for (index, set) in sets.enumerated() {
        let scores = PredictionSetScores(set)
        rows.append(CellSets.Row(predictor: predictor, scores: scores))
        let ofKind = [scores.coverage?.value, scores.meanSize]
        for (place, figure) in SetFigure.allCases.enumerated() {
          let key = AddedFigures.Key(
            predictor: predictor, calibration: .none, name: figure.name(of: set.kind))
          let spread = spreads?[2 * index + place].map(MetricSpread.draws)
          figures.append(
            (
              key,
              AddedFigures.Figure(
                value: ofKind[place], spread: spread,
                interval: figure == .coverage ? scores.coverage?.interval : nil)
            ))
        }
      }
    }
    return (rows, figures)
  }

  /// Thresholds of a cell's own halves, those of the calibrations under `cv`.
  private func fit(_ logits: LabeledLogits) throws -> FittedSets {
    let halves = try (31...35).map { seed in
      try CleanHalves(rowCount: logits.rowCount, seed: seed)
    }
    return try scorer.fitSets(kinds, on: logits, halves: halves, seed: seed)
  }
}

extension [CellSets] {
  /// Which sets hold every class because they were fitted on too few images; nil where none does.
  var noteOfWholeSets: String? {
    let kinds = (first?.rows ?? []).filter { $0.scores.thresholds.contains(.infinity) }
      .map { "α = \($0.scores.kind.alpha)" }
    let unique = kinds.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    guard !unique.isEmpty else { return nil }
    return
      "prediction sets of \(unique.joined(separator: ", ")) hold every class: at least 1/α − 1 images "
      + "are needed to fit them"
  }
}
