// T tiles of 4×4 output pixels.

import CKernels
import Tensors

/// 3×3 convolution with stride 1 by F(4×4, 3×3) (Winograd 1980; Lavin and Gray 2016): 36
/// multiplications for the 16 outputs of a tile instead of 144.
///
/// Tiles are transformed, multiplied and transformed back in chunks that stay in the caches. Chunks
/// and tasks depend on the shape and the batch alone, so that results are the same on any number of
/// threads.
struct WinogradConvolution: ConvolutionMethod {
  static let name = "winograd"

  let shape: ConvolutionShape
  let engine: Engine

  private static let positions = 36
  /// Tiles that a task transforms.
  private static let tilesPerTask = 8
  /// About how many columns of a product a task computes.
  private static let columnsPerTask = 128
  /// The same where a task splits its left factor.
  private static let splitColumnsPerTask = 512

  func pack(_ weight: Tensor) -> Tensor {
    let (kernels, channels) = (engine.kernels, channels)
    let packed = packedWeights(depth: channels.inputs, columns: channels.outputs)
    let panels = PackedPanels(packed, columns: channels.outputs, kernels)
    engine.workers.forEachRange(of: channels.inputs, size: 16) { inputs in
      kernels.products.transformWeights(
        weight.elements, channels, KernelRange(inputs), panels.kernelPanels)
    }
    return packed
  }

  /// The tiles of all images, chunk by chunk.
  ///
  /// With few transformed weights, each thread takes chunks of its own that fit its cache. With many
  /// weights, chunks must be large to amortize reading them, and all threads share one chunk.
  func forward(_ input: LayerInput, packed: Tensor, output: LayerOutput) -> FeatureMap {
    let isShared = shape.inputChannels * shape.outputChannels > engine.tiling.fewWeights
    let chunks = chunks(
      of: output.values, elements: isShared ? engine.tiling.sharedChunk : engine.tiling.ownChunk)
    let convolution = ChunkConvolution(
      input: input, packed: packed, output: output, chunks: chunks, slots: isShared ? 1 : nil,
      engine: engine)
    if isShared {
      for chunk in chunks { convolution.run(chunk, slot: 0) }
    } else {
      engine.workers.forEach(chunks.count) { convolution.run(chunks[$0], slot: $1) }
    }
    return FeatureMap(values: output.values, sums: convolution.sums.total())
  }

  /// The same convolution with inputs and outputs exchanged and the kernel flipped.
  func inputGradient(
    _ outputGradient: Tensor, weight: Tensor, output: LayerOutput
  ) -> FeatureMap {
    let (kernels, channels) = (engine.kernels, channels)
    let packed = packedWeights(depth: channels.outputs, columns: channels.inputs)
    let panels = PackedPanels(packed, columns: channels.inputs, kernels)
    engine.workers.forEachRange(of: channels.outputs, size: 64) { outputs in
      kernels.products.transformFlippedWeights(
        weight.elements, channels, KernelRange(outputs), panels.kernelPanels)
    }
    return forward(LayerInput(values: outputGradient), packed: packed, output: output)
  }

