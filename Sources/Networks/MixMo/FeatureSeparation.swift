/// How far the subnetworks of a network use separate features: the analysis of Ramé, Sun and Cord
/// 2021.
///
/// If subnetworks share little, a filter of the encoders is strong for one of them and weak for the
/// others, and most filters of the core are active.
package struct FeatureSeparation: Sendable, Equatable {
  /// The filters of a convolution.
  package struct Filters {
    let name: String
    /// The sum of the absolute weights of each filter.
    let norms: [Double]

    /// The filters of weights `[output, input, kernel, kernel]`, as in checkpoints; nil if the
    /// weights are not those of a convolution, or empty.
    package init?(_ name: String, shape: [Int], weights: [Float]) {
      // With a zero in it, a shape may have any other extents, even so large that products overflow.
      guard shape.count == 4, !weights.isEmpty, shape.reduce(1, *) == weights.count else {
        return nil
      }
      self.name = name
      let size = weights.count / shape[0]
      norms = (0..<shape[0]).map { filter in
        weights[filter * size..<(filter + 1) * size].reduce(0) { $0 + Double($1.magnitude) }
      }
    }

    /// Whether the weights are those of an encoder, by their names in checkpoints.
    var isEncoder: Bool { name == "conv1.weight" || name.hasPrefix("list_conv1.") }
  }

  /// A filter is active if its norm exceeds such a fraction of its layer's largest norm.
  package static let thresholds = [0.2, 0.3, 0.4, 0.5]

  /// For each subnetwork the L1 norm of each filter of its encoder, `[M][C]`.
  package let encoderNorms: [[Double]]
  /// For each of `thresholds` the share of active filters in a convolution of the core, from 0 to 1,
  /// averaged over the convolutions.
  package let activeShares: [Double]

  /// The separation in a network's convolutions, of which those named `conv1` or `list_conv1` are
  /// the encoders; nil without encoders or without a core.
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
  /// The separation with the network's present weights.
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
