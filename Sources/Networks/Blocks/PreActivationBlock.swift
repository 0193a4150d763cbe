import Tensors

/// The pre-activation block of ResNet-18, after He, Zhang, Ren and Sun 2016.
///
/// `a = relu(bn1(x)); y = conv2(relu(bn2(conv1(a))))`, conv1 carrying the stride, plus the shortcut.
///
/// The shortcut, where it is not the identity on x, is a 1×1 convolution of a.
final class PreActivationBlock: Block {
  private let normalization1: BatchNormalization
  private let convolution1: ConvolutionLayer
  private let normalization2: BatchNormalization
  private let convolution2: ConvolutionLayer
  private let shortcut: ConvolutionLayer?
  private let engine: Engine

  init(
    _ name: String, side: Int, inputChannels: Int, outputChannels: Int, stride: Int, engine: Engine
  ) {
    self.engine = engine
    normalization1 = BatchNormalization("\(name).bn1", channels: inputChannels, engine: engine)
    convolution1 = ConvolutionLayer(
      "\(name).conv1",
      ConvolutionShape(
        inputSide: side, inputChannels: inputChannels, outputChannels: outputChannels, kernel: 3,
        stride: stride, paddingBefore: 1, paddingAfter: 1), engine: engine)
    normalization2 = BatchNormalization("\(name).bn2", channels: outputChannels, engine: engine)
    convolution2 = ConvolutionLayer(
      "\(name).conv2",
      ConvolutionShape(
        inputSide: side / stride, inputChannels: outputChannels, outputChannels: outputChannels,
        kernel: 3, paddingBefore: 1, paddingAfter: 1), engine: engine)
    shortcut = Self.shortcut(
      name, side: side, inputChannels: inputChannels, outputChannels: outputChannels,
      stride: stride, engine: engine)
  }

  var state: [StateEntry] {
    convolution1.state + normalization1.state + convolution2.state + normalization2.state
      + (shortcut?.state ?? [])
  }

  func forward(_ input: Tensor, isTraining: Bool) -> Tensor {
    let active = normalization1.forward(input, isTraining: isTraining)
    var features = convolution1.forward(active, isTraining: isTraining)
    features = normalization2.forward(features, isTraining: isTraining)
    features = convolution2.forward(features, isTraining: isTraining)
    return engine.add(features, shortcut?.forward(active, isTraining: isTraining) ?? input)
  }

  func backward(_ outputGradient: Tensor) -> Tensor {
    var gradient = convolution2.backward(outputGradient)
    gradient = normalization2.backward(gradient)
    gradient = convolution1.backward(gradient)
    guard let shortcut else {
      return engine.add(normalization1.backward(gradient), outputGradient)
    }
    return normalization1.backward(engine.add(gradient, shortcut.backward(outputGradient)))
  }
}
