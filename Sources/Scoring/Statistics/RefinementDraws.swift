/// The refinement loss and the calibration loss of one predictor on every draw of a bootstrap.
///
/// A draw is fitted anew, by one step of Newton's method from the temperature of the data, to the second
/// order of the loss there: what is left out is smaller than the draws' scatter by a factor of √N.
struct RefinementDraws {
  private let refinement: [Double]  // [draws]
  /// √(2 · calibration loss), with the sign of how far the draw's 1/T is from 1.
  private let roots: [Double]  // [draws]

  /// The draws; nil where one of the numbers is undefined on a draw.
  ///
  /// - Parameters:
  ///   - loss: The negative log-likelihood without the temperature.
  ///   - curve: The means of `TemperatureObjective.rowCurves(at:)`.
  ///   - temperature: Where they are from.
  init?(
    loss: BootstrapDistribution?, curve: [BootstrapDistribution?], at temperature: Double
  ) {
    guard let losses = loss?.values, let least = curve[0]?.values, let slopes = curve[1]?.values,
      let curvatures = curve[2]?.values
    else { return nil }
    let steps = zip(slopes, curvatures).map { $1 > 0 ? -$0 / $1 : 0 }
    let refinement = zip(least, zip(slopes, steps)).map { $0 + $1.0 * $1.1 / 2 }
    roots = losses.indices.map { draw in
      let root = (2 * max(0, losses[draw] - refinement[draw])).squareRoot()
      return 1 / temperature + steps[draw] < 1 ? -root : root
    }
    self.refinement = refinement
  }

  /// The refinement loss on every draw.
  var refinementLoss: MetricSpread { .draws(BootstrapDistribution(defined: refinement)) }

  /// The ends of the calibration loss.
  ///
  /// It is half the square of a number that is normal in large samples, also where temperatures change
  /// nothing: percentiles of the loss itself would leave out its true value 0, which no draw is below.
  var calibrationLoss: MetricSpread {
    let quantile = Quantiles(of: roots)
    let (low, high) = (quantile(0.025), quantile(0.975))
    let squares = [low * low, high * high].map { $0 / 2 }
    return .bounds(
      ErrorBounds(
        low: low <= 0 && 0 <= high ? 0 : min(squares[0], squares[1]),
        high: max(squares[0], squares[1]), kind: .signedRoot))
  }
}
