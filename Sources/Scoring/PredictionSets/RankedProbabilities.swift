internal import Tensors

/// The probabilities of one row from the largest down, from which the scores of its classes follow.
///
/// Sums are taken in this order: no name of a class changes them. The order is found as far as it is
/// asked for: most sets are of few classes.
final class RankedProbabilities {
  private let scorer: RowScorer
  private let ranked: UnsafeMutableBufferPointer<Double>  // [K]
  /// How many of the largest are in their places.
  private var placedCount = 0
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
    placedCount = 0
    self.draw = draw
  }

  /// The probability at `place` from the largest down.
  private func probability(at place: Int) -> Double {
    while place >= placedCount { placeMore() }
    return ranked[place]
  }

  /// Puts the next largest probabilities in their places: those of at least a sixteenth of the largest
  /// that has none.
  private func placeMore() {
    let rest = placedCount..<ranked.count
    let largest = rest.reduce(0) { max($0, ranked[$1]) }
    var end = placedCount
    for index in rest where ranked[index] >= largest / 16 {
      ranked.swapAt(index, end)
      end += 1
    }
    var next = ranked.extracting(placedCount..<end)
    next.sort(by: >)
    placedCount = end
  }

  /// The score of the label.
  func labelScore(_ method: ConformalMethod) -> Double {
    var (above, place) = (0.0, 0)
    while probability(at: place) > ofLabel {
      above += probability(at: place)
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
      let probability = self.probability(at: size)
      let score = method.score(probability, above: above, place: size + 1, draw: draw)
      guard score <= threshold else { break }
      repeat {
        above += probability
        size += 1
      } while size < ranked.count && self.probability(at: size) == probability
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
