/// The bins of `ece`, `ece_adaptive` and `ece_classwise`, and how their errors are put together.
///
/// With n of N rows in a bin and g = |accuracy − mean confidence| there, empty bins left out. Norms as
/// in Kumar, Liang, Ma 2019, "Verified uncertainty calibration", and in torchmetrics.
public struct Binning: Sendable, Hashable {
  /// How the errors of bins are put together.
  public enum Norm: String, Sendable, CaseIterable {
    /// Σ n/N · g: the expected calibration error.
    case l1
    /// √(Σ n/N · g²): its root mean square.
    case l2
    /// The largest g: the maximum calibration error.
    case max
  }

  /// How many bins there are.
  public let count: Int
  /// How their errors are put together.
  public let norm: Norm

  /// The numbers of bins that can be asked for.
  public static let counts = 1...1000

  /// `count` bins, or the nearest number in `counts`.
  public init(count: Int = 15, norm: Norm = .l1) {
    self.count = min(Swift.max(count, Self.counts.lowerBound), Self.counts.upperBound)
    self.norm = norm
  }
}

extension Binning: CustomStringConvertible {
  public var description: String {
    "\(count) \(count == 1 ? "bin" : "bins"), norm \(norm.rawValue)"
  }
}

extension Binning {
  /// The names of the metrics that depend on it.
  public static let metricNames: Set<String> = Set(
    [
      Metric.calibrationError, .maximumCalibrationError, .adaptiveCalibrationError,
      .classwiseCalibrationError, .debiasedCalibrationError,
    ].map(\.name))
}

extension Binning {
  /// The error of bins that are added one by one.
  struct Error {
    private let norm: Norm
    private var sum = 0.0

    init(_ norm: Norm) {
      self.norm = norm
    }

    /// Adds a bin of `count` rows, whose Σ confidence − right rows is `excess`.
    mutating func add(count: Double, excess: Double) {
      guard count > 0 else { return }
      switch norm {
      case .l1: sum += abs(excess)
      case .l2: sum += excess * excess / count
      case .max: sum = Swift.max(sum, abs(excess) / count)
      }
    }

    /// The error of all bins, which hold `total` rows.
    func value(total: Double) -> Double {
      switch norm {
      case .l1: sum / total
      case .l2: (sum / total).squareRoot()
      case .max: sum
      }
    }
  }
}
