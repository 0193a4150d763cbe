import Foundation
import Scoring

extension Comparison.Pair {
  /// How many cells were decided for the run, against it, and not at all.
  package var counts: (wins: Int, losses: Int, undecided: Int) {
    (
      cells.count { $0.verdict == .win }, cells.count { $0.verdict == .loss },
      cells.count { $0.verdict == .undecided }
    )
  }
}

extension Comparison {
  /// What the numbers of `pair` carry, in a sentence.
  package func conclusion(_ pair: Pair) -> String {
    let counts = pair.counts
    guard let mean = pair.mean else {
      guard let clean = pair.cells.first else { return "" }
      let figures = "\(Self.points(clean.accuracy)), McNemar p = \(Self.shown(clean.pValue))"
      return clean.verdict == .undecided
        ? "Which of \(pair.label) and \(reference) is more accurate is open: \(figures)."
        : "\(pair.label) is \(Self.word(clean.verdict)) accurate than \(reference): \(figures)."
    }
    let cells =
      counts.wins + counts.losses == 0
      ? "no cell is decided"
      : "of \(pair.cells.count) cells \(counts.wins) are decided for \(pair.label), "
        + "\(counts.losses) against it, \(counts.undecided) are open"
    let figures = "\(Self.points(mean.accuracy)) on average over \(mean.cellCount) corrupted cells"
    return mean.verdict == .undecided
      ? "Which of \(pair.label) and \(reference) is more accurate on average is open (\(figures)); "
        + "\(cells)."
      : "\(pair.label) is \(Self.word(mean.verdict)) accurate than \(reference): \(figures); \(cells)."
  }

  /// What the conclusions are about, and what not.
  package static let caveat =
    "This is about these checkpoints on images like these: anything at all is claimed of equally good "
    + "ones with a probability of at most \(Int(100 * level)) %. Whether one way of training is better "
    + "takes several seeds of each."

  private static func word(_ verdict: Verdict) -> String { verdict == .win ? "more" : "less" }

  private static func points(_ difference: Difference) -> String {
    func signed(_ number: Double) -> String { String(format: "%+.2f", 100 * number) }
    let interval = difference.interval.map {
      " (95 % interval \(signed($0.low)) to \(signed($0.high)))"
    }
    return (difference.difference.map(signed) ?? "–") + " points" + (interval ?? "")
  }

  static func shown(_ pValue: Double) -> String {
    pValue < 0.0001 ? "below 0.0001" : String(format: "%.4f", pValue)
  }
}
