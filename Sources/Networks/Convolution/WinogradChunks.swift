// T tiles of 4×4 output pixels.

import CKernels
import Tensors

/// Transformed weights as kernels write them.
struct PackedPanels: @unchecked Sendable {
  let kernelPanels: KernelPanels

  init(_ packed: Tensor, columns: Int, _ kernels: Kernels) {
    kernelPanels = KernelPanels(
      values: packed.elements, width: kernels.panelWidth(columns: columns),
      positionStride: packed.shape[1])
  }
}

/// Transformed tiles or their products: for each position, rows of channels.
struct Tiles: @unchecked Sendable {
  private let elements: UnsafeMutablePointer<Float>
  private let positionStride: Int
  private let rowStride: Int

  init(_ elements: UnsafeMutablePointer<Float>, rows: Int, rowStride: Int) {
    self.elements = elements
    self.rowStride = rowStride
    positionStride = Self.positionStride(rows * rowStride)
  }

  /// The elements of memory for so many rows at each position.
  static func size(positions: Int, rows: Int, rowStride: Int) -> Int {
    positions * positionStride(rows * rowStride)
  }

  /// The distance between positions of `count` elements: five cache lines more than the elements
  /// take, because at distances of a power of two all positions would compete for a few cache lines.
  static func positionStride(_ count: Int) -> Int { count + 80 }

  /// The first row at a position.
  subscript(position: Int) -> UnsafeMutablePointer<Float> { elements + position * positionStride }

  /// The argument of kernels that begin at a row.
  func rows(from row: Int) -> KernelTiles {
    KernelTiles(
      values: elements + row * rowStride, positionStride: positionStride, rowStride: rowStride)
  }
}

/// `output = input ∗ weight` and the epilogue of `output`, a chunk of tiles at a time.
struct ChunkConvolution: @unchecked Sendable {
  /// Tiles that a task transforms.
  static let tilesPerTask = 8
  /// About how many columns of a product a task computes.
  private static let columnsPerTask = 128
  /// The same where a task splits its left factor.
  private static let splitColumnsPerTask = 512

  let transforms: WinogradTransforms
  let input: LayerInput
  let packed: Tensor
  let output: LayerOutput
  let engine: Engine
  let sums: PartialSums
  private let tiles: [Tiles]  // one for each slot
  private let products: [Tiles]
  private let groups: IndexChunks
  private let depth: Int
  private let stride: Int

  /// As many chunks as there are slots, by default one for each worker, can run at the same time.
  init(
    transforms: WinogradTransforms, input: LayerInput, packed: Tensor, output: LayerOutput,
    chunks: IndexChunks, slots: Int?, engine: Engine
  ) {
    self.transforms = transforms
    self.input = input
    self.packed = packed
    self.output = output
    self.engine = engine
    let depth = engine.kernels.paddedDepth(input.values.shape[3])
    let stride = engine.kernels.paddedColumns(output.values.shape[3])
    (self.depth, self.stride) = (depth, stride)
    groups = Self.productGroups(columns: output.values.shape[3], engine.kernels)
    let slots = slots ?? engine.workers.count
    let (tileSize, productSize) = (
      Tiles.size(positions: transforms.positions, rows: chunks.size, rowStride: depth),
      Tiles.size(positions: transforms.positions, rows: chunks.size, rowStride: stride)
    )
    let buffers = engine.scratch(slots * tileSize, slots * productSize)
    tiles = (0..<slots).map {
      Tiles(buffers[0].elements + $0 * tileSize, rows: chunks.size, rowStride: depth)
    }
    products = (0..<slots).map {
      Tiles(buffers[1].elements + $0 * productSize, rows: chunks.size, rowStride: stride)
    }
    sums = PartialSums(
      output, tasks: (chunks.total + Self.tilesPerTask - 1) / Self.tilesPerTask, engine: engine)
  }

  /// The columns of a product in groups of whole panels, one for each task.
  static func productGroups(columns: Int, _ kernels: Kernels) -> IndexChunks {
    kernels.columnChunks(
      kernels.paddedColumns(columns),
      size: kernels.products.splits != 0 ? splitColumnsPerTask : columnsPerTask)
  }

  /// On all threads, or on the caller's where each thread runs chunks of its own.
  func run(_ chunk: Range<Int>, slot: Int) {
    let (kernels, workers) = (engine.kernels, engine.workers)
    let (tiles, products) = (tiles[slot], products[slot])
    workers.forEachRange(of: chunk.count, size: Self.tilesPerTask) {
      var x = input.kernelInput
      let range = KernelRange(first: chunk.lowerBound + $0.lowerBound, count: $0.count)
      transforms.input(&x, range, tiles.rows(from: $0.lowerBound))
    }
    workers.forEach(transforms.positions * groups.count) { task, _ in
      let (position, columns) = (task / groups.count, groups[task % groups.count])
      let weights = packed.elements + transforms.weightPosition(of: position) * packed.shape[1]
      kernels.multiply(
        rows: chunk.count, columns: columns.count, depth: depth, left: tiles[position],
        leftStride: depth, isTransformed: true,
        panels: weights + columns.lowerBound * depth,
        product: products[position] + columns.lowerBound, productStride: stride)
    }
    workers.forEachRange(of: chunk.count, size: Self.tilesPerTask) {
      let range = KernelRange(first: chunk.lowerBound + $0.lowerBound, count: $0.count)
      var y = output.kernelOutput(sums: sums.clear(task: range.first / Self.tilesPerTask))
      transforms.output(products.rows(from: $0.lowerBound), range, &y)
    }
  }
}
