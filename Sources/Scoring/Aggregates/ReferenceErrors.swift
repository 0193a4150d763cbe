/// The mean error of a reference model on a corruption, which errors of others are divided by.
public struct ReferenceError: Hashable, Codable, Sendable {
  /// The reference model, such as AlexNet.
  public let model: String
  /// The number of classes of its data set, K.
  public let classCount: Int
  /// The mean over severities 1 to 5 of its share of wrong images.
  public let error: Double
  /// Its share of wrong clean images.
  public let cleanError: Double

  /// The error of `model` on a corruption.
  public init(model: String, classCount: Int, error: Double, cleanError: Double) {
    (self.model, self.classCount) = (model, classCount)
    (self.error, self.cleanError) = (error, cleanError)
  }
}

/// The mean corruption error, mCE, of Hendrycks and Dietterich 2019 (arXiv 1903.12261): the mean over the
/// 15 benchmark corruptions of the mean error over severities divided by that of a reference model,
/// AlexNet.
///
/// Papers print 100 times the value. The errors of the reference model are of the published images of
/// ImageNet-C, and so comparable with no others.
public struct ReferenceErrors: Sendable {
  /// The name in the `protocol` column of `summary.csv`.
  public static let protocolName = "imagenet-c15"

  /// The reference model.
  public let model: String
  /// The 15 corruptions, in the order given.
  public let kinds: [CorruptionKind]
  private let benchmark: CorruptionProtocol

  /// The reference errors of `kinds` for predictions over `classCount` classes.
  ///
  /// Nil unless there are 15 benchmark corruptions, each with the error of one model over as many classes.
  public init?(of kinds: [CorruptionKind], classCount: Int) {
    guard let benchmark = CorruptionProtocol(.c15, of: kinds),
      let first = benchmark.kinds.first?.reference,
      benchmark.kinds.allSatisfy({
        $0.reference?.model == first.model && $0.reference?.classCount == classCount
      })
    else { return nil }
    self.benchmark = benchmark
    self.kinds = benchmark.kinds
    model = first.model
  }

  /// The cells that values are of, under their published names.
  public var cells: [Cell] { benchmark.cells() }

  /// The mean over corruptions of the mean error over severities divided by the reference model's,
  /// `mean_corruption_error_relative_to(MODEL)`.
  ///
  /// - Parameters:
  ///   - run: The errors.
  ///   - corruption: One of the corruptions; nil for all.
  /// - Returns: 1 for a run that is as good as the reference; nil where a cell is missing.
  public func meanCorruptionError(_ run: CorruptionErrors, of corruption: String? = nil) -> Double?
  {
    mean(over: corruption) { kind, reference in
      benchmark.mean(run.cells, over: .corruption(kind.name)).map { $0 / reference.error }
    }
  }

  /// The same for error − clean error of each, `relative_mean_corruption_error_relative_to(MODEL)`.
  ///
  /// Nil also where the clean error is missing.
  public func relativeMeanCorruptionError(
    _ run: CorruptionErrors, of corruption: String? = nil
  ) -> Double? {
    guard let clean = run.clean else { return nil }
    return mean(over: corruption) { kind, reference in
      benchmark.mean(run.cells, over: .corruption(kind.name)).map {
        ($0 - clean) / (reference.error - reference.cleanError)
      }
    }
  }

  /// What the intervals of both means are made from.
  ///
  /// - Parameters:
  ///   - corruption: One of the corruptions; nil for all.
  ///   - accuracy: What those of the accuracy of a cell, or of clean images, are made from.
  /// - Returns: The two; nil where those of a cell are.
  public func spreads(
    of corruption: String? = nil, accuracy: (Cell) -> MetricSpread?
  ) -> (mean: MetricSpread?, relative: MetricSpread?) {
    var (means, excesses): ([MetricSpread?], [MetricSpread?]) = ([], [])
    for kind in kinds where corruption == nil || kind.name == corruption {
      let cells = benchmark.cells(of: .corruption(kind.name))
      let corrupted = MetricSpread.mean(of: cells.map(accuracy))
      let excess = accuracy(.clean).flatMap { clean in corrupted.flatMap { clean - $0 } }
      guard let reference = kind.reference else { return (nil, nil) }
      means.append(corrupted?.complement?.scaled(by: 1 / reference.error))
      excesses.append(excess?.scaled(by: 1 / (reference.error - reference.cleanError)))
    }
    return (.mean(of: means), .mean(of: excesses))
  }

  private func mean(
    over corruption: String?, of value: (CorruptionKind, ReferenceError) -> Double?
  ) -> Double? {
    let selected = kinds.filter { corruption == nil || $0.name == corruption }
    return RunningMean.mean(
      of: selected.map { kind in kind.reference.flatMap { value(kind, $0) } })
  }
}