  /// `Gᵀ (Σ (Bᵀ x B) ⊙ (A dy Aᵀ)) G`: a sum over all tiles for each position, chunk after chunk.
  func weightGradient(
    _ input: LayerInput, _ outputGradient: Tensor, weightGradient: Tensor
  ) {
    let (kernels, inputs, outputs) = (engine.kernels, shape.inputChannels, shape.outputChannels)
    let chunks = chunks(of: outputGradient, elements: engine.tiling.sharedChunk)
    let groups = Self.productGroups(columns: outputs, kernels)
    let stride = kernels.paddedColumns(outputs)
    // Numbers that are split are packed for all columns of a task, and split once.
    let width = kernels.products.splits != 0 ? groups.size : kernels.panelWidth(columns: outputs)
    let panelSize = kernels.paddedDepth(chunks.size) * width
    let sizes = [(inputs, stride), (chunks.size, inputs), (chunks.size, outputs)]
      .map { Tiles.size(rows: $0, rowStride: $1) }
    let buffers = engine.scratch(
      sizes[0], sizes[1], sizes[2], engine.workers.count * panelSize)
    let products = Tiles(buffers[0].elements, rows: inputs, rowStride: stride)
    let inputTiles = Tiles(buffers[1].elements, rows: chunks.size, rowStride: inputs)
    let outputTiles = Tiles(buffers[2].elements, rows: chunks.size, rowStride: outputs)
    for chunk in chunks {
      transform(
        chunk, of: input, to: inputTiles, and: LayerInput(values: outputGradient), to: outputTiles)
      Self.forEachProduct(groups, engine) { position, columns, worker in
        let panel = buffers[3].elements + worker * panelSize
        for column in Swift.stride(from: columns.lowerBound, to: columns.upperBound, by: width) {
          kernels.pack(
            outputTiles[position] + column, rowStride: outputs, depth: chunk.count,
            columns: min(width, outputs - column), into: panel)
          kernels.multiply(
            rows: inputs, columns: min(width, columns.upperBound - column), depth: chunk.count,
            left: inputTiles[position],
            leftStride: inputs, isTransposed: true, panels: panel,
            product: products[position] + column, productStride: stride,
            accumulating: chunk.lowerBound > 0)
        }
      }
    }
    let channels = channels
    engine.workers.forEachRange(of: inputs, size: 16) {
      kernels.table.transformWeightGradient(
        products.rows(from: 0), channels, KernelRange($0), weightGradient.elements)
    }
  }
}

extension WinogradConvolution {
  private var channels: KernelChannels {
    KernelChannels(inputs: shape.inputChannels, outputs: shape.outputChannels)
  }

  /// Transforms a chunk's tiles of what the layer read and of the gradient of what it wrote.
  private func transform(
    _ chunk: Range<Int>, of input: LayerInput, to inputTiles: Tiles,
    and gradient: LayerInput, to outputTiles: Tiles
  ) {
    let kernels = engine.kernels
    engine.workers.forEachRange(of: chunk.count, size: Self.tilesPerTask) { tiles in
      var (x, dy) = (input.kernelInput, gradient.kernelInput)
      let range = KernelRange(first: chunk.lowerBound + tiles.lowerBound, count: tiles.count)
      kernels.table.products.transformInput(&x, range, inputTiles.rows(from: tiles.lowerBound))
      kernels.table.transformOutputGradient(&dy, range, outputTiles.rows(from: tiles.lowerBound))
    }
  }

  /// The columns of a product in groups of whole panels, one for each task.
  private static func productGroups(columns: Int, _ kernels: Kernels) -> IndexChunks {
    kernels.columnChunks(
      kernels.paddedColumns(columns),
      size: kernels.products.splits != 0 ? splitColumnsPerTask : columnsPerTask)
  }

  /// Calls `body` for each position and each group of columns.
  private static func forEachProduct(
    _ groups: IndexChunks, _ engine: Engine,
    _ body: @Sendable (_ position: Int, _ columns: Range<Int>, _ worker: Int) -> Void
  ) {
    engine.workers.forEach(positions * groups.count) { task, worker in
      body(task / groups.count, groups[task % groups.count], worker)
    }
  }

  /// Memory for transformed weights: for each position the panels of a right factor.
  private func packedWeights(depth: Int, columns: Int) -> Tensor {
    let count = engine.kernels.paddedColumns(columns) * engine.kernels.paddedDepth(depth)
    return engine.pool.tensor([Self.positions, Self.positionStride(count)])
  }

  /// The distance between positions of `count` elements: five cache lines more than the elements
  /// take, because at distances of a power of two all positions would compete for a few cache lines.
  private static func positionStride(_ count: Int) -> Int { count + 80 }

  /// The tiles of a batch of outputs in chunks of about the same size, of whole tasks, whose
  /// transformed tiles, in and out, have at most `elements` elements.
  private func chunks(of output: Tensor, elements: Int) -> IndexChunks {
    let total = output.count / output.shape[3] / 16
    let elementsPerTask =
      Self.tilesPerTask * Self.positions * (shape.inputChannels + shape.outputChannels)
    let tasks = (total + Self.tilesPerTask - 1) / Self.tilesPerTask
    let limit = max(1, elements / elementsPerTask)
    let count = (tasks + limit - 1) / limit
    return IndexChunks(total: total, size: (tasks + count - 1) / count * Self.tilesPerTask)
  }

