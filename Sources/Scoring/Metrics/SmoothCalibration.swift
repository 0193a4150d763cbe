import Foundation

extension ConfidenceRanking {
  /// The smooth calibration error at its own bandwidth, smECE; nil for no rows.
  ///
  /// With r_σ the rows' (confidence − right)/N, smoothed over 0...1 by a Gaussian of width σ that is
  /// reflected at 0 and 1, smECE_σ = ∫ |r_σ|. It falls as σ rises, and the figure is the σ that it
  /// equals, to about 1e-8. Błasiok and Nakkiran 2023, "Smooth ECE: principled reliability diagrams
  /// via kernel smoothing".
  public var smoothCalibrationError: Double? {
    guard count > 0 else { return nil }
    let bounds = boundsOfSmoothCalibrationError
    // Where all residuals have one sign, nothing cancels.
    if bounds.upperBound - bounds.lowerBound < 1e-12 { return bounds.upperBound }
    var size = 256
    while true {
      let bandwidth = SmoothedResiduals(self, size: size).selfConsistentBandwidth(in: bounds)
      let isFine = Double(size) * bandwidth >= SmoothedResiduals.stepsPerBandwidth
      if isFine || size == SmoothedResiduals.maximumSize { return bandwidth }
      size *= 4
    }
  }

  /// ∫ |r_σ| smoothed without end and not at all: |Σ residual| and Σ |residual|.
  private var boundsOfSmoothCalibrationError: ClosedRange<Double> {
    var (sum, magnitude) = (RunningMean(), RunningMean())
    for tie in ties {
      sum.add(tie.excess)
      magnitude.add(abs(tie.excess))
    }
    let lower = abs(sum.sum) / Double(count)
    return lower...max(lower, magnitude.sum / Double(count))
  }
}

/// The residuals of rows as a cosine series over 0...1, where smoothing scales each term.
///
/// r_σ(t) = a_0 + 2 Σ a_k e^(−(πkσ)²/2) cos(πkt), a_k = Σ residual · cos(πk · confidence): the
/// heat kernel that keeps what reaches 0 and 1.
private struct SmoothedResiduals {
  static let stepsPerBandwidth = 32.0
  static let maximumSize = 1 << 16

  private let size: Int
  private let transform: FourierTransform
  private let coefficients: [Double]  // [size + 1]

  init(_ ranking: ConfidenceRanking, size: Int) {
    self.size = size
    transform = FourierTransform(length: 2 * size)
    var residuals = [Double](repeating: 0, count: 2 * size)
    for tie in ranking.ties {
      Self.spread(tie.excess / Double(ranking.count), at: tie.confidence, over: &residuals)
    }
    coefficients = Array(transform(residuals).real[...size])
  }

  /// Shares a residual among four neighbors on the grid, as cubic interpolation does.
  private static func spread(_ residual: Double, at confidence: Double, over grid: inout [Double]) {
    let place = max(0, min(confidence, 1)) * Double(grid.count / 2)
    let lower = min(Int(place), grid.count / 2 - 1)
    let (x, y) = (place - Double(lower), 1 - (place - Double(lower)))
    let weights = [
      -x * y * (1 + y) / 6, y * (1 + x) * (1 + y) / 2, x * (1 + x) * (1 + y) / 2,
      -x * y * (1 + x) / 6,
    ]
    for (i, weight) in weights.enumerated() {
      grid[(lower + i - 1 + grid.count) % grid.count] += weight * residual
    }
  }

  /// The σ with ∫ |r_σ| = σ, by false position in the Illinois variant.
  ///
  /// The difference falls at least as fast as σ rises: where it is within the tolerance, σ is.
  func selfConsistentBandwidth(in bounds: ClosedRange<Double>) -> Double {
    let tolerance = 1e-12
    var (low, high) = (bounds.lowerBound, bounds.upperBound)
    var (above, below) = (integral(bandwidth: low) - low, integral(bandwidth: high) - high)
    while above > tolerance, below < -tolerance, high - low > tolerance {
      let middle = (low * below - high * above) / (below - above)
      let excess = integral(bandwidth: middle) - middle
      if abs(excess) <= tolerance { return middle }
      if excess > 0 {
        (low, above, below) = (middle, excess, below / 2)
      } else {
        (high, below, above) = (middle, excess, above / 2)
      }
    }
    return above > tolerance ? high : low
  }

  /// ∫ |r_σ|: how far its integral R goes up and down.
  private func integral(bandwidth: Double) -> Double {
    let (density, sines) = transform(series(bandwidth: bandwidth))
    let step = 1 / Double(size)
    func primitive(_ i: Int) -> Double {
      coefficients[0] * step * Double(i) - (i < size ? sines[i] : 0)
    }
    var sum = 0.0
    for i in 0..<size {
      let (start, end) = (primitive(i), primitive(i + 1))
      if density[i] * density[i + 1] < 0 {
        let turn = Self.turn(start, end, step * density[i], step * density[i + 1])
        sum += abs(turn - start) + abs(end - turn)
      } else {
        sum += abs(end - start)
      }
    }
    return sum
  }

  /// What transforms to r_σ in the real part and to minus the sines of R in the imaginary one.
  private func series(bandwidth: Double) -> [Double] {
    var series = [Double](repeating: 0, count: 2 * size)
    series[0] = coefficients[0]
    for k in 1...size {
      let phase = Double.pi * Double(k)
      let term = coefficients[k] * exp(-(phase * bandwidth) * (phase * bandwidth) / 2)
      if term == 0 && phase * bandwidth > 40 { break }
      series[k] += term * (k < size ? 1 + 1 / phase : 0.5)
      series[2 * size - k] += term * (k < size ? 1 - 1 / phase : 0.5)
    }
    return series
  }

  /// A cubic's value where its slope changes its sign, of its values and slopes at 0 and 1.
  private static func turn(
    _ start: Double, _ end: Double, _ startSlope: Double, _ endSlope: Double
  ) -> Double {
    let x = startSlope / (startSlope - endSlope), y = 1 - x
    return y * y * (1 + 2 * x) * start + x * x * (1 + 2 * y) * end
      + x * y * (y * startSlope - x * endSlope)
  }
}
