import Foundation
import Scoring

/// Images whose class probabilities are known: a large sample of those that simulations draw from.
///
/// An image has normal logits q, and softmax(q) are its true probabilities. A predictor that says
/// softmax(s·q) is too sure for s > 1, and not sure enough for s < 1.
struct Population: Sendable {
  let classCount: Int
  private let logits: [Double]  // [N, K]

  /// How far logits spread, so that accuracies are 0.75 with 4 classes and 0.6 with 100.
  static func spread(_ classCount: Int) -> Double { classCount < 50 ? 2.2 : 3.52 }

  init(rowCount: Int, classCount: Int, seed: UInt64) {
    self.classCount = classCount
    var random = NormalNumbers(seed: seed)
    let spread = Self.spread(classCount)
    logits = (0..<rowCount * classCount).map { _ in spread * random.next() }
  }

  /// The true values of calibration errors of a predictor that scales logits by either of `scales`, each
  /// for half of the images: as large as they would be on infinitely many rows, but for what is left of
  /// the noise where the true probabilities stand in for labels.
  func truths(scales: [Double], rowCount: Int? = nil) -> [Metric: Double] {
    let count = rowCount ?? logits.count / classCount
    var top: [Residual] = []
    var classwise = [[Residual]](repeating: [], count: classCount)
    for row in 0..<count {
      let logits = logits[row * classCount..<(row + 1) * classCount]
      let probabilities = softmax(logits, scale: 1)
      for scale in scales {
        let predicted = softmax(logits, scale: scale)
        let first = predicted.indices.max { predicted[$0] < predicted[$1] } ?? 0
        top.append(Residual(predicted[first], predicted[first] - probabilities[first]))
        for c in 0..<classCount {
          classwise[c].append(Residual(predicted[c], predicted[c] - probabilities[c]))
        }
      }
    }
    return Self.truths(top, classwise)
  }

  /// How much larger the true calibration error of a predictor that scales logits by the first of `scales`
  /// is than that of one that scales them by the second and adds noise.
  func difference(scales: (first: Double, second: Double), noise: Double) -> Double {
    var random = NormalNumbers(seed: 3)
    var (first, second): ([Residual], [Residual]) = ([], [])
    for row in 0..<logits.count / classCount {
      let logits = logits[row * classCount..<(row + 1) * classCount]
      let probabilities = softmax(logits, scale: 1)
      func residual(_ predicted: [Double]) -> Residual {
        let top = predicted.indices.max { predicted[$0] < predicted[$1] } ?? 0
        return Residual(predicted[top], predicted[top] - probabilities[top])
      }
      first.append(residual(softmax(logits, scale: scales.first)))
      let noisy = logits.map { scales.second * $0 + noise * random.next() }
      second.append(residual(softmax(noisy[...], scale: 1)))
    }
    let errors = [first, second].map { residuals in
      Self.widthBins(residuals).reduce(0) { $0 + abs($1.error) } / Double(residuals.count)
    }
    return errors[0] - errors[1]
  }

  private static func truths(_ top: [Residual], _ classwise: [[Residual]]) -> [Metric: Double] {
    let bins = widthBins(top)
    let count = Double(top.count)
    func mean(_ errors: [Double]) -> Double { errors.reduce(0, +) / Double(errors.count) }
    func sizes(_ bins: [Bin]) -> Double { bins.reduce(0) { $0 + abs($1.error) } / count }
    let kept = classwise.map { residuals in residuals.filter { $0.probability > 1e-3 } }
    return [
      .calibrationError: sizes(bins),
      // A bin that few samples have a row in says nothing of what they can show.
      .maximumCalibrationError: bins.filter { Double($0.count) > 0.002 * count }
        .map { abs($0.error) / Double($0.count) }.max() ?? 0,
      .debiasedCalibrationError:
        (bins.filter { $0.count > 0 }
        .reduce(0) { $0 + $1.error * $1.error / Double($1.count) } / count).squareRoot(),
      .adaptiveCalibrationError: sizes(
        massBins(top) { (2 * $0 * top.count + binCount) / (2 * binCount) }),
      .classwiseCalibrationError: mean(classwise.map { sizes(widthBins($0)) }),
      .thresholdedCalibrationError: mean(
        kept.map { residuals in
          sizes(massBins(residuals) { $0 * (residuals.count / binCount) })
        }),
      .smoothCalibrationError: SmoothError(top).value,
    ]
  }

