/// How badly a class fits a row: the score that prediction sets are made by.
///
/// A set holds the classes whose score is at most a threshold. Split conformal prediction fits the
/// threshold on other rows, so that sets hold the label with a probability of at least 1 − α where
/// those rows and the scored ones are exchangeable (Vovk, Gammerman, Shafer 2005, "Algorithmic
/// learning in a random world").
public enum ConformalMethod: String, CaseIterable, Sendable {
  /// 1 − p of the class (Sadinle, Lei, Wasserman 2019, "Least ambiguous set-valued classifiers with
  /// bounded error levels").
  case lac
  /// Σ of p over the classes that are more probable, and U times the class's own p, with one U of
  /// each image, uniform in [0, 1) (Romano, Sesia, Candès 2020, "Classification with valid and
  /// adaptive coverage").
  case aps
  /// `aps` and 0.01 for each place of the class beyond the fifth (Angelopoulos, Bates, Malik, Jordan
  /// 2021, "Uncertainty sets for image classifiers using conformal prediction").
  case raps

  /// What `raps` adds for each place beyond `freePlaces`.
  public static let penalty = 0.01
  /// The places that `raps` adds nothing for.
  public static let freePlaces = 5

  /// The score of a class.
  ///
  /// Classes that are equally probable have one place, and one score.
  ///
  /// - Parameters:
  ///   - probability: Its p.
  ///   - above: Σ of p over the classes that are more probable.
  ///   - place: 1 + the number of those classes.
  ///   - draw: U.
  /// - Returns: A number of at least 0; the larger, the worse the class fits.
  @inline(__always)
  func score(_ probability: Double, above: Double, place: Int, draw: Double) -> Double {
    switch self {
    case .lac: 1 - probability
    case .aps: above + draw * probability
    case .raps:
      above + draw * probability + Self.penalty * Double(max(0, place - Self.freePlaces))
    }
  }
}

/// A method and the share of rows whose set may miss the label.
public struct SetKind: Hashable, Sendable {
  /// How classes are scored.
  public let method: ConformalMethod
  /// α, above 0 and below 1: sets promise to hold the label with a probability of 1 − α.
  public let alpha: Double

  /// Sets by `method` that may miss the label in a share `alpha` of the rows.
  ///
  /// - Precondition: `alpha` is above 0 and below 1.
  public init(_ method: ConformalMethod, alpha: Double) {
    precondition(alpha > 0 && alpha < 1, "α must be above 0 and below 1, not \(alpha)")
    self.method = method
    self.alpha = alpha
  }

  /// Every method with every one of `alphas`, method by method.
  public static func all(alphas: [Double]) -> [SetKind] {
    ConformalMethod.allCases.flatMap { method in alphas.map { SetKind(method, alpha: $0) } }
  }

  /// The ⌈(n + 1)(1 − α)⌉-th smallest of n scores of labels; infinite where that is beyond the last,
  /// so that a set holds every class.
  ///
  /// - Precondition: No score is NaN.
  public func threshold(_ scores: [Double]) -> Double {
    let product = Double(scores.count + 1) * alpha
    // α is a decimal: 20 times 0.05 is 1, whatever its binary digits.
    let nearest = product.rounded()
    let isWhole = abs(product - nearest) <= 1e-12 * product
    let missed = Int(isWhole ? nearest : product.rounded(.down))
    guard missed >= 1 else { return .infinity }
    return scores.sorted()[scores.count - missed]
  }
}