  /// Transformed weights as kernels write them.
  private struct PackedPanels: @unchecked Sendable {
    let kernelPanels: KernelPanels

    init(_ packed: Tensor, columns: Int, _ kernels: Kernels) {
      kernelPanels = KernelPanels(
        values: packed.elements, width: kernels.panelWidth(columns: columns),
        positionStride: packed.shape[1])
    }
  }

  /// Transformed tiles or their products: for each position, rows of channels.
  private struct Tiles: @unchecked Sendable {
    private let elements: UnsafeMutablePointer<Float>
    private let positionStride: Int
    private let rowStride: Int

    init(_ elements: UnsafeMutablePointer<Float>, rows: Int, rowStride: Int) {
      self.elements = elements
      self.rowStride = rowStride
      positionStride = WinogradConvolution.positionStride(rows * rowStride)
    }

    /// The elements of memory for so many rows.
    static func size(rows: Int, rowStride: Int) -> Int {
      positions * WinogradConvolution.positionStride(rows * rowStride)
    }

    /// The first row at a position.
    subscript(position: Int) -> UnsafeMutablePointer<Float> { elements + position * positionStride }

    /// The argument of kernels that begin at a row.
    func rows(from row: Int) -> KernelTiles {
      KernelTiles(
        values: elements + row * rowStride, positionStride: positionStride, rowStride: rowStride)
    }
  }

  /// `output = input ∗ weight` and the epilogue of `output`, a chunk of tiles at a time.
  private struct ChunkConvolution: @unchecked Sendable {
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
      input: LayerInput, packed: Tensor, output: LayerOutput, chunks: IndexChunks, slots: Int?,
      engine: Engine
    ) {
      self.input = input
      self.packed = packed
      self.output = output
      self.engine = engine
      let depth = engine.kernels.paddedDepth(input.values.shape[3])
      let stride = engine.kernels.paddedColumns(output.values.shape[3])
      (self.depth, self.stride) = (depth, stride)
      groups = productGroups(columns: output.values.shape[3], engine.kernels)
      let slots = slots ?? engine.workers.count
      let (tileSize, productSize) = (
        Tiles.size(rows: chunks.size, rowStride: depth),
        Tiles.size(rows: chunks.size, rowStride: stride)
      )
      let buffers = engine.scratch(slots * tileSize, slots * productSize)
      tiles = (0..<slots).map {
        Tiles(buffers[0].elements + $0 * tileSize, rows: chunks.size, rowStride: depth)
      }
      products = (0..<slots).map {
        Tiles(buffers[1].elements + $0 * productSize, rows: chunks.size, rowStride: stride)
      }
      sums = PartialSums(
        output, tasks: (chunks.total + tilesPerTask - 1) / tilesPerTask, engine: engine)
    }

    /// On all threads, or on the caller's where each thread runs chunks of its own.
    func run(_ chunk: Range<Int>, slot: Int) {
      let (kernels, workers) = (engine.kernels, engine.workers)
      let (tiles, products) = (tiles[slot], products[slot])
      workers.forEachRange(of: chunk.count, size: tilesPerTask) {
        var x = input.kernelInput
        let range = KernelRange(first: chunk.lowerBound + $0.lowerBound, count: $0.count)
        kernels.products.transformInput(&x, range, tiles.rows(from: $0.lowerBound))
      }
      forEachProduct(groups, engine) { position, columns, _ in
        kernels.multiply(
          rows: chunk.count, columns: columns.count, depth: depth, left: tiles[position],
          leftStride: depth, isTransformed: true,
          panels: packed.elements + position * packed.shape[1] + columns.lowerBound * depth,
          product: products[position] + columns.lowerBound, productStride: stride)
      }
      workers.forEachRange(of: chunk.count, size: tilesPerTask) {
        let range = KernelRange(first: chunk.lowerBound + $0.lowerBound, count: $0.count)
        var y = output.kernelOutput(sums: sums.clear(task: range.first / tilesPerTask))
        kernels.table.transformOutput(products.rows(from: $0.lowerBound), range, &y)
      }
    }
  }
}
