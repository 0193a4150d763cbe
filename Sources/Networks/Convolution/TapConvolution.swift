// N batch, H height, W width, C channels; a tap is one of the kernel × kernel positions of a kernel.

import Tensors

/// Convolution as a sum over taps, each the matrix product of the pixels that the tap reads, a row
/// for each output pixel, and the tap's C × C weights.
///
/// It serves strides and 1×1 kernels with many channels. Work is divided into blocks that depend on
/// the shape and the batch alone, so that results are the same on any number of threads.
struct TapConvolution: ConvolutionMethod {
  static let name = "taps"

  let shape: ConvolutionShape
  let engine: Engine

  /// Output pixels in one product: enough to amortize reading the weights.
  private static let pixelsPerBlock = 96
  /// About how many columns of a product a task computes, and of a weight gradient with one tap.
  private static let (columnsPerTask, columnsOfOneTap) = (128, 32)
  /// The same where a task splits its left factor.
  private static let splitColumnsPerTask = 512

  private var taps: Int { shape.kernel * shape.kernel }

  func pack(_ weight: Tensor) -> Tensor {
    let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
    let kernels = engine.kernels
    let size = kernels.paddedDepth(inputs) * kernels.paddedColumns(outputs)
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
    let depth = kernels.paddedDepth(inputs)
    let groups = columnGroups(outputs)
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
        shape.gather(tap, of: block, with: input.reader(kernels), into: left)
        kernels.multiply(
          rows: block.count, columns: columns.count, depth: inputs, left: left, leftStride: inputs,
          panels: packed.elements + tap * packed.shape[1] + columns.lowerBound * depth,
          product: product, productStride: groups.size, accumulating: tap > 0)
      }
      for pixel in 0..<block.count {
        (output.values.elements + (block.lowerBound + pixel) * outputs + columns.lowerBound)
          .update(from: product + pixel * groups.size, count: columns.count)
      }
      output.applyEpilogue(
        to: block, channels: columns, sums: sums.clear(task: number, channels: columns),
        kernels: kernels)
    }
    return FeatureMap(values: output.values, sums: sums.total())
  }

  /// Each tap adds its gradients to the pixels that it read: an image and some columns a task.
  func inputGradient(_ outputGradient: Tensor, weight: Tensor, output: LayerOutput) -> FeatureMap {
    let (kernels, shape, taps) = (engine.kernels, shape, taps)
    let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
    let depth = kernels.paddedDepth(outputs)
    let groups = columnGroups(inputs)
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
          panels: packed.elements + tap * packed.shape[1] + columns.lowerBound * depth,
          product: product, productStride: groups.size)
        shape.scatter(tap, product, stride: groups.size, count: columns.count, onto: target)
      }
      output.applyEpilogue(
        to: image * inputArea..<(image + 1) * inputArea, channels: columns,
        sums: sums.clear(task: image, channels: columns), kernels: kernels)
    }
    return FeatureMap(values: output.values, sums: sums.total())
  }

  /// One tap and some columns a task; blocks of pixels are added in order.
  func weightGradient(_ input: LayerInput, _ outputGradient: Tensor, weightGradient: Tensor) {
    let (kernels, shape) = (engine.kernels, shape)
    let (inputs, outputs) = (shape.inputChannels, shape.outputChannels)
    let blocks = pixelBlocks(batch: input.values.shape[0])
    let groups = columnGroups(outputs, ofOneTap: taps == 1)
    let panelSize = kernels.paddedDepth(blocks.size) * groups.size
    let buffers = engine.scratch(
      engine.workers.count * blocks.size * inputs, engine.workers.count * panelSize,
      engine.workers.count * inputs * groups.size)
    let (pixels, panels, products) = (buffers[0], buffers[1], buffers[2])
    engine.workers.forEach(taps * groups.count) { task, worker in
      let (tap, columns) = (task / groups.count, groups[task % groups.count])
      let left = pixels.elements + worker * blocks.size * inputs
      let right = panels.elements + worker * panelSize
      let product = products.elements + worker * inputs * groups.size
      for block in blocks {
        shape.gather(tap, of: block, with: input.reader(kernels), into: left)
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

  /// The columns of a product, a group a task; `ofOneTap` where no other taps make tasks.
  private func columnGroups(_ columns: Int, ofOneTap: Bool = false) -> IndexChunks {
    let kernels = engine.kernels
    if kernels.products.splits != 0 {
      return kernels.columnChunks(columns, size: Self.splitColumnsPerTask)
    }
    return kernels.columnChunks(
      columns, size: ofOneTap ? Self.columnsOfOneTap : Self.columnsPerTask)
  }

  /// The output pixels of a batch.
  private func pixelBlocks(batch: Int) -> IndexChunks {
    IndexChunks(total: batch * shape.outputSide * shape.outputSide, size: Self.pixelsPerBlock)
  }

  /// The weights of each tap with inputs and outputs exchanged, in panels.
  private func packTransposed(_ weight: Tensor) -> Tensor {
    let (kernels, inputs, outputs) = (engine.kernels, shape.inputChannels, shape.outputChannels)
    let size = kernels.paddedDepth(outputs) * kernels.paddedColumns(inputs)
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

extension ConvolutionShape {
  /// Writes what a tap reads for each output pixel, with zeros beyond the image.
  fileprivate func gather(
    _ tap: Int, of pixels: Range<Int>, with reader: PixelReader,
    into rows: UnsafeMutablePointer<Float>
  ) {
    var row = rows
    for pixel in pixels {
      if let source = inputPixel(of: pixel, tap: tap) {
        reader.read(source..<source + 1, into: row)
      } else {
        row.update(repeating: 0, count: inputChannels)
      }
      row += inputChannels
    }
  }

  /// Adds `count` channels for each output pixel of an image to the pixel that the tap read.
  fileprivate func scatter(
    _ tap: Int, _ rows: UnsafePointer<Float>, stride: Int, count: Int,
    onto image: UnsafeMutablePointer<Float>
  ) {
    for pixel in 0..<outputSide * outputSide {
      guard let source = inputPixel(of: pixel, tap: tap) else { continue }
      let (sum, part) = (image + source * inputChannels, rows + pixel * stride)
      for c in 0..<count { sum[c] += part[c] }
    }
  }

  /// The input pixel that a tap reads for an output pixel, both counted over all images; nil beyond
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
