import Foundation
import Tensors

extension MixingMask {
  /// The range of the share that a cow mask takes.
  private static let cowShares = 0.2...0.8
  /// The range of the blur's deviation, in pixels.
  private static let cowDeviations = 4.0...16.0

  /// 1 where blurred noise lies under a threshold.
  ///
  /// French, Oliver, Salimans 2020, "Milking CowMask for semi-supervised image classification". The
  /// share is uniform, the deviation of the Gaussian log-uniform; λ plays no part.
  static func cow(size: Size, random: inout some RandomSource) -> MixingMask {
    let share = random.uniform(cowShares.lowerBound, cowShares.upperBound)
    let deviation = exp(
      random.uniform(log(cowDeviations.lowerBound), log(cowDeviations.upperBound)))
    let noise = (0..<size.height * size.width).map { _ in random.nextNormal() }
    let blurred = blur(noise, height: size.height, width: size.width, deviation: deviation)

    let count = Double(blurred.count)
    let mean = blurred.reduce(0, +) / count
    let squares = blurred.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let spread = (squares / max(count - 1, 1)).squareRoot()
    let threshold = mean + 2.0.squareRoot() * inverseErrorFunction(2 * share - 1) * spread

    var mask = MixingMask(.spatial, size: size)
    mask.values = blurred.map { $0 <= threshold ? 1 : 0 }
    return mask
  }

  /// The noise under a separable Gaussian that is cut at 3 of the largest deviations; outside is 0.
  ///
  /// The Gaussian is not normalized: the threshold follows the scale.
  private static func blur(
    _ noise: [Double], height: Int, width: Int, deviation: Double
  ) -> [Double] {
    let reach = Int((3 * cowDeviations.upperBound).rounded(.up))
    let weights = (0...reach).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
    /// Blurs along the columns of `rows` × `columns` values and transposes.
    func pass(_ values: [Double], _ rows: Int, _ columns: Int) -> [Double] {
      var result = [Double](repeating: 0, count: values.count)
      var sums = [Double](repeating: 0, count: columns)
      for row in 0..<rows {
        for column in 0..<columns { sums[column] = 0 }
        for source in max(row - reach, 0)..<min(row + reach + 1, rows) {
          let weight = weights[abs(source - row)]
          for column in 0..<columns { sums[column] += weight * values[source * columns + column] }
        }
        for column in 0..<columns { result[column * rows + row] = sums[column] }
      }
      return result
    }
    return pass(pass(noise, height, width), width, height)
  }

  /// The x with erf(x) = `value`, for |`value`| up to about 0.9, by Newton's method.
  private static func inverseErrorFunction(_ value: Double) -> Double {
    let slope = 2 / Double.pi.squareRoot()
    return (0..<8).reduce(value / slope) { x, _ in
      x - (erf(x) - value) / (slope * exp(-x * x))
    }
  }
}
