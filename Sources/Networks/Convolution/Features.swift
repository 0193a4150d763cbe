// N batch, H height, W width, C channels.

import CKernels
import Tensors

/// Features as a layer reads them: a tensor, or the batch normalization and ReLU of one, computed
/// while it is read.
package struct LayerInput {
  package let values: Tensor  // [N, H, W, C]
  /// Values are read as `max(0, value · scale + shift)`.
  package var normalization: Tensor?  // [2 or more, C]: scale, shift

  package init(values: Tensor, normalization: Tensor? = nil) {
    self.values = values
    self.normalization = normalization
  }

  /// The features of some of the images.
  func images(_ range: Range<Int>) -> LayerInput {
    LayerInput(values: values.rows(range), normalization: normalization)
  }

  /// The argument of kernels; valid while the tensors are referred to.
  package var kernelInput: KernelInput {
    let channels = values.shape[3]
    return KernelInput(
      values: values.elements, side: values.shape[1], channels: channels,
      scale: normalization.map { UnsafePointer($0.elements) },
      shift: normalization.map { UnsafePointer($0.elements + channels) })
  }

  /// Copies pixels as the layer reads them.
  func reader(_ kernels: Kernels) -> PixelReader {
    PixelReader(input: kernelInput, kernels: kernels)
  }
}

/// Copies pixels of a `LayerInput`; valid while its tensors are referred to.
struct PixelReader {
  fileprivate let input: KernelInput
  fileprivate let kernels: Kernels

  /// Writes the channels of pixels, which are counted over all images, one pixel after the other.
  func read(_ pixels: Range<Int>, into copies: UnsafeMutablePointer<Float>) {
    withUnsafePointer(to: input) { kernels.table.readPixels($0, KernelRange(pixels), copies) }
  }
}

/// Features as a layer writes them, and the epilogue that each value passes before it is stored:
/// the steps below, in the order of the properties.
package struct LayerOutput {
  package let values: Tensor  // [N, H, W, C]
  /// Is added.
  var addend: Tensor?  // [N, H, W, C]
  /// Is added.
  var bias: Tensor?  // [C]
  /// Whether negative values become 0.
  var rectifies: Bool
  /// Makes values 0 where its ReLU lets no gradient pass.
  var gate: Gate?
  /// Whether the channels are summed.
  var sumsChannels: Bool
  /// Is subtracted in sums.
  var pivot: Tensor?  // [C]

  package init(
    values: Tensor, addend: Tensor? = nil, bias: Tensor? = nil, rectifies: Bool = false,
    gate: Gate? = nil, sumsChannels: Bool = false, pivot: Tensor? = nil
  ) {
    self.values = values
    self.addend = addend
    self.bias = bias
    self.rectifies = rectifies
    self.gate = gate
    self.sumsChannels = sumsChannels
    self.pivot = pivot
  }

  /// Whether there is a step beside storing the values.
  var hasEpilogue: Bool {
    addend != nil || bias != nil || rectifies || gate != nil || sumsChannels
  }

  /// The argument of kernels; valid while the tensors are referred to.
  package func kernelOutput(sums: UnsafeMutablePointer<Double>?) -> KernelOutput {
    let channels = values.shape[3]
    let coefficients = gate.map { UnsafePointer($0.coefficients.elements) }
    return KernelOutput(
      values: values.elements, side: values.shape[1], channels: channels,
      addend: addend.map { UnsafePointer($0.elements) },
      bias: bias.map { UnsafePointer($0.elements) }, rectifies: rectifies ? 1 : 0,
      gate: gate.map { UnsafePointer($0.input.elements) }, gateScale: coefficients,
      gateShift: coefficients.map { $0 + channels },
      gateMean: coefficients.map { $0 + 2 * channels },
      sums: sums, pivot: pivot.map { UnsafePointer($0.elements) })
  }

  /// Puts stored values through the epilogue; adds to `sums`, `[2, C]`, if there are any.
  ///
  /// Pixels are counted over all images; `channels` is nil for all channels.
  package func applyEpilogue(
    to pixels: Range<Int>, channels: Range<Int>? = nil, sums: UnsafeMutablePointer<Double>?,
    kernels: Kernels
  ) {
    var output = kernelOutput(sums: sums)
    kernels.table.applyEpilogue(
      &output, KernelRange(pixels), KernelRange(channels ?? 0..<output.channels))
  }
}

/// The inputs of a ReLU after batch normalization, which tell where it lets gradients pass.
package struct Gate {
  package let input: Tensor  // [N, H, W, C], before normalization
  package let coefficients: Tensor  // [3, C]: scale, shift, mean

  package init(input: Tensor, coefficients: Tensor) {
    self.input = input
    self.coefficients = coefficients
  }
}

/// The features that a layer wrote, with the sums that batch normalization needs.
package struct FeatureMap {
  package let values: Tensor  // [N, H, W, C]
  /// `[2, C]`: Σ value and Σ value² or, after a gate, Σ value and Σ value · (input − mean); empty
  /// if they were not requested.
  package var sums: [Double]

  package init(values: Tensor, sums: [Double] = []) {
    self.values = values
    self.sums = sums
  }
}

extension KernelRange {
  package init(_ range: Range<Int>) { self.init(first: range.lowerBound, count: range.count) }
}
