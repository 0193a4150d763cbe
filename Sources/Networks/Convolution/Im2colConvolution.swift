// N batch, H height, W width, C channels; a patch is the kernel × kernel × C inputs of one output.

import Tensors

/// Convolution as a matrix product of patches and weights (im2col).
///
/// It serves every shape, and the faster methods are tested against it. Work is divided into blocks
/// that depend on the shape alone, so that results are the same on any number of threads.
struct Im2colConvolution: ConvolutionMethod {
  static let name = "patches"

  let shape: ConvolutionShape
  let engine: Engine

  /// Elements of all parts of a weight gradient, where eight parts are smaller.
  private static let partialSize = 1 << 20

  func pack(_ weight: Tensor) -> Tensor {
    let packed = engine.pool.tensor([
      engine.kernels.paddedDepth(shape.patchCount),
      engine.kernels.paddedColumns(shape.outputChannels),
    ])
    engine.kernels.pack(
      weight.elements, rowStride: shape.outputChannels, depth: shape.patchCount,
      columns: shape.outputChannels, into: packed.elements)
    return packed
  }

  func forward(_ input: LayerInput, packed: Tensor, output: LayerOutput) -> FeatureMap {
    let (kernels, shape) = (engine.kernels, shape)
    let blocks = IndexChunks(
      total: input.values.shape[0] * shape.outputSide, size: rowsPerBlock)  // of output rows
    let stride = kernels.paddedColumns(shape.outputChannels)
    let pixels = blocks.size * shape.outputSide
    let isPadded = stride > shape.outputChannels
    let buffers = engine.scratch(
      engine.workers.count * pixels * shape.patchCount,
      isPadded ? engine.workers.count * pixels * stride : 0)
    let (patches, products) = (buffers[0], buffers[1])
    let sums = PartialSums(output, tasks: blocks.count, engine: engine)
    engine.workers.forEach(blocks.count) { task, worker in
      let rows = blocks[task]
      let patch = patches.elements + worker * pixels * shape.patchCount
      let (first, count) = (rows.lowerBound * shape.outputSide, rows.count * shape.outputSide)
      let values = output.values.elements + first * shape.outputChannels
      let product = isPadded ? products.elements + worker * pixels * stride : values
      shape.gatherPatches(rows: rows, with: input.reader(kernels), into: patch)
      kernels.multiply(
        rows: count, columns: stride, depth: shape.patchCount, left: patch,
        leftStride: shape.patchCount, panels: packed.elements, product: product,
        productStride: stride)
      for pixel in 0..<(isPadded ? count : 0) {
        (values + pixel * shape.outputChannels)
          .update(from: product + pixel * stride, count: shape.outputChannels)
      }
      output.applyEpilogue(
        to: first..<first + count, sums: sums.clear(task: task), kernels: kernels)
    }
    return FeatureMap(values: output.values, sums: sums.total())
  }

  /// The gradients of patches, added up where patches overlap, one image a task.
  func inputGradient(_ outputGradient: Tensor, weight: Tensor, output: LayerOutput) -> FeatureMap {
    let (kernels, shape) = (engine.kernels, shape)
    let stride = kernels.paddedColumns(shape.patchCount)
    let blocks = IndexChunks(
      total: shape.outputSide, size: min(rowsPerBlock, shape.outputSide))  // of output rows
    let pixels = blocks.size * shape.outputSide
    let buffers = engine.scratch(
      kernels.paddedDepth(shape.outputChannels) * stride,
      shape.outputChannels * shape.patchCount,
      engine.workers.count * pixels * stride)
    let (packed, transposed, patches) = (buffers[0], buffers[1], buffers[2])
    transpose(
      weight.elements, rows: shape.patchCount, columns: shape.outputChannels,
      into: transposed.elements)
    kernels.pack(
      transposed.elements, rowStride: shape.patchCount, depth: shape.outputChannels,
      columns: shape.patchCount, into: packed.elements)
    let imageCount = shape.inputSide * shape.inputSide * shape.inputChannels
    engine.workers.forEach(outputGradient.shape[0]) { image, worker in
      let sums = output.values.elements + image * imageCount
      sums.update(repeating: 0, count: imageCount)
      let patch = patches.elements + worker * pixels * stride
      for rows in blocks {
        let pixel = (image * shape.outputSide + rows.lowerBound) * shape.outputSide
        kernels.multiply(
          rows: rows.count * shape.outputSide, columns: stride, depth: shape.outputChannels,
          left: outputGradient.elements + pixel * shape.outputChannels,
          leftStride: shape.outputChannels, panels: packed.elements, product: patch,
          productStride: stride)
        shape.scatterPatches(rows: rows, patch, stride: stride, onto: sums)
      }
    }
    return engine.applyEpilogue(of: output)
  }

