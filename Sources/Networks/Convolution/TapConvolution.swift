// N batch, H height, W width, C channels; a tap is one of the kernel's kernel × kernel places.

import CKernels
import Tensors

/// Convolution as a sum over taps: each multiplies the pixels that it sees, a matrix with a row for
/// each output, by its own C × C weights.
///
/// It serves strides and 1×1 kernels, where channels are many. Work is cut into blocks that depend
/// on the shape and the batch alone, so that results are the same on any number of threads.
struct TapConvolution: ConvolutionMethod {
  static let name = "taps"

  let shape: ConvolutionShape
  let engine: Engine

  /// Output pixels in one product: enough to repay reading the weights.
  private static let pixelsPerBlock = 96
  /// Columns of a product that a task computes, about, and of a weight gradient with one tap.
  private static let (columnsPerTask, columnsOfOneTap) = (128, 32)

  private var taps: Int { shape.kernel * shape.kernel }

  func pack(_ weight: Tensor) -> Tensor {
    let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
    let (kernels, size) = (engine.kernels, inputs * engine.kernels.paddedColumns(outputs))
    let packed = engine.pool.tensor([taps, size])
    engine.workers.forEach(taps) { tap, _ in
      kernels.pack(
        weight.elements + tap * inputs * outputs, rowStride: outputs, depth: inputs,
        columns: outputs, into: packed.elements + tap * size)
    }
    return packed
  }

  /// A block of pixels and some columns a task.
  func forward(_ input: LayerInput, packed: Tensor, output: LayerOutput) -> FeatureMap {
    let (kernels, shape, taps) = (engine.kernels, shape, taps)
    let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
    let blocks = pixelBlocks(batch: input.values.shape[0])
    let groups = Blocks.columns(outputs, size: Self.columnsPerTask, kernels)
    let buffers = engine.scratch(
      engine.workers.count * blocks.size * inputs, engine.workers.count * blocks.size * groups.size)
    let (pixels, products) = (buffers[0], buffers[1])
    let sums = PartialSums(output, tasks: blocks.count, engine: engine)
    engine.workers.forEach(blocks.count * groups.count) { task, worker in
      let (number, columns) = (task / groups.count, groups[task % groups.count])
      let block = blocks[number]
      let left = pixels.elements + worker * blocks.size * inputs
      let product = products.elements + worker * blocks.size * groups.size
      for tap in 0..<taps {
        shape.gather(tap, of: input.source, for: block, with: kernels, into: left)
        kernels.multiply(
          rows: block.count, columns: columns.count, depth: inputs, left: left, leftStride: inputs,
          panels: packed.elements + tap * packed.shape[1] + columns.lowerBound * inputs,
          product: product, productStride: groups.size, accumulating: tap > 0)
      }
      for pixel in 0..<block.count {
        (output.values.elements + (block.lowerBound + pixel) * outputs + columns.lowerBound)
          .update(from: product + pixel * groups.size, count: columns.count)
      }
      var target = output.target(sums: sums.clear(task: number, channels: columns))
      kernels.table.finish(
        &target, block.lowerBound, block.count, columns.lowerBound, columns.count)
    }
    return FeatureMap(values: output.values, sums: sums.total())
  }

  /// Each tap leads the gradients back to the pixels that it saw: an image and some columns a task.
  func inputGradient(_ outputGradient: Tensor, weight: Tensor, output: LayerOutput) -> FeatureMap {
    let (kernels, shape, taps) = (engine.kernels, shape, taps)
    let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
    let groups = Blocks.columns(inputs, size: Self.columnsPerTask, kernels)
    let (area, inputArea) = (
      shape.outputSide * shape.outputSide, shape.inputSide * shape.inputSide
    )
    let packed = packTransposed(weight)
    let products = engine.scratch(engine.workers.count * area * groups.size)[0]
    let batch = outputGradient.shape[0]
    let sums = PartialSums(output, tasks: batch, engine: engine)
    engine.workers.forEach(batch * groups.count) { task, worker in
      let (image, columns) = (task / groups.count, groups[task % groups.count])
      let target = output.values.elements + image * inputArea * inputs + columns.lowerBound
      let product = products.elements + worker * area * groups.size
      for pixel in 0..<inputArea {
        (target + pixel * inputs).update(repeating: 0, count: columns.count)
      }
      for tap in 0..<taps {
        kernels.multiply(
          rows: area, columns: columns.count, depth: outputs,
          left: outputGradient.elements + image * area * outputs, leftStride: outputs,
          panels: packed.elements + tap * packed.shape[1] + columns.lowerBound * outputs,
          product: product, productStride: groups.size)
        shape.scatter(tap, product, stride: groups.size, count: columns.count, onto: target)
      }
      var finished = output.target(sums: sums.clear(task: image, channels: columns))
      kernels.table.finish(
        &finished, image * inputArea, inputArea, columns.lowerBound, columns.count)
    }
    return FeatureMap(values: output.values, sums: sums.total())
  }

