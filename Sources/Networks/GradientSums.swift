import Tensors

/// Makes the gradients of parameters, sums over the images of a batch that processes share.
///
/// In the quick way every process makes its part in one go, and parts are summed while the backward
/// pass goes on, in buckets, so that small ones do not each cost the network's latency. In the
/// exact way the gradient of every group of images is made alone, whichever process has it, and
/// these are summed without rounding: any number of processes makes the same bits.
final class GradientSums {
  /// Images whose gradients are made in one go where they are summed exactly.
  static let groupSize = 4

  private let processes: any ProcessGroup
  private let workers: Workers
  private let pool: TensorPool
  private let isExact: Bool
  private var bucket: [Parameter] = []
  private var bucketCount = 0
  private var pending: [Pending] = []
  private var exactSums = UnsafeMutableBufferPointer<Double>(start: nil, count: 0)

  private struct Pending {
    let parameters: [Parameter]
    let memory: Tensor
    let sum: PendingSum
  }

  /// Elements from which on a bucket is sent: a megabyte, several times what a fast network carries
  /// in its latency.
  private static let bucketSize = 1 << 18
  /// Elements that a task adds.
  private static let rangeSize = 1 << 14

  init(processes: any ProcessGroup, workers: Workers, pool: TensorPool, isExact: Bool) {
    self.processes = processes
    self.workers = workers
    self.pool = pool
    self.isExact = isExact
  }

  deinit { exactSums.deallocate() }

  /// The images of this process's part of a batch, as many at a time as products may combine.
  func groups(of imageCount: Int) -> Blocks {
    Blocks(total: imageCount, size: isExact ? Self.groupSize : max(imageCount, 1))
  }

  /// Sets a parameter's gradient, at the latest in `finish`, in the same order in every process.
  ///
  /// - Parameters:
  ///   - parameter: whose gradient.
  ///   - imageCount: the images of this process's part of the batch.
  ///   - terms: how many products an element of one image's gradient adds up.
  ///   - factors: the largest magnitudes of their factors.
  ///   - make: writes the gradient of a range of images.
  func set(
    _ parameter: Parameter, imageCount: Int, terms: Int, factors: @autoclosure () -> [Double],
    make: (_ images: Range<Int>, _ gradient: Tensor) -> Void
  ) {
    guard isExact else {
      make(0..<imageCount, parameter.gradient)
      return add(parameter)
    }
    let groups = groups(of: imageCount)
    // Computed products exceed the bound by roundings at the most.
    let rounding = SummandRounding(
      bound: processes.max(factors()).reduce(2 * Double(Self.groupSize * terms), *),
      count: processes.sum([Double(groups.count)])[0])
    let part = pool.tensor(parameter.value.shape)
    nonisolated(unsafe) let sums = exactMemory(part.count)
    sums.update(repeating: 0)
    for group in groups {
      make(group, part)
      workers.forEachRange(of: part.count, size: Self.rangeSize) {
        for i in $0 { sums[i] += rounding(Double(part[i])) }
      }
    }
    processes.sum(sums)
    let gradient = parameter.gradient
    for i in 0..<part.count { gradient[i] = Float(sums[i]) }
  }

  private func exactMemory(_ count: Int) -> UnsafeMutableBufferPointer<Double> {
    if exactSums.count < count {
      exactSums.deallocate()
      exactSums = .allocate(capacity: count)
      exactSums.initialize(repeating: 0)
    }
    return .init(rebasing: exactSums[..<count])
  }

  private func add(_ parameter: Parameter) {
    guard !processes.isSole else { return }
    bucket.append(parameter)
    bucketCount += parameter.gradient.count
    if bucketCount >= Self.bucketSize { start() }
  }

  /// Returns once every gradient is its sum over processes.
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
  /// Images of a batch that must be in one process where the network's sums are exact.
  package static let groupSize = GradientSums.groupSize

  /// How many sums a training step of several processes waits for, where they are not exact.
  package var sumCount: Int {
    2 * state.count { if case .batchCount = $0 { true } else { false } } + 4
  }

  /// The bytes of gradients that several processes sum: all but batch normalization's, which come
  /// of its sums.
  package var summedByteCount: Int {
    let summed = convolutions.map(\.weight) + heads.weights + heads.biases
    return summed.reduce(0) { $0 + 4 * $1.value.count }
  }
}