  /// A sum over images, in parts that are added in order.
  func weightGradient(_ input: LayerInput, _ outputGradient: Tensor, weightGradient: Tensor) {
    let (kernels, shape, batch) = (engine.kernels, shape, input.values.shape[0])
    let parts = min(batch, 64, max(8, Self.partialSize / (shape.patchCount * shape.outputChannels)))
    let block = min(rowsPerBlock, shape.outputSide)
    let (pixels, stride) = (block * shape.outputSide, kernels.paddedColumns(shape.outputChannels))
    let partCount = shape.patchCount * stride
    let panelSize = kernels.paddedDepth(pixels) * stride
    let buffers = engine.scratch(
      parts * partCount, engine.workers.count * pixels * shape.patchCount,
      engine.workers.count * panelSize)
    let (partial, patches, panels) = (buffers[0], buffers[1], buffers[2])
    engine.workers.forEach(parts) { part, worker in
      let images = part * batch / parts..<(part + 1) * batch / parts
      let patch = patches.elements + worker * pixels * shape.patchCount
      let panel = panels.elements + worker * panelSize
      let firstRow = images.lowerBound * shape.outputSide
      for rows in IndexChunks(total: images.count * shape.outputSide, size: block) {
        let rows = firstRow + rows.lowerBound..<firstRow + rows.upperBound
        let depth = rows.count * shape.outputSide
        shape.gatherPatches(rows: rows, with: input.reader(kernels), into: patch)
        kernels.pack(
          outputGradient.elements + rows.lowerBound * shape.outputSide * shape.outputChannels,
          rowStride: shape.outputChannels, depth: depth, columns: shape.outputChannels, into: panel)
        kernels.multiply(
          rows: shape.patchCount, columns: stride, depth: depth, left: patch,
          leftStride: shape.patchCount, isTransposed: true, panels: panel,
          product: partial.elements + part * partCount, productStride: stride,
          accumulating: rows.lowerBound != firstRow)
      }
    }
    add(partial, parts: parts, rowStride: stride, into: weightGradient)
  }

  /// Writes the sum of the parts, `[parts, patchCount, rowStride]`, to the weight's gradient.
  private func add(_ partial: Buffer, parts: Int, rowStride: Int, into weightGradient: Tensor) {
    let (rows, columns) = (shape.patchCount, shape.outputChannels)
    engine.workers.forEachRange(of: rows, size: 64) {
      for row in $0 {
        let sum = weightGradient.elements + row * columns
        sum.update(from: partial.elements + row * rowStride, count: columns)
        for part in 1..<max(parts, 1) {
          let source = partial.elements + (part * rows + row) * rowStride
          for column in 0..<columns { sum[column] += source[column] }
        }
      }
    }
  }

  /// Output rows in one product: enough pixels to amortize reading the weights, few enough that
  /// patches stay in the cache.
  private var rowsPerBlock: Int {
    let pixels = max(64, (1 << 16) / shape.patchCount)
    return max(1, pixels / shape.outputSide)
  }
}

extension ConvolutionShape {
  /// Writes the patch of each pixel of some output rows, which are counted over all images.
  fileprivate func gatherPatches(
    rows: Range<Int>, with reader: PixelReader, into patches: UnsafeMutablePointer<Float>
  ) {
    var copy = patches
    forEachPatchRow(rows) { first, before, inside, after in
      copy.update(repeating: 0, count: before * inputChannels)
      copy += before * inputChannels
      reader.read(first..<first + inside, into: copy)
      copy += inside * inputChannels
      copy.update(repeating: 0, count: after * inputChannels)
      copy += after * inputChannels
    }
  }

  /// Adds each patch of some output rows of an image to the pixels that it was made of.
  fileprivate func scatterPatches(
    rows: Range<Int>, _ patches: UnsafePointer<Float>, stride: Int,
    onto image: UnsafeMutablePointer<Float>
  ) {
    var (patch, offset) = (patches, 0)
    forEachPatchRow(rows) { first, before, inside, after in
      let sum = image + first * inputChannels
      let part = patch + offset + before * inputChannels
      for i in 0..<inside * inputChannels { sum[i] += part[i] }
      offset += (before + inside + after) * inputChannels
      if offset == patchCount { (patch, offset) = (patch + stride, 0) }
    }
  }

  /// Visits the kernel rows of the patches of `rows`: the first pixel of the part inside the
  /// image, and how many pixels lie before, inside and after it.
  @inline(__always)
  private func forEachPatchRow(
    _ rows: Range<Int>,
    _ body: (_ first: Int, _ before: Int, _ inside: Int, _ after: Int) -> Void
  ) {
    for row in rows {
      let (image, y) = row.quotientAndRemainder(dividingBy: outputSide)
      for x in 0..<outputSide {
        let left = x * stride - paddingBefore
        let before = max(0, -left)
        let inside = min(inputSide, left + kernel) - max(0, left)
        for tap in 0..<kernel {
          let inputRow = y * stride + tap - paddingBefore
          guard (0..<inputSide).contains(inputRow) else {
            body(0, kernel, 0, 0)
            continue
          }
          body(
            (image * inputSide + inputRow) * inputSide + left + before, before, inside,
            kernel - before - inside)
        }
      }
    }
  }
}