  /// One tap and some columns a task; blocks of pixels are added in order.
  func weightGradient(_ input: LayerInput, _ outputGradient: Tensor, weightGradient: Tensor) {
    let (kernels, shape) = (engine.kernels, shape)
    let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
    let blocks = pixelBlocks(batch: input.values.shape[0])
    let groups = Blocks.columns(
      outputs, size: taps == 1 ? Self.columnsOfOneTap : Self.columnsPerTask, kernels)
    let buffers = engine.scratch(
      engine.workers.count * blocks.size * inputs, engine.workers.count * blocks.size * groups.size,
      engine.workers.count * inputs * groups.size)
    let (pixels, panels, products) = (buffers[0], buffers[1], buffers[2])
    engine.workers.forEach(taps * groups.count) { task, worker in
      let (tap, columns) = (task / groups.count, groups[task % groups.count])
      let left = pixels.elements + worker * blocks.size * inputs
      let right = panels.elements + worker * blocks.size * groups.size
      let product = products.elements + worker * inputs * groups.size
      for block in blocks {
        shape.gather(tap, of: input.source, for: block, with: kernels, into: left)
        kernels.pack(
          outputGradient.elements + block.lowerBound * outputs + columns.lowerBound,
          rowStride: outputs, depth: block.count, columns: columns.count, into: right)
        kernels.multiply(
          rows: inputs, columns: columns.count, depth: block.count, left: left, leftStride: inputs,
          isTransposed: true, panels: right, product: product, productStride: groups.size,
          accumulating: block.lowerBound > 0)
      }
      for row in 0..<inputs {
        (weightGradient.elements + (tap * inputs + row) * outputs + columns.lowerBound)
          .update(from: product + row * groups.size, count: columns.count)
      }
    }
  }

  /// The output pixels of a batch.
  private func pixelBlocks(batch: Int) -> Blocks {
    Blocks(total: batch * shape.outputSide * shape.outputSide, size: Self.pixelsPerBlock)
  }

  /// The weights of each tap with inputs and outputs exchanged, in panels.
  private func packTransposed(_ weight: Tensor) -> Tensor {
    let (kernels, inputs, outputs) = (engine.kernels, shape.inputChannels, shape.outputChannels)
    let size = outputs * kernels.paddedColumns(inputs)
    let packed = engine.pool.tensor([taps, size])
    let rows = engine.scratch(taps * inputs * outputs)[0]
    engine.workers.forEach(taps) { tap, _ in
      let transposed = rows.elements + tap * inputs * outputs
      let source = weight.elements + tap * inputs * outputs
      transpose(source, rows: inputs, columns: outputs, into: transposed)
      kernels.pack(
        transposed, rowStride: inputs, depth: outputs, columns: inputs,
        into: packed.elements + tap * size)
    }
    return packed
  }
}

/// Writes the transpose of a matrix, in squares that stay in the first cache.
private func transpose(
  _ source: UnsafePointer<Float>, rows: Int, columns: Int,
  into target: UnsafeMutablePointer<Float>
) {
  let size = 16
  for firstRow in stride(from: 0, to: rows, by: size) {
    for firstColumn in stride(from: 0, to: columns, by: size) {
      for column in firstColumn..<min(firstColumn + size, columns) {
        for row in firstRow..<min(firstRow + size, rows) {
          target[column * rows + row] = source[row * columns + column]
        }
      }
    }
  }
}

extension ConvolutionShape {
  /// Writes what a tap sees for each output pixel, zeros beyond the image.
  fileprivate func gather(
    _ tap: Int, of source: KernelSource, for pixels: Range<Int>, with kernels: Kernels,
    into rows: UnsafeMutablePointer<Float>
  ) {
    var (source, row) = (source, rows)
    for pixel in pixels {
      if let seen = inputPixel(of: pixel, tap: tap) {
        kernels.table.readPixels(&source, seen, 1, row)
      } else {
        row.update(repeating: 0, count: inputChannels)
      }
      row += inputChannels
    }
  }

  /// Adds `count` channels for each output pixel of an image to the pixel that the tap saw.
  fileprivate func scatter(
    _ tap: Int, _ rows: UnsafePointer<Float>, stride: Int, count: Int,
    onto image: UnsafeMutablePointer<Float>
  ) {
    for pixel in 0..<outputSide * outputSide {
      guard let seen = inputPixel(of: pixel, tap: tap) else { continue }
      let (sum, part) = (image + seen * inputChannels, rows + pixel * stride)
      for c in 0..<count { sum[c] += part[c] }
    }
  }

  /// The input pixel that a tap sees for an output pixel, both counted over all images; nil beyond
  /// the image.
  private func inputPixel(of pixel: Int, tap: Int) -> Int? {
    let (image, inside) = pixel.quotientAndRemainder(dividingBy: outputSide * outputSide)
    let (y, x) = inside.quotientAndRemainder(dividingBy: outputSide)
    let row = y * stride + tap / kernel - paddingBefore
    let column = x * stride + tap % kernel - paddingBefore
    guard (0..<inputSide).contains(row), (0..<inputSide).contains(column) else { return nil }
    return (image * inputSide + row) * inputSide + column
  }
}
