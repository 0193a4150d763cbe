// N batch, H height, W width, K classes, M members; h, w the size of the encoders' output.

extension ParityFixture {
  /// The height and width of the images.
  package var imageSize: Int { network.architecture == .wideResNet ? 32 : 64 }
  /// The height and width of the encoders' output and of the masks.
  package var encodedSize: Int { 32 }

  /// The parameter or running statistic in PyTorch's order.
  package func stateTensor(_ record: Seeded) -> [Float] {
    let values = SeededTensor.state(seed: seed, name: record.name, shape: record.shape)
    guard let steps = record.steps else { return values }
    return zip(values, steps).map { Float(Double($0) + 0x1p-12 * Double($1)) }
  }

  /// The normalized images that every member sees at inference, [N, H, W, 3].
  package func inferencePixels() -> [Float] {
    pixels("inference images", count: inference.count)
  }

  /// The normalized images of one member in the training batch, [N, H, W, 3].
  package func trainingPixels(member: Int) -> [Float] {
    pixels("training images \(member)", count: training.count)
  }

  /// Soft targets [M, N, K]; those of one member and sample sum to a weight in [0.5, 1.5).
  package func targets() -> [Float] {
    let classes = network.classes
    let weights = uniform("target weights", count: network.members * training.count)
    let shares = uniform("targets", count: weights.count * classes)
    return weights.indices.flatMap { row in
      let rowShares = shares[row * classes..<(row + 1) * classes]
      let sum = rowShares.reduce(0, +)
      return rowShares.map { Float($0 / sum * (0.5 + weights[row])) }
    }
  }

  /// Masks [M, N, h, w] that sum to 1 over the members; one member has none.
  package func masks() -> [Float]? {
    guard network.members > 1 else { return nil }
    let count = training.count * encodedSize * encodedSize
    let shares = uniform("masks", count: network.members * count)
    let sums = (0..<count).map { element in
      (0..<network.members).reduce(0) { $0 + shares[$1 * count + element] }
    }
    return shares.indices.map { Float(shares[$0] / sums[$0 % count]) }
  }

  private func pixels(_ name: String, count: Int) -> [Float] {
    let values = uniform(name, count: count * imageSize * imageSize * 3)
    return values.indices.map { index in
      let byte = (256 * values[index]).rounded(.down)
      return Float((byte / 255 - mean[index % 3]) / std[index % 3])
    }
  }

  private func uniform(_ name: String, count: Int) -> [Double] {
    SeededTensor.uniform(seed: seed, name: name, count: count)
  }
}
