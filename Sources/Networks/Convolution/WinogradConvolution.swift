// T tiles of 4×4 output pixels.

import CKernels
import Tensors

/// 3×3 convolution with stride 1 by F(4×4, 3×3) (Winograd 1980; Lavin and Gray 2016): 36
/// multiplications for the 16 outputs of a tile instead of 144.
///
/// Tiles are transformed, multiplied and transformed back in chunks that stay in the caches. What a
/// chunk and a task hold depends on the shape and the batch alone, so that results are the same on
/// any number of threads.
struct WinogradConvolution: ConvolutionMethod {
  static let name = "winograd"

  let shape: ConvolutionShape
  let engine: Engine

  private static let positions = 36
  /// Tiles a task transforms.
  private static let tilesPerTask = 8
  /// Columns of a product that a task computes, about.
  private static let columnsPerTask = 128

  func pack(_ weight: Tensor) -> Tensor {
    let (kernels, shape) = (engine.kernels, shape)
    let packed = packedWeights(depth: shape.inputChannels, columns: shape.outputChannels)
    engine.workers.forEachRange(of: shape.inputChannels, size: 16) { inputs in
      kernels.table.transformWeights(
        weight.elements, shape.inputChannels, shape.outputChannels, inputs.lowerBound,
        inputs.count, packed.elements, kernels.panelWidth(columns: shape.outputChannels),
        packed.shape[1])
    }
    return packed
  }

  /// The tiles of all images, chunk by chunk.
  ///
  /// Where the transformed weights are few, each thread takes chunks of its own that fit its cache.
  /// Where they are many, reading them must repay: chunks are large, and all threads share one.
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

  /// The same convolution with inputs and outputs exchanged and the taps turned around.
  func inputGradient(
    _ outputGradient: Tensor, weight: Tensor, output: LayerOutput
  ) -> FeatureMap {
    let (kernels, shape) = (engine.kernels, shape)
    let packed = packedWeights(depth: shape.outputChannels, columns: shape.inputChannels)
    engine.workers.forEachRange(of: shape.outputChannels, size: 64) { outputs in
      kernels.table.transformTurnedWeights(
        weight.elements, shape.inputChannels, shape.outputChannels, outputs.lowerBound,
        outputs.count, packed.elements, kernels.panelWidth(columns: shape.inputChannels),
        packed.shape[1])
    }
    return forward(LayerInput(values: outputGradient), packed: packed, output: output)
  }

  /// `Gᵀ (Σ (Bᵀ x B) ⊙ (A dy Aᵀ)) G`: a sum over all tiles for each position, chunk after chunk.
  func weightGradient(
    _ input: LayerInput, _ outputGradient: Tensor, weightGradient: Tensor
  ) {
    let (kernels, inputs, outputs) = (engine.kernels, shape.inputChannels, shape.outputChannels)
    let chunks = chunks(of: outputGradient, elements: engine.tiling.sharedChunk)
    let (width, stride) = (kernels.panelWidth(columns: outputs), kernels.paddedColumns(outputs))
    let productStride = Self.positionStride(inputs * stride)
    let inputStride = Self.positionStride(chunks.size * inputs)
    let outputStride = Self.positionStride(chunks.size * outputs)
    let buffers = engine.scratch(
      Self.positions * productStride, Self.positions * inputStride,
      Self.positions * outputStride, engine.workers.count * chunks.size * width)
    let (products, inputTiles, outputTiles) = (buffers[0], buffers[1], buffers[2])
    for chunk in chunks {
      transform(
        chunk, of: input, to: inputTiles, inputStride, and: LayerInput(values: outputGradient),
        to: outputTiles, outputStride)
      Self.forEachProduct(columns: outputs, engine) { position, columns, worker in
        let panel = buffers[3].elements + worker * chunks.size * width
        for column in Swift.stride(from: columns.lowerBound, to: columns.upperBound, by: width) {
          kernels.pack(
            outputTiles.elements + position * outputStride + column, rowStride: outputs,
            depth: chunk.count, columns: min(width, outputs - column), into: panel)
          kernels.multiply(
            rows: inputs, columns: width, depth: chunk.count,
            left: inputTiles.elements + position * inputStride, leftStride: inputs,
            isTransposed: true, panels: panel,
            product: products.elements + position * productStride + column,
            productStride: stride, accumulating: chunk.lowerBound > 0)
        }
      }
    }
    engine.workers.forEachRange(of: inputs, size: 16) {
      kernels.table.transformWeightGradient(
        products.elements, productStride, stride, inputs, outputs, $0.lowerBound, $0.count,
        weightGradient.elements)
    }
  }
}

extension WinogradConvolution {
  /// Transforms a chunk's tiles of what the layer read and of the gradient of what it wrote.
  private func transform(
    _ chunk: Range<Int>, of input: LayerInput, to inputTiles: Buffer, _ inputStride: Int,
    and gradient: LayerInput, to outputTiles: Buffer, _ outputStride: Int
  ) {
    let (kernels, shape) = (engine.kernels, shape)
    engine.workers.forEachRange(of: chunk.count, size: Self.tilesPerTask) { tiles in
      var (x, dy) = (input.source, gradient.source)
      let first = chunk.lowerBound + tiles.lowerBound
      kernels.table.transformInput(
        &x, first, tiles.count, inputTiles.elements + tiles.lowerBound * shape.inputChannels,
        inputStride)
      kernels.table.transformOutputGradient(
        &dy, first, tiles.count, outputTiles.elements + tiles.lowerBound * shape.outputChannels,
        outputStride)
    }
  }

