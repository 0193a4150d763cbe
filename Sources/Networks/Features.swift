// N batch, H height, W width, C channels.

import CKernels
import Tensors

/// Features as a layer reads them: a tensor, or what batch normalization and ReLU make of it,
/// computed while it is read.
package struct LayerInput {
  package let values: Tensor  // [N, H, W, C]
  /// Values are read as `max(0, value · scale + shift)`.
  package var normalization: Tensor?  // [2 or more, C]: scale, shift

  package init(values: Tensor, normalization: Tensor? = nil) {
    self.values = values
    self.normalization = normalization
  }

  /// What the layer reads of some of the images.
  func images(_ range: Range<Int>) -> LayerInput {
    LayerInput(values: values.rows(range), normalization: normalization)
  }

  /// The same for kernels; valid while the tensors are referred to.
  package var source: KernelSource {
    let channels = values.shape[3]
    return KernelSource(
      values: values.elements, side: values.shape[1], channels: channels,
      scale: normalization.map { UnsafePointer($0.elements) },
      shift: normalization.map { UnsafePointer($0.elements + channels) })
  }
}

/// Features as a layer writes them, and what it does with each value before it leaves the core, in
/// the order of the properties.
package struct LayerOutput {
  package let values: Tensor  // [N, H, W, C]
  var addend: Tensor?  // [N, H, W, C]
  var bias: Tensor?  // [C]
  var rectifies: Bool
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

  /// Whether there is anything to do with a value but to write it.
  var isPlain: Bool {
    addend == nil && bias == nil && !rectifies && gate == nil && !sumsChannels
  }

  /// The same for kernels; valid while the tensors are referred to.
  package func target(sums: UnsafeMutablePointer<Double>?) -> KernelTarget {
    let channels = values.shape[3]
    let coefficients = gate.map { UnsafePointer($0.coefficients.elements) }
    return KernelTarget(
      values: values.elements, side: values.shape[1], channels: channels,
      addend: addend.map { UnsafePointer($0.elements) },
      bias: bias.map { UnsafePointer($0.elements) }, rectifies: rectifies ? 1 : 0,
      gate: gate.map { UnsafePointer($0.input.elements) }, gateScale: coefficients,
      gateShift: coefficients.map { $0 + channels },
      gateMean: coefficients.map { $0 + 2 * channels },
      sums: sums, pivot: pivot.map { UnsafePointer($0.elements) })
  }
}

/// Where a ReLU after batch normalization lets gradients pass.
package struct Gate {
  package let input: Tensor  // [N, H, W, C], before normalization
  package let coefficients: Tensor  // [3, C]: scale, shift, mean

  package init(input: Tensor, coefficients: Tensor) {
    self.input = input
    self.coefficients = coefficients
  }
}

/// What a layer wrote, with the sums that batch normalization asks for.
package struct FeatureMap {
  package let values: Tensor  // [N, H, W, C]
  /// `[2, C]`: Σ value and Σ value² or, after a gate, Σ value and Σ value · (input − mean); empty
  /// if not asked for.
  package var sums: [Double]

  package init(values: Tensor, sums: [Double] = []) {
    self.values = values
    self.sums = sums
  }
}
