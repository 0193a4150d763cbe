import Foundation
import Networks
import Optimization
import Tensors
import TestSupport
import Testing

/// Ten recorded steps of PyTorch's optimizers on the same parameters and gradients.
///
/// Written by `Fixtures/make_optimizer_fixtures.py`.
struct OptimizerFixture: Decodable {
  struct Case: Decodable, CustomTestStringConvertible {
    let optimizer: OptimizerConfiguration
    let l2: Double
    let learningRate: Double
    let parameters: [[Float]]
    let state: [[Entry]]  // [parameter][name]
    let group: [Setting]

    enum CodingKeys: String, CodingKey {
      case optimizer, l2, parameters, state, group
      case learningRate = "learning_rate"
    }

    var testDescription: String { "\(optimizer), l2 \(l2)" }
  }

  /// One entry of a parameter's state.
  struct Entry: Decodable {
    let name: String
    let shape: [Int]
    let values: [Float]
  }

  /// One setting of a parameter group, its value in JSON.
  struct Setting: Decodable, Equatable {
    let name: String
    let text: String
  }

  let warmupSteps: Int
  /// In PyTorch's order of dimensions.
  let shapes: [[Int]]
  let start: [[Float]]
  let gradients: [[[Float]]]  // [step][parameter]
  let cases: [Case]

  enum CodingKeys: String, CodingKey {
    case warmupSteps = "warmup_steps"
    case shapes, start, gradients, cases
  }

  static let recorded = Result {
    try JSONDecoder().decode(Self.self, from: Data(fixtureBytes("optimizers.json")))
  }

  /// The parameters before the first step; those with four dimensions are convolution weights.
  func parameters() -> [Parameter] {
    zip(shapes, start).enumerated().map { index, pair in
      let (shape, values) = pair
      let isConvolution = shape.count == 4
      let parameter = Parameter(
        "\(index)", isConvolution ? [shape[2], shape[3], shape[1], shape[0]] : shape,
        layout: isConvolution ? .convolution : .plain)
      parameter.setCheckpointValues(values, of: parameter.value)
      return parameter
    }
  }

  /// Takes the recorded steps in `range`.
  func descend(
    _ optimizer: any Optimizer, _ parameters: [Parameter], learningRate: Double, _ range: Range<Int>
  ) {
    for step in range {
      for (parameter, gradient) in zip(parameters, gradients[step]) {
        parameter.setCheckpointValues(gradient, of: parameter.gradient)
      }
      let share = min(1, Double(step + 1) / Double(warmupSteps))
      optimizer.step(learningRate: learningRate * share)
    }
  }
}
