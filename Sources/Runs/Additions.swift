import Formats
import Scoring

/// What is computed beside the metrics that every evaluation has, where it is asked for.
package struct Additions: Codable, Sendable, Equatable {
  /// The α of prediction sets, largest first; nil for no sets.
  package var alphas: [Double]?
  /// Whether each class has rows of its own; nil where not.
  package var classes: Bool?
  /// The names of the classes, in their order; nil where they are not known.
  package var classNames: [String]?
  /// The names of the groups of further metrics, in the order of columns; nil for none.
  package var metrics: [String]?
  /// What people say of the images, which `predictions/soft-labels.npy` holds; nil where it is not asked.
  package var softLabels: SoftLabelsRecord?
  /// The names of the sets of images of no class that images are told from, in the order of rows; nil for
  /// none.
  package var outOfDistribution: [String]?

  /// The file that soft labels were read from.
  package struct SoftLabelsRecord: Codable, Sendable, Equatable {
    /// The file as it was named.
    package var file: String
    /// Its SHA-256.
    package var digest: String

    package init(file: String, digest: String) {
      (self.file, self.digest) = (file, digest)
    }
  }

  package init(
    alphas: [Double]? = nil, classes: Bool? = nil, classNames: [String]? = nil,
    metrics: [String]? = nil, softLabels: SoftLabelsRecord? = nil,
    outOfDistribution: [String]? = nil
  ) {
    self.alphas = alphas
    self.classes = classes
    self.classNames = classNames
    self.metrics = metrics
    self.softLabels = softLabels
    self.outOfDistribution = outOfDistribution
  }

  /// Nothing beside the metrics.
  package static let none = Additions()

  /// The α that sets can be asked for.
  package static func isAlpha(_ value: Double) -> Bool { value > 0 && value < 1 }

  /// - Throws: `DecodingError` for an α that is no share or a name that is none, as a damaged record may have
  ///   them.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    alphas = try container.decodeIfPresent([Double].self, forKey: .alphas)
    classes = try container.decodeIfPresent(Bool.self, forKey: .classes)
    classNames = try container.decodeIfPresent([String].self, forKey: .classNames)
    metrics = try container.decodeIfPresent([String].self, forKey: .metrics)
    softLabels = try container.decodeIfPresent(SoftLabelsRecord.self, forKey: .softLabels)
    if let alphas, alphas.isEmpty || !alphas.allSatisfy(Self.isAlpha) {
      throw DecodingError.dataCorruptedError(
        forKey: .alphas, in: container, debugDescription: "expected numbers above 0 and below 1")
    }
    outOfDistribution = try container.decodeIfPresent([String].self, forKey: .outOfDistribution)
    if let names = outOfDistribution,
      names.isEmpty || !names.allSatisfy(OutOfDistributionName.isValid)
    {
      throw DecodingError.dataCorruptedError(
        forKey: .outOfDistribution, in: container,
        debugDescription: "expected \(OutOfDistributionName.expectation)")
    }
  }

  /// The α of prediction sets, as a record's differences name them.
  package var setsText: String {
    alphas.map { $0.map { "\($0)" }.joined(separator: ", ") } ?? "none"
  }

  /// The metrics of the groups that are asked for, in the order of columns.
  package var addedMetrics: [Metric] {
    MetricGroup.all.filter(has).flatMap(\.metrics)
  }

  /// Whether a group is asked for; that of soft labels is where there are some.
  package func has(_ group: MetricGroup) -> Bool {
    group.name == MetricGroup.softLabels.name
      ? softLabels != nil : metrics?.contains(group.name) ?? false
  }

  /// What is added, as one line.
  package var description: String {
    [
      alphas.map { _ in "prediction sets of α \(setsText)" }, classes == true ? "classes" : nil,
      metrics.map { $0.joined(separator: ", ") },
      softLabels.map { "soft labels, SHA-256 \($0.digest)" },
      outOfDistribution.map { "images of no class: \($0.joined(separator: ", "))" },
    ].compactMap { $0 }.joined(separator: "; ")
  }

  /// The tables that an evaluation with these additions writes beside `TableFormat.results`.
  package var tables: [TableFormat] {
    [
      alphas == nil ? nil : TableFormat.conformal, classes == true ? TableFormat.classes : nil,
      outOfDistribution == nil ? nil : TableFormat.outOfDistribution,
    ].compactMap { $0 }
  }
}
