import Foundation

// N batch, H height, W width, K classes, M members.

/// What PyTorch computed with one network, and the seed that makes the same network here.
///
/// `Tests/Fixtures/reference/README.md` describes the format. Values are those of a float64 run;
/// `float32` and `winograd` tell how far PyTorch's own float32 runs lie from it, the second with
/// 3×3 convolutions by F(4×4, 3×3).
package struct ParityFixture: Decodable, Sendable {
  package let network: Network
  package let seed: UInt64
  package let mean: [Double]  // [3]
  package let std: [Double]  // [3]
  /// Every parameter and running statistic.
  package let state: [Seeded]
  /// Every image, target and mask tensor.
  package let inputs: [Seeded]
  /// Sketches of tensors that both sides can make.
  package let examples: [Example]
  package let inference: Inference
  package let training: Training
  package let descents: [Descent]

  /// The file names of all fixtures, without extension.
  package static let names = [
    "wrn-10-1-m1", "wrn-10-1-m2", "wrn-10-1-m3", "wrn-16-2-m1", "wrn-16-2-m2", "wrn-16-2-m3",
    "preactresnet-18-1-m1", "preactresnet-18-1-m2",
  ]

  package init(named name: String) throws {
    let url = TestPackage.url.appending(path: "Tests/Fixtures/networks/\(name).json")
    self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: url))
  }
}

extension ParityFixture {
  package struct Network: Decodable, Sendable {
    package let architecture: Architecture
    package let depth: Int
    package let widenFactor: Int
    package let members: Int
    package let classes: Int
  }

  package enum Architecture: String, Decodable, Sendable {
    case wideResNet = "wideresnet"
    case preActResNet = "resnet"
  }

  /// A tensor to be made from the seed.
  package struct Seeded: Decodable, Sendable {
    package let name: String
    /// The shape in PyTorch's order.
    package let shape: [Int]
    /// `SeededTensor.checksum` of the finished tensor.
    package let checksum: UInt64
    /// By how many 2⁻¹² each element of a batch norm's bias is moved.
    package let steps: [Int]?
  }

  package struct Example: Decodable, Sendable {
    package let name: String
    package let sketch: TensorSketch
  }

  package struct Logits: Decodable, Sendable {
    package let shape: [Int]  // [N, M, K]
    package let values: [Double]
    package let float32: Double
    package let winograd: Double
  }

  package struct Inference: Decodable, Sendable {
    package let count: Int
    package let logits: Logits
  }

  /// One step from the seeded state; the loss and its gradients are without the l2 term.
  package struct Training: Decodable, Sendable {
    package let count: Int
    package let logits: Logits
    package let loss: Loss
    package let gradients: [Compared]
    /// The batch norms' running means and variances after the step.
    package let statistics: [Compared]
  }

  package struct Loss: Decodable, Sendable {
    package let float64: Double
    package let float32: Double
    package let winograd: Double
    /// Computed in float64 from the logits of the float32 run.
    package let fromFloat32Logits: Double
  }

  package struct Compared: Decodable, Sendable {
    package let name: String
    package let sketch: TensorSketch
    package let float32: TensorSketch.Difference
    package let winograd: TensorSketch.Difference
  }

  /// Ten steps of Nesterov's momentum on the training batch, from the seeded state.
  package struct Descent: Decodable, Sendable {
    package let learningRate: Double
    package let momentum: Double
    package let weightDecay: Double
    /// The factor of the sum of squares of all parameters, added to the loss.
    package let l2: Double
    /// The loss without its l2 term before each step.
    package let losses: Losses
  }

  package struct Losses: Decodable, Sendable {
    package let float64: [Double]
    package let float32: [Double]
    package let winograd: [Double]
  }
}
