internal import Tensors

/// The probabilities of one row from the largest down, from which the scores of its classes follow.
///
/// Sums are taken in this order: no name of a class changes them.
final class RankedProbabilities {
  private let scorer: RowScorer
  private let ranked: UnsafeMutableBufferPointer<Double>  // [K]
  private var ofLabel = 0.0
  private var draw = 0.0

  init(_ source: PredictorLogits) {
    scorer = RowScorer(source)
    ranked = .allocate(capacity: scorer.classCount)
    ranked.initialize(repeating: 0)
  }

  deinit { ranked.deallocate() }

  /// Takes over the distribution of `row` and the U of its image.
  func load(_ row: Int, draw: Double) {
    scorer.loadProbabilities(of: row)
    for c in ranked.indices { ranked[c] = scorer.probabilities[c] }
    ofLabel = ranked[scorer.label(of: row)]
    var all = ranked
    all.sort(by: >)
    self.draw = draw
  }

  /// The score of the label.
  func labelScore(_ method: ConformalMethod) -> Double {
    var (above, place) = (0.0, 0)
    while ranked[place] > ofLabel {
      above += ranked[place]
      place += 1
    }
    return method.score(ofLabel, above: above, place: place + 1, draw: draw)
  }

  /// How many classes have a score of at most `threshold`.
  ///
  /// Scores do not fall from one class to the next less probable one, also when rounded.
  func setSize(_ method: ConformalMethod, threshold: Double) -> Int {
    var (above, size) = (0.0, 0)
    while size < ranked.count {
      let probability = ranked[size]
      let score = method.score(probability, above: above, place: size + 1, draw: draw)
      guard score <= threshold else { break }
      repeat {
        above += probability
        size += 1
      } while size < ranked.count && ranked[size] == probability
    }
    return size
  }
}

/// The U of images: a function of the seed and the image alone.
struct ConformalDraws: Sendable {
  let seed: UInt64
  /// Whether the images are others than those of cells, with draws of their own.
  let areOfOtherImages: Bool

  func draw(_ image: Int) -> Double {
    var random = RandomStream(
      seed: seed, purpose: "conformal", major: areOfOtherImages ? 1 : 0, minor: image)
    return random.nextUniform()
  }
}
