/// The extents of a square convolution over channels-last images.
package struct ConvolutionShape: Sendable, Equatable, Encodable {
  /// Height and width of the input.
  package let inputSide: Int
  package let inputChannels: Int
  package let outputChannels: Int
  /// Height and width of the kernel.
  package let kernel: Int
  package let stride: Int
  /// Zeros above and to the left.
  package let paddingBefore: Int
  /// Zeros below and to the right.
  package let paddingAfter: Int

  package init(
    inputSide: Int, inputChannels: Int, outputChannels: Int, kernel: Int, stride: Int = 1,
    paddingBefore: Int = 0, paddingAfter: Int = 0
  ) {
    self.inputSide = inputSide
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.kernel = kernel
    self.stride = stride
    self.paddingBefore = paddingBefore
    self.paddingAfter = paddingAfter
  }

  /// Height and width of the output.
  package var outputSide: Int {
    (inputSide + paddingBefore + paddingAfter - kernel) / stride + 1
  }

  /// The number of input values that one output value sees.
  package var patchCount: Int { kernel * kernel * inputChannels }

  /// The multiplications with additions that the direct method needs for one image.
  package var multiplyAdds: Int { outputSide * outputSide * outputChannels * patchCount }

  package var weightShape: [Int] { [kernel, kernel, inputChannels, outputChannels] }

  package func inputShape(batch: Int) -> [Int] { [batch, inputSide, inputSide, inputChannels] }

  package func outputShape(batch: Int) -> [Int] { [batch, outputSide, outputSide, outputChannels] }
}
