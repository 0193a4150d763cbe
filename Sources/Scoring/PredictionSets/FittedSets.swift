/// Thresholds of prediction sets, for every predictor, fitted on other rows than those whose sets they
/// make.
public struct FittedSets: Sendable {
  /// The kinds of sets that were asked for.
  public let kinds: [SetKind]
  /// A fit, and the rows whose sets it makes.
  struct Fold: Sendable {
    /// The rows of a cell; nil for all.
    let rows: [Int]?
    let thresholds: [Predictor: [Double]]  // [kinds]
  }

  let folds: [Fold]
  /// How often the folds make a set of each row; numbers are means over these passes.
  let passCount: Int
  let seed: UInt64

  /// The thresholds of `predictor` for one kind of sets, fold by fold; of two halves the first makes the
  /// sets of the first half.
  public func thresholds(of predictor: Predictor, _ kind: SetKind) -> [Double] {
    guard let index = kinds.firstIndex(of: kind) else { return [] }
    return folds.compactMap { $0.thresholds[predictor]?[index] }
  }
}

extension Scorer {
  /// Fits thresholds on each half of the rows, to make the sets of the other half.
  ///
  /// - Parameters:
  ///   - kinds: The kinds of sets.
  ///   - rows: The clean rows, for every cell of the same images; or a cell, for itself.
  ///   - halves: One or more ways to halve them; numbers are means over these.
  ///   - seed: What the U of an image is drawn with.
  /// - Returns: Thresholds for each half of each way.
  /// - Throws: `ScoringError.halvesOfOtherRows`.
  public func fitSets(
    _ kinds: [SetKind], on rows: LabeledLogits, halves: [CleanHalves], seed: UInt64 = 0
  ) throws -> FittedSets {
    for halves in halves where halves.rowCount != rows.rowCount {
      throw ScoringError.halvesOfOtherRows(expected: rows.rowCount, found: halves.rowCount)
    }
    let scores = try labelScores(
      kinds, in: rows, ConformalDraws(seed: seed, areOfOtherImages: false))
    let folds = halves.flatMap { halves in
      zip(halves.rows, halves.rows.reversed()).map { scored, fitted in
        FittedSets.Fold(
          rows: scored.sorted(), thresholds: Self.thresholds(kinds, scores, fittedOn: fitted))
      }
    }
    return FittedSets(kinds: kinds, folds: folds, passCount: halves.count, seed: seed)
  }

  /// Fits thresholds on all rows of a validation set, to make the sets of all rows of every cell.
  public func fitSets(
    _ kinds: [SetKind], onValidationSet validation: LabeledLogits, seed: UInt64 = 0
  ) throws -> FittedSets {
    let scores = try labelScores(
      kinds, in: validation, ConformalDraws(seed: seed, areOfOtherImages: true))
    let thresholds = Self.thresholds(kinds, scores, fittedOn: nil)
    return FittedSets(
      kinds: kinds, folds: [.init(rows: nil, thresholds: thresholds)], passCount: 1, seed: seed)
  }

  private typealias LabelScores = [Predictor: [ConformalMethod: [Double]]]

  /// The scores of the labels of all rows.
  private func labelScores(
    _ kinds: [SetKind], in logits: LabeledLogits, _ draws: ConformalDraws
  ) throws -> LabelScores {
    let methods = ConformalMethod.allCases.filter { method in kinds.contains { $0.method == method }
    }
    var scores: LabelScores = [:]
    for predictor in Predictor.predicting(memberCount: logits.memberCount) {
      let source = try PredictorLogits(predictor, of: logits)
      let parts = try blocks.map(logits.rowCount) { block in
        let ranked = RankedProbabilities(source)
        var parts = methods.map { _ in [Double]() }
        for row in block {
          ranked.load(row, draw: draws.draw(row))
          for (index, method) in methods.enumerated() {
            parts[index].append(ranked.labelScore(method))
          }
        }
        return parts
      }
      for (index, method) in methods.enumerated() {
        scores[predictor, default: [:]][method] = RowBlocks.joined(parts.map { $0[index] })
      }
    }
    return scores
  }

  private static func thresholds(
    _ kinds: [SetKind], _ scores: LabelScores, fittedOn rows: [Int]?
  ) -> [Predictor: [Double]] {
    scores.mapValues { scores in
      kinds.map { kind in
        let all = scores[kind.method] ?? []
        return kind.threshold(rows.map { rows in rows.map { all[$0] } } ?? all)
      }
    }
  }
}
