import Foundation
import Scoring

/// What is said of errors relative to those of a reference model.
package enum ReferenceSentence {
  /// The metrics of the protocol `imagenet-c15` that the sentence has: the mean corruption error and its
  /// relative form, both relative to a model, and the mean error itself.
  package struct Values {
    package let model: String
    package let mean: Double
    package let relative: Double?
    package let error: Double

    package init(model: String, mean: Double, relative: Double?, error: Double) {
      (self.model, self.mean, self.relative, self.error) = (model, mean, relative, error)
    }
  }

  /// The model in the name of a metric of mean corruption errors; nil for other metrics and relative forms.
  package static func model(of metric: String) -> String? {
    let prefix = "mean_corruption_error_relative_to("
    guard metric.hasPrefix(prefix), metric.hasSuffix(")") else { return nil }
    return String(metric.dropFirst(prefix.count).dropLast())
  }

  /// The clean images of ImageNet-C.
  private static let imageCount = 50_000

  /// The sentence.
  ///
  /// - Parameters:
  ///   - values: Its numbers.
  ///   - imageCount: The number of clean images.
  ///   - isGenerated: Whether images were made from the clean ones, not read from files.
  /// - Returns: The sentence, without a stop.
  package static func text(_ values: Values, imageCount: Int, isGenerated: Bool) -> String {
    func percent(_ value: Double) -> String { String(format: "%.1f %%", 100 * value) }
    let relative = values.relative.map { ", relative mCE \(percent($0))" } ?? ""
    return "\(ReferenceErrors.protocolName): mCE \(percent(values.mean))\(relative) of "
      + "\(values.model)'s errors; the mean error itself is \(percent(values.error))"
      + (imageCount == Self.imageCount
        ? "" : ". They are of \(imageCount) images, not of the \(Self.imageCount) of ImageNet-C")
      + (isGenerated
        ? ". \(values.model)'s errors are of the published files of ImageNet-C and these images were "
          + "generated: the mCE compares with published ones only roughly, the mean error with that of other "
          + "runs on generated images"
        : "")
  }
}

extension RunRecord {
  /// Whether corrupted images were made from the clean ones, not read from files.
  package var isOfGeneratedImages: Bool {
    origin.suite.map { $0 != Origin.filesSuite } ?? false
  }
}

extension ScoreCube {
  /// What is said of the errors of the first predictor, uncalibrated, relative to a reference model's; nil
  /// where there are none.
  package func noteOnReference(imageCount: Int, isGenerated: Bool) -> String? {
    let rows = summary.filter {
      $0.protocolName == ReferenceErrors.protocolName
        && $0.aggregate == CorruptionAggregate.macro.name
    }
    guard let first = rows.first else { return nil }
    let own = rows.filter {
      $0.predictor == first.predictor && $0.calibration == first.calibration
    }
    func value(_ metric: String) -> Double? { own.first { $0.metric == metric }?.value }
    guard let model = own.lazy.compactMap({ ReferenceSentence.model(of: $0.metric) }).first,
      let mean = value("mean_corruption_error_relative_to(\(model))"),
      let error = value("mean_corruption_error")
    else { return nil }
    return ReferenceSentence.text(
      ReferenceSentence.Values(
        model: model, mean: mean,
        relative: value("relative_mean_corruption_error_relative_to(\(model))"), error: error),
      imageCount: imageCount, isGenerated: isGenerated)
  }
}
