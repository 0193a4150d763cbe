// N batch, H height, W width, C channels; a patch is the kernel × kernel × C inputs of one output.

import Tensors

/// Convolution as a matrix product of patches and weights.
///
/// It serves every shape and is what faster methods are tested against. Work is cut into blocks
/// that depend on the shape alone, so that results are the same on any number of threads.
struct PatchConvolution {
  let shape: ConvolutionShape
  let engine: Engine

  /// `output = input ∗ weight`.
  func forward(_ input: Tensor, weight: Tensor, output: Tensor) {
    let (shape, rows) = (shape, input.shape[0] * shape.outputSide)
    let block = rowsPerBlock
    let patches = scratch(rows: block)  // [workers, rows · W, patch]
    engine.workers.forEach((rows + block - 1) / block) { task, worker in
      let range = task * block..<min((task + 1) * block, rows)
      let patch = patches.elements + worker * block * shape.outputSide * shape.patchCount
      shape.gatherPatches(rows: range, of: input.elements, into: patch)
      MatrixProduct.multiply(
        MatrixView(patch, rowStride: shape.patchCount),
        MatrixView(weight.elements, rowStride: shape.outputChannels),
        into: output.elements + range.lowerBound * shape.outputSide * shape.outputChannels,
        rowStride: shape.outputChannels,
        m: range.count * shape.outputSide, n: shape.outputChannels, k: shape.patchCount)
    }
  }

  /// The derivative with respect to the input, one image a task.
  func inputGradient(_ outputGradient: Tensor, weight: Tensor, inputGradient: Tensor) {
    let shape = shape
    let block = min(rowsPerBlock, shape.outputSide)
    let patches = scratch(rows: block)
    let imageCount = shape.inputSide * shape.inputSide * shape.inputChannels
    engine.workers.forEach(outputGradient.shape[0]) { image, worker in
      let target = inputGradient.elements + image * imageCount
      target.update(repeating: 0, count: imageCount)
      let patch = patches.elements + worker * block * shape.outputSide * shape.patchCount
      for first in stride(from: 0, to: shape.outputSide, by: block) {
        let rows = first..<min(first + block, shape.outputSide)
        let row = (image * shape.outputSide + first) * shape.outputSide
        MatrixProduct.multiply(
          MatrixView(
            outputGradient.elements + row * shape.outputChannels, rowStride: shape.outputChannels),
          MatrixView(weight.elements, rowStride: shape.outputChannels, isTransposed: true),
          into: patch, rowStride: shape.patchCount,
          m: rows.count * shape.outputSide, n: shape.patchCount, k: shape.outputChannels)
        shape.scatterPatches(rows: rows, patch, onto: target)
      }
    }
  }

  /// The derivative with respect to the weight: a sum over images, in parts that are added in
  /// order.
  func weightGradient(_ input: Tensor, _ outputGradient: Tensor, weightGradient: Tensor) {
    let (shape, batch) = (shape, input.shape[0])
    let parts = min(batch, 8)
    let partial = engine.pool.tensor([parts] + shape.weightShape)
    let block = min(rowsPerBlock, shape.outputSide)
    let patches = scratch(rows: block)
    engine.workers.forEach(parts) { part, worker in
      let images = part * batch / parts..<(part + 1) * batch / parts
      let patch = patches.elements + worker * block * shape.outputSide * shape.patchCount
      let allRows = images.lowerBound * shape.outputSide..<images.upperBound * shape.outputSide
      for first in stride(from: allRows.lowerBound, to: allRows.upperBound, by: block) {
        let rows = first..<min(first + block, allRows.upperBound)
        shape.gatherPatches(rows: rows, of: input.elements, into: patch)
        MatrixProduct.multiply(
          MatrixView(patch, rowStride: shape.patchCount, isTransposed: true),
          MatrixView(
            outputGradient.elements + first * shape.outputSide * shape.outputChannels,
            rowStride: shape.outputChannels),
          into: partial.elements + part * weightGradient.count, rowStride: shape.outputChannels,
          m: shape.patchCount, n: shape.outputChannels, k: rows.count * shape.outputSide,
          accumulating: first != allRows.lowerBound)
      }
    }
    engine.sum(partial, over: parts, into: weightGradient)
  }

  /// Output rows in one product: enough pixels to repay reading the weights, and patches that stay
  /// near the core.
  private var rowsPerBlock: Int {
    let pixels = max(256, (1 << 18) / shape.patchCount)
    return max(1, pixels / shape.outputSide)
  }

  private func scratch(rows: Int) -> Tensor {
    engine.pool.tensor([engine.workers.count, rows * shape.outputSide, shape.patchCount])
  }
}

extension ConvolutionShape {
  /// Writes the patch of each pixel of the given output rows, which are counted over all images.
  fileprivate func gatherPatches(
    rows: Range<Int>, of input: UnsafePointer<Float>, into patches: UnsafeMutablePointer<Float>
  ) {
    var target = patches
    forEachPatchRow(rows) { source, before, inside, after in
      target.update(repeating: 0, count: before)
      (target + before).update(from: input + source, count: inside)
      (target + before + inside).update(repeating: 0, count: after)
      target += before + inside + after
    }
  }

  /// Adds each patch of the given output rows of one image to where it came from.
  fileprivate func scatterPatches(
    rows: Range<Int>, _ patches: UnsafePointer<Float>, onto image: UnsafeMutablePointer<Float>
  ) {
    var patch = patches
    forEachPatchRow(rows) { target, before, inside, after in
      let (sum, part) = (image + target, patch + before)
      for i in 0..<inside { sum[i] += part[i] }
      patch += before + inside + after
    }
  }

  /// Visits the kernel rows of the patches of `rows`: where the part inside the image starts, and
  /// how many values lie before, inside and after it.
  @inline(__always)
  private func forEachPatchRow(
    _ rows: Range<Int>,
    _ body: (_ start: Int, _ before: Int, _ inside: Int, _ after: Int) -> Void
  ) {
    let width = kernel * inputChannels
    for row in rows {
      let (image, y) = row.quotientAndRemainder(dividingBy: outputSide)
      for x in 0..<outputSide {
        let left = x * stride - paddingBefore
        let before = max(0, -left)
        let inside = min(inputSide, left + kernel) - max(0, left)
        for tap in 0..<kernel {
          let inputRow = y * stride + tap - paddingBefore
          guard (0..<inputSide).contains(inputRow) else {
            body(0, width, 0, 0)
            continue
          }
          let start = ((image * inputSide + inputRow) * inputSide + left + before) * inputChannels
          body(
            start, before * inputChannels, inside * inputChannels,
            (kernel - before - inside) * inputChannels)
        }
      }
    }
  }
}
