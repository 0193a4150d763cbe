/// How far the subnetworks of a network keep to features of their own: the analysis of Ramé, Sun
/// and Cord 2021.
///
/// Where subnetworks share little, a filter of an encoder is strong for one of them and weak for
/// the others, and most filters of the core are in use.
package struct FeatureSeparation: Sendable, Equatable {
  /// The filters of a convolution.
  package struct Filters {
    let name: String
    /// The sum of the absolute weights of each filter.
    let norms: [Double]

    /// The filters of weights `[output, input, kernel, kernel]`, as in checkpoints; nil if the
    /// weights are not a convolution's, or none.
    package init?(_ name: String, shape: [Int], weights: [Float]) {
      // A shape with a zero in it may have any other extents.
      guard shape.count == 4, !weights.isEmpty, shape.reduce(1, *) == weights.count else {
        return nil
      }
      self.name = name
      let size = weights.count / shape[0]
      norms = (0..<shape[0]).map { filter in
        weights[filter * size..<(filter + 1) * size].reduce(0) { $0 + Double($1.magnitude) }
      }
    }

    /// Whether the weights are those of an encoder, by their name in checkpoints.
    var isEncoder: Bool { name == "conv1.weight" || name.hasPrefix("list_conv1.") }
  }

  /// A filter counts as active from these parts of its layer's largest norm on.
  package static let thresholds = [0.2, 0.3, 0.4, 0.5]

  /// For each subnetwork the L1 norm of each filter of its encoder, `[M][C]`.
  package let encoderNorms: [[Double]]
  /// For each of `thresholds` the share of filters of the core with a larger norm, from 0 to 1: the
  /// mean over its convolutions.
  package let activeShares: [Double]

  /// The figures of a network's convolutions, of which those named `conv1` or `list_conv1` are the
  /// encoders; nil without encoders or without a core.
  package init?(_ convolutions: [Filters]) {
    let encoders = convolutions.filter(\.isEncoder)
    let core = convolutions.filter { !$0.isEncoder }.map(\.norms)
    guard !encoders.isEmpty, !core.isEmpty else { return nil }
    encoderNorms = encoders.map(\.norms)
    activeShares = Self.thresholds.map { threshold in
      core.reduce(0) { $0 + Self.share(of: $1, above: threshold) } / Double(core.count)
    }
  }

  private static func share(of norms: [Double], above threshold: Double) -> Double {
    let bound = threshold * (norms.max() ?? 0)
    return Double(norms.count { $0 > bound }) / Double(norms.count)
  }
}

extension MixMoNetwork {
  /// The figures of the network as it is now.
  package var featureSeparation: FeatureSeparation? {
    FeatureSeparation(
      convolutions.compactMap { layer in
        let weight = layer.weight
        return FeatureSeparation.Filters(
          weight.name, shape: weight.checkpointShape,
          weights: weight.checkpointValues(of: weight.value))
      })
  }
}
