// N batch, H height, W width, K classes, M subnetworks.

import Tensors

/// Times a network on random images: whole passes, and its convolutions one by one.
package struct SpeedTest {
  package let network: MixMoNetwork
  private let batch: Int
  private let rounds: Int
  private let workers: Workers
  private let processes: any ProcessGroup
  /// Told how many passes, or convolutions, are timed, of how many.
  package var report: (_ done: Int, _ total: Int) -> Void = { _, _ in }

  /// A test of a network with random weights, whose measurements are medians of `rounds` ≥ 1.
  ///
  /// In training, `processes` share the batch.
  package init(
    _ configuration: NetworkConfiguration, memberCount: Int, classCount: Int, batch: Int,
    rounds: Int, workers: Workers, processes: any ProcessGroup = SoleProcess(),
    kernels: Kernels = .preferred
  ) {
    network = MixMoNetwork(
      configuration, memberCount: memberCount, classCount: classCount, workers: workers,
      processes: processes, kernels: kernels)
    network.initialize(seed: 1)
    self.batch = batch
    self.rounds = rounds
    self.workers = workers
    self.processes = processes
  }

  /// The precision that is computed.
  package var precision: Precision { network.engine.kernels.precision }

  /// Images per second in inference.
  package func inference() -> Double {
    let inference = InferenceNetwork(network)
    let images = random(imageShape(batch), purpose: "images")
    return imagesPerSecond { _ = inference.logits(images) }
  }

  /// Images per second in training: forward, loss, backward and `update`, the optimizer's step.
  package func training(update: () -> Void) -> Double {
    let members = network.memberCount
    let sliceCount = processes.slice(of: batch).count
    let images = (0..<members).map { random(imageShape(sliceCount), purpose: "images", minor: $0) }
    let side = network.configuration.encoderSide
    let share = random([sliceCount, side, side], purpose: "masks")
    let masks = members == 1 ? [] : (0..<members).map { _ in share }
    let targets = (0..<members).map { _ in
      let target = Tensor([sliceCount, network.classCount])
      target.fill(with: 1 / Float(network.classCount))
      return target
    }
    return imagesPerSecond {
      let logits = network.forward(images, masks: masks)
      network.backward(
        SoftCrossEntropy.evaluate(logits, targets: targets, batchSize: batch).gradient)
      update()
    }
  }

  /// Floating-point operations of direct convolutions for one image: training computes three
  /// convolutions where inference computes one.
  package func operationsPerImage(isTraining: Bool) -> Double {
    let multiplyAdds = network.convolutions.reduce(0) { $0 + $1.shape.multiplyAdds }
    return (isTraining ? 6 : 2) * Double(multiplyAdds)
  }

  /// The times of each convolution, forward and backward.
  package func layers() -> [LayerSpeed] {
    let kernels = network.engine.kernels
    return network.convolutions.enumerated().map { index, layer in
      defer { report(index + 1, network.convolutions.count) }
      let input = LayerInput(values: random(layer.shape.inputShape(batch: batch), purpose: "x"))
      let gradient = random(layer.shape.outputShape(batch: batch), purpose: "dy")
      let frozen = FrozenConvolution(layer, engine: Engine(workers: workers, kernels: kernels))
      return LayerSpeed(
        name: layer.name, shape: layer.shape, method: layer.methodName,
        multiplyAdds: layer.shape.multiplyAdds * batch,
        forward: seconds { _ = frozen(input) },
        inputGradient: seconds { _ = layer.inputGradient(gradient) },
        weightGradient: seconds { layer.setWeightGradient(input, gradient) })
    }
  }

  /// Floating-point operations per second of the float32 product on all threads, on data in the
  /// first-level caches: the most that direct convolutions could reach.
  package func ceiling() -> Double {
    let (rows, depth, columns, repeats) = (48, 64, 64, 2000)
    let kernels = Kernels.preferred
    let count = workers.count
    let left = random([count, rows, depth], purpose: "left")
    let panels = random([depth, columns], purpose: "right")
    let product = Tensor([count, rows, columns])
    let time = seconds {
      workers.forEach(count) { task, _ in
        for _ in 0..<repeats {
          kernels.multiply(
            rows: rows, columns: columns, depth: depth,
            left: left.elements + task * rows * depth, leftStride: depth,
            panels: panels.elements, product: product.elements + task * rows * columns,
            productStride: columns)
        }
      }
    }
    return Double(2 * rows * depth * columns * repeats * count) / time
  }

  private func imageShape(_ count: Int) -> [Int] {
    let side = network.configuration.imageSide
    return [count, side, side, 3]
  }

  private func imagesPerSecond(_ body: () -> Void) -> Double {
    Double(batch) / medianSeconds(rounds: rounds, report: { report($0, rounds) }, body)
  }

  private func seconds(_ body: () -> Void) -> Double { medianSeconds(rounds: rounds, body) }

  private func random(_ shape: [Int], purpose: String, minor: Int = 0) -> Tensor {
    let tensor = Tensor(shape)
    var stream = RandomStream(seed: 1, purpose: purpose, minor: minor)
    for i in 0..<tensor.count { tensor[i] = Float(stream.nextUniform()) }
    return tensor
  }
}

/// The times of a convolution of a batch.
package struct LayerSpeed: Encodable {
  /// The name in checkpoints.
  package let name: String
  package let shape: ConvolutionShape
  /// The name of the convolution's method.
  package let method: String
  /// Multiply-adds of a direct convolution of the batch.
  package let multiplyAdds: Int
  /// Seconds.
  package let forward: Double
  /// Seconds.
  package let inputGradient: Double
  /// Seconds.
  package let weightGradient: Double

  /// Floating-point operations per second of a direct convolution that would take `seconds`.
  package func speed(_ seconds: Double) -> Double { 2 * Double(multiplyAdds) / seconds }
}

/// The median time of `rounds` calls of `body`, in seconds, after one call that is not counted.
///
/// `prepare` is called before each counted call and is not timed, nor is `report`, which is told after each
/// how many there were.
func medianSeconds(
  rounds: Int, prepare: () -> Void = {}, report: (Int) -> Void = { _ in }, _ body: () -> Void
) -> Double {
  body()
  report(0)
  let clock = ContinuousClock()
  let times = (0..<rounds).map { round in
    prepare()
    defer { report(round + 1) }
    return clock.measure(body) / .seconds(1)
  }
  return times.sorted()[rounds / 2]
}