  /// Calls `body` for each position and each group of whole panels of columns.
  private static func forEachProduct(
    columns: Int, _ engine: Engine,
    _ body: @Sendable (_ position: Int, _ columns: Range<Int>, _ worker: Int) -> Void
  ) {
    let groups = Blocks.columns(
      engine.kernels.paddedColumns(columns), size: columnsPerTask, engine.kernels)
    engine.workers.forEach(positions * groups.count) { task, worker in
      body(task / groups.count, groups[task % groups.count], worker)
    }
  }

  /// Memory for transformed weights: for each position `[column / width][depth][width]`.
  private func packedWeights(depth: Int, columns: Int) -> Tensor {
    let count = engine.kernels.paddedColumns(columns) * depth
    return engine.pool.tensor([Self.positions, Self.positionStride(count)])
  }

  /// The distance between positions of `count` elements: five cache lines more, for at a distance
  /// of a power of two all positions would share a few lines of the caches.
  private static func positionStride(_ count: Int) -> Int { count + 80 }

  /// The tiles of a batch of outputs in chunks of about the same size, of whole tasks, that hold at
  /// most `elements` when they are transformed, in and out.
  private func chunks(of output: Tensor, elements: Int) -> Blocks {
    let total = output.count / output.shape[3] / 16
    let elementsPerTask =
      Self.tilesPerTask * Self.positions * (shape.inputChannels + shape.outputChannels)
    let tasks = (total + Self.tilesPerTask - 1) / Self.tilesPerTask
    let limit = max(1, elements / elementsPerTask)
    let count = (tasks + limit - 1) / limit
    return Blocks(total: total, size: (tasks + count - 1) / count * Self.tilesPerTask)
  }

  /// `output = input ∗ weight`, a chunk of tiles at a time.
  private struct ChunkConvolution: @unchecked Sendable {
    let input: LayerInput
    let packed: Tensor
    let output: LayerOutput
    let engine: Engine
    let sums: PartialSums
    private let tiles: Buffer
    private let products: Buffer
    private let tileStride: Int
    private let productStride: Int
    private let depth: Int
    private let stride: Int

    /// As many chunks as there are slots, by default the workers, can be run at the same time.
    init(
      input: LayerInput, packed: Tensor, output: LayerOutput, chunks: Blocks, slots: Int?,
      engine: Engine
    ) {
      self.input = input
      self.packed = packed
      self.output = output
      self.engine = engine
      depth = input.values.shape[3]
      stride = engine.kernels.paddedColumns(output.values.shape[3])
      tileStride = positionStride(chunks.size * depth)
      productStride = positionStride(chunks.size * stride)
      let slots = slots ?? engine.workers.count
      let buffers = engine.scratch(
        slots * positions * tileStride, slots * positions * productStride)
      (tiles, products) = (buffers[0], buffers[1])
      sums = PartialSums(
        output, tasks: (chunks.total + tilesPerTask - 1) / tilesPerTask, engine: engine)
    }

    /// On all threads, or on the caller's where they run chunks of their own.
    func run(_ chunk: Range<Int>, slot: Int) {
      let (kernels, workers) = (engine.kernels, engine.workers)
      let tiles = Buffer(elements: tiles.elements + slot * positions * tileStride)
      let products = Buffer(elements: products.elements + slot * positions * productStride)
      workers.forEachRange(of: chunk.count, size: tilesPerTask) {
        var source = input.source
        kernels.table.transformInput(
          &source, chunk.lowerBound + $0.lowerBound, $0.count,
          tiles.elements + $0.lowerBound * depth, tileStride)
      }
      forEachProduct(columns: output.values.shape[3], engine) { position, columns, _ in
        kernels.multiply(
          rows: chunk.count, columns: columns.count, depth: depth,
          left: tiles.elements + position * tileStride, leftStride: depth,
          panels: packed.elements + position * packed.shape[1] + columns.lowerBound * depth,
          product: products.elements + position * productStride + columns.lowerBound,
          productStride: stride)
      }
      workers.forEachRange(of: chunk.count, size: tilesPerTask) {
        let first = chunk.lowerBound + $0.lowerBound
        var target = output.target(sums: sums.clear(task: first / tilesPerTask))
        kernels.table.transformOutput(
          products.elements + $0.lowerBound * stride, productStride, stride, &target, first,
          $0.count)
      }
    }
  }
}

/// How much of a Winograd convolution is worked on at a time, in elements.
package struct Tiling: Sendable {
  /// Transformed tiles, in and out, of a chunk that all threads share: about what the last cache
  /// holds beside the weights.
  package var sharedChunk = 4 << 20
  /// The same of a chunk of one thread, whose cache is smaller.
  package var ownChunk = 320 << 10
  /// Weights of a position up to which threads take chunks of their own.
  package var fewWeights = 30_000

  package init() {}
}
