import CKernels
import Tensors

/// What the layers of a network run on: processes, threads, kernels and reusable memory.
///
/// An engine belongs to one thread at a time, whose loops its workers share.
package final class Engine: @unchecked Sendable {
  package let workers: Workers
  package let kernels: Kernels
  /// Each has a part of every training batch.
  let processes: any ProcessGroup
  /// Whether sums over a batch are the same bits for any number of processes.
  let sumsExactly: Bool
  let tiling: Tiling
  let pool: TensorPool
  let gradientSums: GradientSums
  private var scratchMemory = Tensor([0])
  private var sums = UnsafeMutableBufferPointer<Double>(start: nil, count: 0)
  /// Buffers taken from the system so far, for tests of their reuse.
  package var bufferCount: Int { pool.count + scratchCount }
  private var scratchCount = 0

  package init(
    workers: Workers, kernels: Kernels = .preferred, tiling: Tiling = Tiling(),
    processes: any ProcessGroup = SoleProcess(), sumsExactly: Bool = false
  ) {
    self.workers = workers
    self.kernels = kernels
    self.tiling = tiling
    self.processes = processes
    self.sumsExactly = sumsExactly
    pool = TensorPool()
    gradientSums = GradientSums(
      processes: processes, workers: workers, pool: pool, isExact: sumsExactly)
  }

  deinit { sums.deallocate() }

  /// Elements a task of an elementwise loop handles; results do not depend on it.
  private static let rangeSize = 1 << 14
  /// Pixels a task of `finish` handles: sums over them are added up in order.
  static let pixelsPerTask = 256

  /// Buffers of the given counts, with unspecified contents, until the next call.
  func scratch(_ counts: Int...) -> [Buffer] {
    let starts = counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + ($1 + 15) / 16 * 16) }
    let total = starts[counts.count]
    if scratchMemory.count < total {
      scratchMemory = Tensor([0])
      scratchMemory = Tensor([total])
      scratchCount += 1
    }
    return starts.dropLast().map { Buffer(elements: scratchMemory.elements + $0) }
  }

  /// Memory for `count` sums until the next call, with unspecified contents.
  fileprivate func sumMemory(_ count: Int) -> UnsafeMutablePointer<Double>? {
    if sums.count < count {
      sums.deallocate()
      sums = .allocate(capacity: count)
      sums.initialize(repeating: 0)
      scratchCount += 1
    }
    return sums.baseAddress
  }

  /// Calls `body` on ranges of rows of `elementsPerRow` elements each that cover `rows`.
  func forEachRange(rows: Int, elementsPerRow: Int, _ body: @Sendable (Range<Int>) -> Void) {
    workers.forEachRange(of: rows, size: max(1, Self.rangeSize / elementsPerRow), body)
  }

  /// Takes the output's steps with values that are there already.
  package func finish(_ output: LayerOutput) -> FeatureMap {
    if output.isPlain { return FeatureMap(values: output.values) }
    let channels = output.values.shape[3]
    let blocks = Blocks(total: output.values.count / channels, size: Self.pixelsPerTask)
    let sums = PartialSums(output, tasks: blocks.count, engine: self)
    let kernels = kernels
    workers.forEach(blocks.count) { task, _ in
      var target = output.target(sums: sums.clear(task: task))
      kernels.table.finish(&target, blocks[task].lowerBound, blocks[task].count, 0, channels)
    }
    return FeatureMap(values: output.values, sums: sums.total())
  }
}

/// Memory whose parts the tasks of a loop write.
struct Buffer: @unchecked Sendable {
  let elements: UnsafeMutablePointer<Float>
}

/// The sums of each task over the channels of what it writes.
///
/// They are added up in the order of the tasks, whichever thread ran them.
struct PartialSums: @unchecked Sendable {
  private let memory: UnsafeMutablePointer<Double>?  // [tasks, 2, C]
  private let tasks: Int
  private let channels: Int
  private let workers: Workers

  /// Until the next sums of the same engine.
  init(_ output: LayerOutput, tasks: Int, engine: Engine) {
    self.tasks = tasks
    channels = output.values.shape[3]
    workers = engine.workers
    memory = output.sumsChannels ? engine.sumMemory(tasks * 2 * channels) : nil
  }

  /// A task's sums, set to zero in the given channels; nil if there are none to be made.
  func clear(task: Int, channels range: Range<Int>? = nil) -> UnsafeMutablePointer<Double>? {
    guard let memory else { return nil }
    let (sums, range) = (memory + task * 2 * channels, range ?? 0..<channels)
    (sums + range.lowerBound).update(repeating: 0, count: range.count)
    (sums + channels + range.lowerBound).update(repeating: 0, count: range.count)
    return sums
  }

  /// The sums over all tasks; empty if none were made.
  func total() -> [Double] {
    guard let memory else { return [] }
    let (tasks, count) = (tasks, 2 * channels)
    return [Double](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      nonisolated(unsafe) let total = buffer
      nonisolated(unsafe) let partial = memory
      workers.forEachRange(of: count, size: 64) { range in
        for i in range { total.initializeElement(at: i, to: partial[i]) }
        for task in 1..<max(tasks, 1) {
          for i in range { total[i] += partial[task * count + i] }
        }
      }
      initializedCount = count
    }
  }
}
