import ArgumentParser
import Scoring

/// The bins of `ece`, `ece_adaptive` and `ece_classwise`, and how their errors are put together.
struct BinningOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Bins of ece, ece_adaptive and ece_classwise, from \(Binning.counts.lowerBound) to "
        + "\(Binning.counts.upperBound) (default: \(Binning().count)); mce, ece_debiased and "
        + "reliability.csv have as many.", valueName: "count"))
  var bins: Int?

  @Option(
    help: ArgumentHelp(
      "How the errors of these bins are put together: l1, their mean, l2, their root mean square, or "
        + "max, the largest (default: \(Binning().norm.rawValue)).", valueName: "name"))
  var norm: Binning.Norm?

  func validate() throws {
    if let bins, !Binning.counts.contains(bins) {
      throw ValidationError(
        "--bins: expected a number from \(Binning.counts.lowerBound) to "
          + "\(Binning.counts.upperBound), found \(bins).")
    }
  }

  /// What was asked for, and else what `standard` has.
  func binning(standard: Binning = Binning()) -> Binning {
    Binning(count: bins ?? standard.count, norm: norm ?? standard.norm)
  }
}

extension Binning.Norm: ExpressibleByArgument {}
