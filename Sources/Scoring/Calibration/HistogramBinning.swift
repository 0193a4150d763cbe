/// Confidences replaced by the accuracy of their bin (Zadrozny and Elkan 2001).
///
/// A confidence whose bin was empty when fitting stays what it is, for nothing is known of it;
/// netcal and torch-uncertainty put the bin's middle there.
public struct HistogramBinning: Sendable, Equatable {
  /// The rows that were fitted, in bins (lower, upper] of equal width.
  public let table: ReliabilityTable

  /// The binning by the rows of `table`.
  public init(_ table: ReliabilityTable) {
    self.table = table
  }

  /// The accuracy of the bin of `confidence`, or `confidence` where the bin is empty.
  public func value(at confidence: Double) -> Double {
    table.bins.first { confidence <= $0.upper }?.accuracy ?? confidence
  }
}
