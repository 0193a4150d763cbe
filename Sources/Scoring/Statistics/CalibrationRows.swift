import Foundation

/// Rows in segments, and the bins of each calibration error as shares of the segments.
struct CalibrationRows: Sendable {
  let segments: RowSegments
  /// Bins of equal width: those of `ReliabilityTable`.
  let equalWidth: BinErrors
  /// Bins of equal mass: those of `ConfidenceRanking.adaptiveCalibrationError(in:)`.
  let equalMass: BinErrors
  /// Places in 0...1 at which errors are smoothed; nil without a bandwidth.
  let smooth: BinErrors?

  /// The bins of `scores`, with the bandwidth of the smooth calibration error.
  init(_ scores: [RowScore], images: [Int], binning: Binning, bandwidth: Double?) {
    let order = scores.map(\.rankingScore).risingOrder
    let rows = order.map { scores[$0] }
    let table = ReliabilityTable(binning: binning)
    let widths = rows.map { table.index(of: $0.confidence) }
    let masses = EqualMassShares(rows, binCount: binning.count)
    let grid = bandwidth.map(SmoothingGrid.init)
    let cells = rows.map { grid?.cell(of: $0.confidence) ?? 0 }
    let ends = (rows.isEmpty ? 0..<0 : 1..<rows.count + 1).filter {
      $0 == rows.count || widths[$0] != widths[$0 - 1] || cells[$0] != cells[$0 - 1]
        || masses.groups[$0] != masses.groups[$0 - 1]
    }
    let segments = RowSegments(
      images: order.map { images[$0] },
      excesses: rows.map { $0.confidence - ($0.isRight ? 1 : 0) },
      rights: rows.map { $0.isRight ? 1 : 0 }, ends: ends)
    self.segments = segments
    equalWidth = BinErrors(
      segments, BinShares(ends.map { [(widths[$0 - 1], 1)] }, binCount: binning.count))
    equalMass = BinErrors(
      segments,
      BinShares(ends.map { masses.shares[masses.groups[$0 - 1]] }, binCount: binning.count))
    smooth = grid.map { grid in
      BinErrors(
        segments,
        BinShares(ends.map { grid.shares(of: cells[$0 - 1]) }, binCount: grid.cellCount))
    }
  }
}

/// The bins of equal mass that rows belong to: a tie that a cut divides belongs to several, to each in
/// proportion.
private struct EqualMassShares {
  /// The group of each row: rows of one group belong to the same bins.
  private(set) var groups: [Int] = []  // [N]
  /// The bins of each group, with the part of the group that belongs to each.
  private(set) var shares: [[(bin: Int, part: Double)]] = []

  /// The shares of rows by rising confidence.
  init(_ rows: [RowScore], binCount: Int) {
    // The ranks at which bins begin; the last bin ends after the last row.
    let bounds = (0...binCount).map { (2 * $0 * rows.count + binCount) / (2 * binCount) }
    var (start, bin) = (0, 0)
    while start < rows.count {
      let tie = rows[start...].prefix { $0.rankingScore == rows[start].rankingScore }
      while bounds[bin + 1] <= start { bin += 1 }
      var parts: [(bin: Int, part: Double)] = []
      for b in bin..<binCount where bounds[b] < tie.endIndex {
        let count = min(bounds[b + 1], tie.endIndex) - max(bounds[b], start)
        if count > 0 { parts.append((b, Double(count) / Double(tie.count))) }
      }
      let isWithinLast = parts.count == 1 && shares.last?.count == 1 && shares.last?[0].bin == bin
      if !isWithinLast { shares.append(parts) }
      groups += repeatElement(shares.count - 1, count: tie.count)
      start = tie.endIndex
    }
  }
}

/// A grid of cells over 0...1, between which errors are smoothed by a Gaussian that is reflected at
/// both ends.
private struct SmoothingGrid {
  private static let cellsPerBandwidth = 4.0
  private static let cellCounts = 64.0...4096.0
  /// Beyond this number of bandwidths the Gaussian is cut off.
  private static let reach = 5.0

  let cellCount: Int
  private let bandwidth: Double

  init(bandwidth: Double) {
    let wanted = (Self.cellsPerBandwidth / max(bandwidth, 1e-9)).rounded(.up)
    cellCount = Int(min(max(wanted, Self.cellCounts.lowerBound), Self.cellCounts.upperBound))
    // A narrower Gaussian leaves a cell's error in the cell.
    self.bandwidth = max(bandwidth, 0.1 / Double(cellCount))
  }

  /// The cell of a confidence; rounding does not move shares such as 1/3 across an edge.
  func cell(of confidence: Double) -> Int {
    max(0, min(Int(confidence * Double(cellCount) + 1e-9), cellCount - 1))
  }

  /// The cells that the error of a cell is smoothed over, with the part of it that each gets.
  func shares(of cell: Int) -> [(bin: Int, part: Double)] {
    let width = bandwidth * Double(cellCount)
    let reach = Int((Self.reach * width).rounded(.up))
    var parts: [Int: Double] = [:]
    for distance in -reach...reach {
      let ratio = Double(distance) / width
      parts[reflected(cell + distance), default: 0] += exp(-ratio * ratio / 2)
    }
    let shares = parts.sorted { $0.key < $1.key }
    let total = shares.reduce(0) { $0 + $1.value }
    return shares.map { ($0.key, $0.value / total) }
  }

  /// The cell that a place beyond an end is the mirror image of.
  private func reflected(_ place: Int) -> Int {
    let period = 2 * cellCount
    let place = (place % period + period) % period
    return min(place, period - 1 - place)
  }
}
