import Tensors

extension MixMoNetwork {
  /// Draws the weights a training starts from.
  ///
  /// Convolutions, and WideResNet's heads: normal truncated at two standard deviations, scaled so
  /// that the deviation is √(2 / fan-in) (He et al. 2015). PreActResNet's heads: normal with
  /// deviation 0.01. Biases are 0; normalizations start as the identity.
  package func initialize(seed: UInt64) {
    // Each task draws a parameter of its own.
    nonisolated(unsafe) let state = state
    let isWide = configuration.isWide
    engine.workers.forEach(state.count) { index, _ in
      guard case .parameter(let parameter) = state[index] else { return }
      var random = RandomStream(seed: seed, purpose: "initialization", minor: index)
      switch (parameter.layout, parameter.value.shape.count) {
      case (.convolution, _):
        parameter.fillTruncated(fanIn: parameter.value.shape[..<3].reduce(1, *), &random)
      case (.plain, 2) where isWide:
        parameter.fillTruncated(fanIn: parameter.value.shape[1], &random)
      case (.plain, 2):
        for i in 0..<parameter.value.count {
          parameter.value[i] = Float(0.01 * random.nextNormal())
        }
      default: break
      }
    }
  }
}

extension Parameter {
  /// The standard deviation of the standard normal distribution truncated to (−2, 2).
  private static let truncatedDeviation = 0.87962566103423978

  fileprivate func fillTruncated(fanIn: Int, _ random: inout RandomStream) {
    let deviation = (2 / Double(fanIn)).squareRoot() / Self.truncatedDeviation
    for i in 0..<value.count {
      var normal = random.nextNormal()
      while abs(normal) >= 2 { normal = random.nextNormal() }
      value[i] = Float(deviation * normal)
    }
  }
}
