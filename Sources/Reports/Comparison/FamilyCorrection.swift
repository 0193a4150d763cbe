import Scoring

/// The correction of all p-values of a comparison for being many.
///
/// Claims are of two kinds: means over cells, and single cells. Each kind has half of the error rate
/// and is tested by Holm's procedure; a kind that is wholly decided passes its half on to the other.
/// This is a graphical procedure of Bretz et al. 2009: rejecting where the corrected value is at most
/// α rejects any true hypothesis with probability at most α, whatever their dependence.
package enum FamilyCorrection {
  /// The corrected p-values, in the order given; with no means the cells have the whole error rate.
  package static func adjusted(
    means: [Double], cells: [Double]
  ) -> (means: [Double], cells: [Double]) {
    let (holmMeans, holmCells) = (HolmCorrection.adjusted(means), HolmCorrection.adjusted(cells))
    return (shared(holmMeans, with: holmCells), shared(holmCells, with: holmMeans))
  }

  /// A value is decided at α if it is at α/2, or at α once all `others` are at α/2.
  private static func shared(_ values: [Double], with others: [Double]) -> [Double] {
    guard let largest = others.max() else { return values }
    return values.map { min(1, 2 * $0, max($0, 2 * largest)) }
  }
}
