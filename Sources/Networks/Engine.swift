// N batch, H height, W width, C channels.

import Tensors

/// What the layers of a network run on: processes, threads, kernels and reusable memory.
///
/// Only one thread at a time may use an engine; its workers share that thread's loops.
package final class Engine: @unchecked Sendable {
  package let workers: Workers
  package let kernels: Kernels
  /// The processes that each have a part of every training batch.
  let processes: any ProcessGroup
  /// Whether sums over a batch are the same bits for any number of processes.
  let sumsExactly: Bool
  let tiling: Tiling
  let pool: TensorPool
  let gradientSums: GradientSums
  private var scratchMemory = Tensor([0])
  private var sums = UnsafeMutableBufferPointer<Double>(start: nil, count: 0)
  /// The number of buffers allocated so far, for tests of their reuse.
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

  /// Elements that a task of an elementwise loop handles; results do not depend on it.
  private static let rangeSize = 1 << 14
  /// Pixels that a task of `applyEpilogue` handles; the tasks' sums are added up in order.
  private static let pixelsPerTask = 256

  /// Buffers of the given counts with unspecified contents, valid until the next call.
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

  /// Memory for `count` sums with unspecified contents, valid until the next call.
  fileprivate func sumMemory(_ count: Int) -> UnsafeMutablePointer<Double>? {
    if sums.count < count {
      sums.deallocate()
      sums = .allocate(capacity: count)
      sums.update(repeating: 0)
      scratchCount += 1
    }
    return sums.baseAddress
  }

  /// Calls `body` on ranges that cover `rows` rows of `elementsPerRow` elements each.
  func forEachRange(rows: Int, elementsPerRow: Int, _ body: @Sendable (Range<Int>) -> Void) {
    workers.forEachRange(of: rows, size: max(1, Self.rangeSize / elementsPerRow), body)
  }

  /// Puts stored values through the epilogue.
  package func applyEpilogue(of output: LayerOutput) -> FeatureMap {
    guard output.hasEpilogue else { return FeatureMap(values: output.values) }
    let pixels = IndexChunks(
      total: output.values.count / output.values.shape[3], size: Self.pixelsPerTask)
    let sums = PartialSums(output, tasks: pixels.count, engine: self)
    let kernels = kernels
    workers.forEach(pixels.count) { task, _ in
      output.applyEpilogue(to: pixels[task], sums: sums.clear(task: task), kernels: kernels)
    }
    return FeatureMap(values: output.values, sums: sums.total())
  }

  /// The largest magnitude of the values that a layer reads.
  func largestMagnitude(of input: LayerInput) -> Double {
    let channels = input.values.shape[3]
    let chunks = IndexChunks(total: input.values.count / channels, size: Self.pixelsPerTask)
    let (rows, kernels) = (scratch(workers.count * chunks.size * channels)[0], kernels)
    let largest = Tensor([chunks.count])
    workers.forEach(chunks.count) { task, worker in
      let row = rows.elements + worker * chunks.size * channels
      input.reader(kernels).read(chunks[task], into: row)
      for i in 0..<chunks[task].count * channels where row[i].magnitude > largest[task] {
        largest[task] = row[i].magnitude
      }
    }
    return Double(largest.values.max() ?? 0)
  }
}

/// How much of a Winograd convolution is computed at a time, in elements.
package struct Tiling: Sendable {
  /// Transformed tiles, in and out, of a chunk that all threads share: about what the last-level
  /// cache holds beside the weights.
  package var sharedChunk = 4 << 20
  /// Transformed tiles, in and out, of a chunk of one thread, whose own cache is smaller.
  package var ownChunk = 320 << 10
  /// The most weights of a position for which threads take chunks of their own.
  package var fewWeights = 30_000

  package init() {}
}

/// Memory of which each task of a loop writes a part.
struct Buffer: @unchecked Sendable {
  let elements: UnsafeMutablePointer<Float>
}

/// Each task's sums over the channels of the values that it stores.
///
/// They are added up in the order of the tasks, whichever thread ran them.
struct PartialSums: @unchecked Sendable {
  private let memory: UnsafeMutablePointer<Double>?  // [tasks, 2, C]
  private let tasks: Int
  private let channels: Int
  private let workers: Workers

  /// Valid until the next sums of the same engine.
  init(_ output: LayerOutput, tasks: Int, engine: Engine) {
    self.tasks = tasks
    channels = output.values.shape[3]
    workers = engine.workers
    memory = output.sumsChannels ? engine.sumMemory(tasks * 2 * channels) : nil
  }

  /// A task's sums, set to zero in the given channels or in all; nil if the output needs none.
  func clear(task: Int, channels range: Range<Int>? = nil) -> UnsafeMutablePointer<Double>? {
    guard let memory else { return nil }
    let (sums, range) = (memory + task * 2 * channels, range ?? 0..<channels)
    (sums + range.lowerBound).update(repeating: 0, count: range.count)
    (sums + channels + range.lowerBound).update(repeating: 0, count: range.count)
    return sums
  }

  /// The sums over all tasks; empty if the output needs none.
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

extension Tensor {
  /// The largest magnitude of an element.
  var largestMagnitude: Double {
    Double((0..<count).reduce(0) { Swift.max($0, self[$1].magnitude) })
  }
}
