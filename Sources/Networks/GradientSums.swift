import Tensors

/// Sums the gradients of parameters over processes while the backward pass goes on.
///
/// Gradients are collected in buckets, so that small ones do not each cost the network's latency.
final class GradientSums {
  private let processes: any ProcessGroup
  private let pool: TensorPool
  private var bucket: [Parameter] = []
  private var bucketCount = 0
  private var pending: [Pending] = []

  private struct Pending {
    let parameters: [Parameter]
    let memory: Tensor
    let sum: PendingSum
  }

  /// Elements from which on a bucket is sent: a megabyte, several times what a fast network carries in
  /// its latency.
  private static let bucketSize = 1 << 18

  init(processes: any ProcessGroup, pool: TensorPool) {
    self.processes = processes
    self.pool = pool
  }

  /// Takes gradients that are done, in the same order in every process.
  func add(_ parameters: Parameter...) {
    guard !processes.isSole else { return }
    for parameter in parameters {
      bucket.append(parameter)
      bucketCount += parameter.gradient.count
      if bucketCount >= Self.bucketSize { start() }
    }
  }

  /// Returns once every gradient that was taken is its sum over processes.
  func finish() {
    if !bucket.isEmpty { start() }
    for entry in pending {
      entry.sum.finish()
      forEachGradient(of: entry.parameters, in: entry.memory) { $0.update(from: $1, count: $2) }
    }
    pending = []
  }

  private func start() {
    let memory = pool.tensor([bucketCount])
    forEachGradient(of: bucket, in: memory) { $1.update(from: $0, count: $2) }
    pending.append(
      Pending(
        parameters: bucket, memory: memory,
        sum: processes.startSum(.init(start: memory.elements, count: memory.count))))
    (bucket, bucketCount) = ([], 0)
  }

  private func forEachGradient(
    of parameters: [Parameter], in memory: Tensor,
    _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  ) {
    var place = memory.elements
    for parameter in parameters {
      body(parameter.gradient.elements, place, parameter.gradient.count)
      place += parameter.gradient.count
    }
  }
}

extension MixMoNetwork {
  /// How many sums a training step of several processes waits for.
  package var sumCount: Int {
    2 * state.count { if case .batchCount = $0 { true } else { false } } + 2
  }

  /// The bytes of gradients that several processes sum: all but batch normalisation's, which come of
  /// its sums.
  package var summedByteCount: Int {
    let summed = convolutions.map(\.weight) + heads.weights + heads.biases
    return summed.reduce(0) { $0 + 4 * $1.value.count }
  }
}
