import Tensors

/// The gradients of parameters, which are sums over the images of a batch that processes share.
///
/// By default every process computes its part at once, and parts are summed while the backward pass
/// goes on. They are collected in buckets, so that small ones do not each cost the latency of the
/// network between processes. With exact sums, gradients are computed for one group of images at a
/// time and summed without rounding: any number of processes gives the same bits.
final class GradientSums {
  /// Images of a group, whose gradient is computed at once where sums are exact.
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

  /// Elements at which a bucket is sent: a megabyte, several times what a fast network transfers in
  /// the time of its latency.
  private static let bucketSize = 1 << 18
  /// Elements that a task adds; results do not depend on it.
  private static let rangeSize = 1 << 14

  init(processes: any ProcessGroup, workers: Workers, pool: TensorPool, isExact: Bool) {
    self.processes = processes
    self.workers = workers
    self.pool = pool
    self.isExact = isExact
  }

  deinit { exactSums.deallocate() }

  /// The images of this process's part of a batch, as many at a time as a product may combine.
  func groups(of imageCount: Int) -> IndexChunks {
    IndexChunks(total: imageCount, size: isExact ? Self.groupSize : max(imageCount, 1))
  }

  /// Sets a parameter's gradient before `finish` returns.
  ///
  /// Every process must call it for the same parameters in the same order.
  ///
  /// - Parameters:
  ///   - parameter: the parameter whose gradient is set.
  ///   - imageCount: the images of this process's part of the batch.
  ///   - terms: the number of products in an element of one image's gradient.
  ///   - factors: the largest magnitudes of the factors of these products.
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
    // Twice the exact bound: rounding can make sums larger than that bound.
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

  /// Memory for `count` exact sums with unspecified contents, valid until the next call.
  private func exactMemory(_ count: Int) -> UnsafeMutableBufferPointer<Double> {
    if exactSums.count < count {
      exactSums.deallocate()
      exactSums = .allocate(capacity: count)
      exactSums.update(repeating: 0)
    }
    return .init(rebasing: exactSums[..<count])
  }

  private func add(_ parameter: Parameter) {
    guard !processes.isSole else { return }
    bucket.append(parameter)
    bucketCount += parameter.gradient.count
    if bucketCount >= Self.bucketSize { start() }
  }

  /// Returns once every gradient is the sum over processes.
  func finish() {
    if !bucket.isEmpty { start() }
    for entry in pending {
      entry.sum.finish()
      forEachGradient(of: entry.parameters, in: entry.memory) { $0.update(from: $1, count: $2) }
    }
    pending = []
  }

  /// Starts to sum the bucket's gradients over processes.
  private func start() {
    let memory = pool.tensor([bucketCount])
    forEachGradient(of: bucket, in: memory) { $1.update(from: $0, count: $2) }
    pending.append(
      Pending(
        parameters: bucket, memory: memory,
        sum: processes.startSum(.init(start: memory.elements, count: memory.count))))
    (bucket, bucketCount) = ([], 0)
  }

  /// Calls `body` with each gradient, its part of `memory` and their count.
  private func forEachGradient(
    of parameters: [Parameter], in memory: Tensor,
    _ body: (
      _ gradient: UnsafeMutablePointer<Float>, _ part: UnsafeMutablePointer<Float>, _ count: Int
    ) -> Void
  ) {
    var next = memory.elements
    for parameter in parameters {
      body(parameter.gradient.elements, next, parameter.gradient.count)
      next += parameter.gradient.count
    }
  }
}
