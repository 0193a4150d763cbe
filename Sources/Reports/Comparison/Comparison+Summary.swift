import Scoring

extension Comparison {
  /// The comparison for programs: what the printed table and sentence say.
  package struct Summary: Encodable, Sendable {
    package struct Pair: Encodable, Sendable {
      let run: String
      let clean: [String: Figure]
      let corrupted: [String: Figure]?
      let verdict: String
      let wins: Int
      let losses: Int
      let undecided: Int
      let conclusion: String
    }

    package struct Figure: Encodable, Sendable {
      let reference: Double?
      let value: Double?
      let difference: Double?
      let low: Double?
      let high: Double?
    }

    let reference: String
    let predictor: String
    let calibration: String
    let pairs: [Pair]
    let caveat: String
  }

  package var summary: Summary {
    func figures(_ differences: [Difference]) -> [String: Summary.Figure] {
      Dictionary(
        uniqueKeysWithValues: differences.map {
          (
            $0.metric.rawValue,
            Summary.Figure(
              reference: $0.reference, value: $0.value, difference: $0.difference,
              low: $0.interval?.low, high: $0.interval?.high)
          )
        })
    }
    return Summary(
      reference: reference, predictor: predictor.name, calibration: calibration.rawValue,
      pairs: pairs.map { pair in
        let clean = pair.cells.first { $0.severity == 0 }
        return Summary.Pair(
          run: pair.label, clean: figures(clean?.differences ?? []),
          corrupted: pair.mean.map { figures($0.differences) },
          verdict: (pair.mean?.verdict ?? clean?.verdict ?? .undecided).rawValue,
          wins: pair.counts.wins, losses: pair.counts.losses, undecided: pair.counts.undecided,
          conclusion: conclusion(pair))
      }, caveat: Self.caveat)
  }
}
