internal import Tensors

/// Rows whose own distribution is replaced by what a map makes of it.
extension RowScorer {
  /// Scores a row whose part has a map of logarithms or of probabilities.
  func scoreRemapped(
    _ row: Int, label: Int, _ part: UnsafePointer<PredictorLogits.Part>
  ) -> RowScore {
    let uncalibrated = loadUncalibrated(row, part, orderOf: label)
    if let map = part.pointee.logarithmMap {
      source.apply(map, to: .init(start: logProbabilities, count: classCount))
      let order = ClassOrder(of: logProbabilities, count: classCount, label: label)
      let softmax = normalize(scale: 1)
      return measure(label: label, order, uncertainty: softmax.uncertainty)
    }
    replaceDistribution(of: row, part)
    let order = uncalibrated ?? order(of: label)
    return measure(
      label: label, order,
      uncertainty: max(otherProbability(than: order.first), .leastNormalMagnitude))
  }

  private func order(of label: Int) -> ClassOrder {
    let (probabilities, logarithms, scratch) = (probabilities, logProbabilities, scratch)
    // Probabilities that underflow to 0 are ordered by their logarithms, all below 0.
    for c in 0..<classCount {
      scratch[c] = probabilities[c] > 0 ? probabilities[c] : logarithms[c]
    }
    return ClassOrder(of: scratch, count: classCount, label: label)
  }

  /// Leaves the probabilities of such a row and their logarithms, as `scoreRemapped` does.
  func loadRemapped(_ row: Int, _ part: UnsafePointer<PredictorLogits.Part>) {
    _ = loadUncalibrated(row, part, orderOf: nil)
    guard let map = part.pointee.logarithmMap else { return replaceDistribution(of: row, part) }
    source.apply(map, to: .init(start: logProbabilities, count: classCount))
    _ = normalize(scale: 1)
  }

  /// Leaves the uncalibrated probabilities of `row`, whose part is without temperatures, and their
  /// logarithms.
  ///
  /// - Returns: The place of a label, where it is given and the part's map keeps the order of classes.
  func loadUncalibrated(
    _ row: Int, _ part: UnsafePointer<PredictorLogits.Part>, orderOf label: Int?
  ) -> ClassOrder? {
    let map = part.pointee.distributionMap
    let label = map?.keepsOrder(ofAverage: pooledCount) ?? false ? label : nil
    if part.pointee.isGiven {
      loadGiven(row)
      return label.map { ClassOrder(of: probabilities, count: classCount, label: $0) }
    }
    source.load(row, into: logProbabilities)
    guard pooledCount > 1 else {
      let order = label.map { ClassOrder(of: logProbabilities, count: classCount, label: $0) }
      _ = normalize(scale: 1)
      return order
    }
    averageMembers(part)
    return label.map { ClassOrder(of: scratch, count: classCount, label: $0) }
  }

  private func replaceDistribution(of row: Int, _ part: UnsafePointer<PredictorLogits.Part>) {
    guard let map = part.pointee.distributionMap else { return }
    if let temperature = map.temperature { loadTempered(row, scale: 1 / temperature) }
    map.apply(
      to: DistributionRow(
        probabilities: .init(start: probabilities, count: classCount),
        logarithms: .init(start: logProbabilities, count: classCount),
        temperedProbabilities: temperedProbabilities, temperedLogarithms: temperedLogarithms))
  }

  /// Leaves the probabilities of `row` at temperature 1/scale, and their logarithms.
  private func loadTempered(_ row: Int, scale: Double) {
    source.load(row, into: temperedLogarithms)
    guard pooledCount > 1 else {
      _ = Softmax.normalize(
        temperedLogarithms, count: classCount, scale: scale, into: temperedProbabilities)
      return
    }
    for pooled in 0..<pooledCount {
      let first = pooled * classCount
      _ = Softmax.normalize(
        temperedLogarithms + first, count: classCount, scale: scale,
        into: memberProbabilities + first)
    }
    ProbabilityKernels.preferred.meanOfColumns(
      memberProbabilities, rowCount: pooledCount, count: classCount, into: temperedProbabilities)
    logMeans(
      temperedLogarithms, count: pooledCount, classCount: classCount,
      averages: temperedProbabilities, scratch: scratch)
  }
}
