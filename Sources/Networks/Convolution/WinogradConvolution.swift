// T tiles of 4×4 output pixels.

import CKernels
import Tensors

/// 3×3 convolution by F(4×4, 3×3) (Winograd 1980; Lavin and Gray 2016): 36 multiplications for the 16
/// outputs of a tile instead of 144, or 81 with stride 2.
///
/// Tiles are transformed, multiplied and transformed back in chunks that stay in the caches. Chunks
/// and tasks depend on the shape and the batch alone, so that results are the same on any number of
/// threads.
struct WinogradConvolution: ConvolutionMethod {
  static let name = "winograd"

  let shape: ConvolutionShape
  let engine: Engine

  private let transforms: WinogradTransforms

  init(shape: ConvolutionShape, engine: Engine) {
    self.shape = shape
    self.engine = engine
    transforms = WinogradTransforms(shape, engine.kernels)
  }

  /// Whether tiles of four outputs cover the output exactly, channels are many enough, and the kernels
  /// have the transforms.
  static func serves(_ shape: ConvolutionShape, _ kernels: Kernels) -> Bool {
    guard shape.kernel == 3, shape.outputSide.isMultiple(of: 4), shape.inputChannels >= 8 else {
      return false
    }
    switch shape.stride {
    case 1:
      return shape.paddingBefore == 1 && shape.paddingAfter == 1
        && kernels.products.transformInput != nil
    case 2:
      return shape.inputSide == 2 * shape.outputSide && kernels.precision == .highest
        && kernels.table.strided != nil
    default: return false
    }
  }

  func pack(_ weight: Tensor) -> Tensor {
    let (kernels, channels) = (engine.kernels, channels)
    let packed = packedWeights(depth: channels.inputs, columns: channels.outputs)
    let panels = PackedPanels(packed, columns: channels.outputs, kernels)
    engine.workers.forEachRange(of: channels.inputs, size: 16) { [transforms] inputs in
      transforms.weights(weight.elements, channels, KernelRange(inputs), panels.kernelPanels)
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
      transforms: transforms, input: input, packed: packed, output: output, chunks: chunks,
      slots: isShared ? 1 : nil, engine: engine)
    if isShared {
      for chunk in chunks { convolution.run(chunk, slot: 0) }
    } else {
      engine.workers.forEach(chunks.count) { convolution.run(chunks[$0], slot: $1) }
    }
    return FeatureMap(values: output.values, sums: convolution.sums.total())
  }

  /// The same convolution with inputs and outputs exchanged and the kernel flipped; with stride 2 a sum
  /// over taps.
  func inputGradient(
    _ outputGradient: Tensor, weight: Tensor, output: LayerOutput
  ) -> FeatureMap {
    guard shape.stride == 1 else {
      return TapConvolution(shape: shape, engine: engine)
        .inputGradient(outputGradient, weight: weight, output: output)
    }
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
    let groups = ChunkConvolution.productGroups(columns: outputs, kernels)
    let stride = kernels.paddedColumns(outputs)
    // Numbers that are split are packed for all columns of a task, and split once.
    let width = kernels.products.splits != 0 ? groups.size : kernels.panelWidth(columns: outputs)
    let panelSize = kernels.paddedDepth(chunks.size) * width
    let positions = transforms.positions
    let sizes = [
      (WinogradTransforms.weightPositions, inputs, stride), (positions, chunks.size, inputs),
      (positions, chunks.size, outputs),
    ].map { Tiles.size(positions: $0, rows: $1, rowStride: $2) }
    let buffers = engine.scratch(
      sizes[0], sizes[1], sizes[2], engine.workers.count * panelSize)
    let products = Tiles(buffers[0].elements, rows: inputs, rowStride: stride)
    let inputTiles = Tiles(buffers[1].elements, rows: chunks.size, rowStride: inputs)
    let outputTiles = Tiles(buffers[2].elements, rows: chunks.size, rowStride: outputs)
    for chunk in chunks {
      transform(
        chunk, of: input, to: inputTiles, and: LayerInput(values: outputGradient), to: outputTiles)
      let weightPositions = WinogradTransforms.weightPositions
      engine.workers.forEach(weightPositions * groups.count) { [transforms] task, worker in
        // Those of the most positions first.
        let weightPosition = weightPositions - 1 - task / groups.count
        let columns = groups[task % groups.count]
        let panel = buffers[3].elements + worker * panelSize
        for column in Swift.stride(from: columns.lowerBound, to: columns.upperBound, by: width) {
          var isFirst = chunk.lowerBound == 0
          for position in transforms.positions(of: weightPosition) {
            kernels.pack(
              outputTiles[position] + column, rowStride: outputs, depth: chunk.count,
              columns: min(width, outputs - column), into: panel)
            kernels.multiply(
              rows: inputs, columns: min(width, columns.upperBound - column), depth: chunk.count,
              left: inputTiles[position], leftStride: inputs, isTransposed: true, panels: panel,
              product: products[weightPosition] + column, productStride: stride,
              accumulating: !isFirst)
            isFirst = false
          }
        }
      }
    }
    let channels = channels
    engine.workers.forEachRange(of: inputs, size: 16) { [transforms] in
      transforms.weightGradient(
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
    let transforms = transforms
    engine.workers.forEachRange(of: chunk.count, size: ChunkConvolution.tilesPerTask) { tiles in
      var (x, dy) = (input.kernelInput, gradient.kernelInput)
      let range = KernelRange(first: chunk.lowerBound + tiles.lowerBound, count: tiles.count)
      transforms.inputNumbers(&x, range, inputTiles.rows(from: tiles.lowerBound))
      transforms.outputGradient(&dy, range, outputTiles.rows(from: tiles.lowerBound))
    }
  }

  /// Memory for transformed weights: for each position the panels of a right factor.
  private func packedWeights(depth: Int, columns: Int) -> Tensor {
    let count = engine.kernels.paddedColumns(columns) * engine.kernels.paddedDepth(depth)
    return engine.pool.tensor([WinogradTransforms.weightPositions, Tiles.positionStride(count)])
  }

  /// The tiles of a batch of outputs in chunks of about the same size, of whole tasks, whose
  /// transformed tiles, in and out, have at most `elements` elements.
  private func chunks(of output: Tensor, elements: Int) -> IndexChunks {
    let (total, tilesPerTask) = (output.count / output.shape[3] / 16, ChunkConvolution.tilesPerTask)
    let elementsPerTask =
      tilesPerTask * transforms.positions * (shape.inputChannels + shape.outputChannels)
    let tasks = (total + tilesPerTask - 1) / tilesPerTask
    let limit = max(1, elements / elementsPerTask)
    let count = (tasks + limit - 1) / limit
    return IndexChunks(total: total, size: (tasks + count - 1) / count * tilesPerTask)
  }
}
