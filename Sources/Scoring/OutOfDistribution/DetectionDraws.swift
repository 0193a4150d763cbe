import Foundation
internal import Tensors

/// Draws of the images of a test set and of those of no class, each on their own.
public struct DetectionDraws: Sendable {
  let inside: Bootstrap
  let outside: Bootstrap

  /// `inside` of the test images, and as many draws of `outsideCount` images of no class, by a stream of
  /// their own.
  ///
  /// - Throws: `ScoringError.nothingToResample` for no image.
  public init(
    of inside: Bootstrap, outsideCount: Int, seed: UInt64 = 0,
    threadCount: Int = ProcessInfo.processInfo.activeProcessorCount
  ) throws {
    self.inside = inside
    outside = try Bootstrap(
      imageCount: outsideCount, drawCount: inside.drawCount, seed: seed,
      purpose: "out-of-distribution", threadCount: threadCount)
  }

  /// The figures of each of `rankings` on every draw; none where one is undefined on a draw.
  func distributions(
    of rankings: [WeightedDetection]
  ) throws -> [[DetectionFigure: BootstrapDistribution]] {
    let blocks = try inside.workers.map(inside.multiplicities.count) { block in
      inside.multiplicities[block].withUnsafeBufferPointer { inside in
        outside.multiplicities[block].withUnsafeBufferPointer { outside in
          rankings.map { $0.sums(inside, outside) }
        }
      }
    }
    return try inside.workers.map(rankings.count) { ranking in
      DetectionFigure.allCases.reduce(into: [:]) { all, figure in
        let values = (0..<inside.drawCount).map { draw in
          let lane = draw % Bootstrap.laneCount
          return blocks[draw / Bootstrap.laneCount][ranking].value(of: figure, lane)
        }
        all[figure] = BootstrapDistribution(values)
      }
    }
  }
}

/// Images of both sets by falling score, to be ranked in one pass under eight sets of weights at once.
///
/// The weights are how often draws hold the images, so that figures are those of the drawn images.
struct WeightedDetection: Sendable {
  private struct Row: Sendable {
    let image: Int32
    let isInside: Bool
    /// Whether the next row has another score.
    let endsTie: Bool
  }

  private let rows: [Row]

  /// - Parameters:
  ///   - inside: The scores of test images, none of them NaN.
  ///   - images: The image that each of these is of; nil where row i is of image i.
  ///   - outside: The scores of the images of no class.
  init(inside: [Double], images: [Int]?, outside: [Double]) {
    let scores = inside + outside
    let order = scores.map(-).risingOrder
    rows = order.enumerated().map { place, index in
      let isInside = index < inside.count
      return Row(
        image: Int32(isInside ? images?[index] ?? index : index - inside.count),
        isInside: isInside,
        endsTie: place == order.count - 1 || scores[index] != scores[order[place + 1]])
    }
  }

  /// The sums under weights that are indexed by image.
  func sums(
    _ inside: UnsafeBufferPointer<SIMD8<UInt8>>, _ outside: UnsafeBufferPointer<SIMD8<UInt8>>
  ) -> DetectionSums {
    @inline(__always) func weight(_ row: Row) -> Lanes {
      let weights = row.isInside ? inside : outside
      return Lanes(SIMD8<Int32>(truncatingIfNeeded: weights[Int(row.image)]))
    }
    var totals = (inside: Lanes.zero, outside: Lanes.zero)
    for row in rows {
      if row.isInside { totals.inside += weight(row) } else { totals.outside += weight(row) }
    }
    var sums = DetectionSums(inside: totals.inside, outside: totals.outside)
    var tie = (inside: Lanes.zero, outside: Lanes.zero)
    for row in rows {
      if row.isInside { tie.inside += weight(row) } else { tie.outside += weight(row) }
      if row.endsTie {
        sums.addTie(inside: tie.inside, outside: tie.outside)
        tie = (.zero, .zero)
      }
    }
    return sums
  }
}

/// The sums of a pass over images by falling score, in each lane under one set of weights.
struct DetectionSums: Sendable {
  /// The weights of all images.
  private let inside: Lanes
  private let outside: Lanes
  private var seenInside = Lanes.zero
  private var seenOutside = Lanes.zero
  private var twiceWins = Lanes.zero
  private var insidePrecision = Lanes.zero
  private var outsidePrecision = Lanes.zero
  private var falsePositives = Lanes.zero

  fileprivate init(inside: Lanes, outside: Lanes) {
    (self.inside, self.outside) = (inside, outside)
  }

  /// Adds the weights of images of one score, lower than that of the images before.
  @inline(__always)
  fileprivate mutating func addTie(inside tiedInside: Lanes, outside tiedOutside: Lanes) {
    let leftOutside = outside - seenOutside
    twiceWins += tiedInside * (2 * leftOutside - tiedOutside)
    // Average precision of "outside" counts from the lowest score up: these images and those below.
    let rejected = tiedOutside * (leftOutside / (leftOutside + inside - seenInside))
    outsidePrecision += rejected.replacing(with: 0, where: tiedOutside .== 0)
    let isBelow = 100 * seenInside .< 95 * inside
    seenInside += tiedInside
    seenOutside += tiedOutside
    falsePositives.replace(with: seenOutside, where: isBelow)
    let accepted = tiedInside * (seenInside / (seenInside + seenOutside))
    insidePrecision += accepted.replacing(with: 0, where: tiedInside .== 0)
  }

  /// A figure in one lane; nil where a set has no image there.
  func value(of figure: DetectionFigure, _ lane: Int) -> Double? {
    let (inside, outside) = (inside[lane], outside[lane])
    guard inside > 0, outside > 0 else { return nil }
    return switch figure {
    case .auroc: twiceWins[lane] / (2 * inside * outside)
    case .insideAveragePrecision: insidePrecision[lane] / inside
    case .outsideAveragePrecision: outsidePrecision[lane] / outside
    case .falsePositiveRateAt95: falsePositives[lane] / outside
    }
  }
}
