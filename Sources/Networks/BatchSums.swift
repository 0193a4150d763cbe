// N batch, C channels.

import CKernels
import Tensors

/// Sums over a batch that processes share.
extension Engine {
  /// The sums over the channels of what `output` describes, and the pixels that they are over, of
  /// the whole batch.
  ///
  /// `own` are the sums of this process's part, where they are made already.
  func batchSums(
    of output: LayerOutput, own: [Double]? = nil
  ) -> (sums: [Double], pixels: Double) {
    let channels = output.values.shape[3]
    let sums =
      sumsExactly
      ? processes.exactSums(ofRows: imageSums(of: output), columns: 2 * channels + 1)
      : processes.sum(
        (own ?? finish(output).sums) + [Double(output.values.count / channels)])
    return (Array(sums.dropLast()), sums[2 * channels])
  }

  /// For each image the sums over its channels, and its pixels: `[N, 2 C + 1]`.
  private func imageSums(of output: LayerOutput) -> [Double] {
    let (batch, channels) = (output.values.shape[0], output.values.shape[3])
    let (pixels, columns) = (output.values.shape[1] * output.values.shape[2], 2 * channels + 1)
    let kernels = kernels
    return [Double](unsafeUninitializedCapacity: batch * columns) { buffer, initializedCount in
      nonisolated(unsafe) let sums = buffer
      sums.initialize(repeating: 0)
      workers.forEach(batch) { image, _ in
        let row = sums.extracting(image * columns..<(image + 1) * columns)
        row[columns - 1] = Double(pixels)
        var target = output.target(sums: row.baseAddress)
        kernels.table.finish(&target, image * pixels, pixels, 0, channels)
      }
      initializedCount = batch * columns
    }
  }

  /// The largest magnitude among what a layer reads.
  func largestMagnitude(of input: LayerInput) -> Double {
    let (pixels, channels) = (input.values.count / input.values.shape[3], input.values.shape[3])
    let blocks = Blocks(total: pixels, size: Self.pixelsPerTask)
    let (rows, kernels) = (scratch(workers.count * blocks.size * channels)[0], kernels)
    let largest = Tensor([blocks.count])
    workers.forEach(blocks.count) { task, worker in
      var source = input.source
      let row = rows.elements + worker * blocks.size * channels
      let block = blocks[task]
      kernels.table.readPixels(&source, block.lowerBound, block.count, row)
      for i in 0..<block.count * channels where row[i].magnitude > largest[task] {
        largest[task] = row[i].magnitude
      }
    }
    return Double(largest.values.max() ?? 0)
  }
}

extension Tensor {
  /// The largest magnitude of an element.
  var largestMagnitude: Double {
    Double((0..<count).reduce(0) { Swift.max($0, self[$1].magnitude) })
  }
}