  /// A predicted probability, and how far it is above the true one.
  fileprivate struct Residual {
    let probability: Double
    let error: Double

    init(_ probability: Double, _ error: Double) {
      self.probability = probability
      self.error = error
    }
  }

  private struct Bin {
    var count = 0
    var error = 0.0
  }

  private static let binCount = 15

  private static func widthBins(_ residuals: [Residual]) -> [Bin] {
    var bins = [Bin](repeating: Bin(), count: binCount)
    for residual in residuals {
      let place = (residual.probability * Double(binCount)).rounded(.up) - 1
      let bin = max(0, min(Int(place), binCount - 1))
      bins[bin].count += 1
      bins[bin].error += residual.error
    }
    return bins
  }

  /// Bins that are cut at the ranks `cut(1)`, `cut(2)`, …, of residuals by rising probability.
  private static func massBins(_ residuals: [Residual], cut: (Int) -> Int) -> [Bin] {
    let sorted = residuals.sorted { $0.probability < $1.probability }
    return (0..<binCount).map { bin in
      let rows = sorted[cut(bin)..<(bin == binCount - 1 ? sorted.count : cut(bin + 1))]
      return Bin(count: rows.count, error: rows.reduce(0) { $0 + $1.error })
    }
  }

  /// The smooth calibration error by direct sums over a grid.
  private struct SmoothError {
    private static let size = 400
    private let cosines: [[Double]]
    private let coefficients: [Double]

    init(_ residuals: [Residual]) {
      let size = Self.size
      var grid = [Double](repeating: 0, count: size)
      for residual in residuals {
        grid[min(Int(residual.probability * Double(size)), size - 1)] +=
          residual.error / Double(residuals.count)
      }
      cosines = (0..<size).map { k in
        (0..<size).map { cos(.pi * Double(k) * (Double($0) + 0.5) / Double(size)) }
      }
      coefficients = cosines.map { zip($0, grid).reduce(0) { $0 + $1.0 * $1.1 } }
    }

    /// The σ at which ∫ |r_σ| is σ, by bisection.
    var value: Double {
      var (low, high) = (0.0, 1.0)
      for _ in 0..<30 {
        let middle = (low + high) / 2
        if integral(middle) > middle { low = middle } else { high = middle }
      }
      return low
    }

    private func integral(_ bandwidth: Double) -> Double {
      var density = [Double](repeating: coefficients[0], count: Self.size)
      for k in 1..<Self.size {
        let phase = Double.pi * Double(k) * bandwidth
        let term = 2 * coefficients[k] * exp(-phase * phase / 2)
        if phase > 8 { break }
        for i in density.indices { density[i] += term * cosines[k][i] }
      }
      return density.reduce(0) { $0 + abs($1) } / Double(Self.size)
    }
  }
}

/// The probabilities of logits that are multiplied by `scale`.
func softmax(_ logits: ArraySlice<Double>, scale: Double) -> [Double] {
  let largest = scale * (logits.max() ?? 0)
  let terms = logits.map { exp(scale * $0 - largest) }
  let sum = terms.reduce(0, +)
  return terms.map { $0 / sum }
}

/// Standard normal and uniform numbers from a seed: SplitMix64, and the transform of Box and Muller.
struct NormalNumbers {
  private var state: UInt64
  private var spare: Double?

  init(seed: UInt64) {
    state = seed &* 0xD134_2543_DE82_EF95 &+ 1
  }

  mutating func uniform() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((word ^ (word >> 31)) >> 11) * 0x1p-53
  }

  mutating func next() -> Double {
    if let spare {
      self.spare = nil
      return spare
    }
    let radius = (-2 * log(1 - uniform())).squareRoot()
    let angle = 2 * Double.pi * uniform()
    spare = radius * sin(angle)
    return radius * cos(angle)
  }
}
