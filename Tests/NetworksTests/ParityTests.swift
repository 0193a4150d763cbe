// N batch, H height, W width, K classes, M members.

import Foundation
import Networks
import Tensors
import TestSupport
import Testing

/// Our networks against PyTorch's, from the same weights, images, targets and masks.
///
/// The expected values are those of PyTorch's float64 run. Bounds are four times the distance of
/// PyTorch's own float32 runs from it, the larger of direct and Winograd convolution, because our
/// order of summation is yet another one.
struct ParityTests {
  static let factor = 4.0

  @Test(arguments: ParityFixture.names)
  func `every tensor has PyTorch's name, and none is missing`(name: String) throws {
    let subject = try ParitySubject(ParityFixture(named: name))
    let ours = subject.network.state.filter {
      if case .batchCount = $0 { false } else { true }
    }
    #expect(Set(ours.map(\.name)) == Set(subject.fixture.state.map(\.name)))
  }

  @Test(arguments: ParityFixture.names, Kernels.available)
  func `logits in inference`(name: String, kernels: Kernels) throws {
    let subject = try ParitySubject(ParityFixture(named: name), kernels: kernels)
    let (fixture, side) = (subject.fixture, subject.fixture.imageSize)
    let logits = InferenceNetwork(subject.network).logits(
      Tensor([fixture.inference.count, side, side, 3], fixture.inferencePixels()))
    #expect(logits.shape == fixture.inference.logits.shape)
    let expected = fixture.inference.logits
    expectClose(
      logits.values.map(Double.init), expected.values,
      absolute: Self.factor * max(expected.float32, expected.winograd))
  }

  @Test(arguments: ParityFixture.names, Kernels.available)
  func `logits, loss, every gradient and statistic of a step`(
    name: String, kernels: Kernels
  ) throws {
    let subject = try ParitySubject(ParityFixture(named: name), kernels: kernels)
    let (logits, loss) = subject.step()
    let expected = subject.fixture.training
    expectClose(
      logits.values.map(Double.init), expected.logits.values,
      absolute: Self.factor * max(expected.logits.float32, expected.logits.winograd))
    let lossError = max(
      abs(expected.loss.float32 - expected.loss.float64),
      abs(expected.loss.winograd - expected.loss.float64))
    expectClose(loss, expected.loss.float64, absolute: Self.factor * lossError)

    let gradients = Dictionary(
      uniqueKeysWithValues: subject.network.parameters.map {
        ($0.name, $0.checkpointValues(of: $0.gradient))
      })
    #expect(Set(gradients.keys) == Set(expected.gradients.map(\.name)))
    expect(gradients, expected.gradients)

    let statistics = Dictionary(
      uniqueKeysWithValues: subject.network.state.compactMap { entry in
        if case .statistic(let name, let tensor) = entry { (name, tensor.values) } else { nil }
      })
    #expect(Set(statistics.keys) == Set(expected.statistics.map(\.name)))
    expect(statistics, expected.statistics)
  }

  /// Compares tensors with recorded ones.
  ///
  /// The bound is the largest relative distance of PyTorch's float32 runs among the network's
  /// tensors of the same kind, because one tensor's distance is a single sample of rounding.
  private func expect(_ found: [String: [Float]], _ records: [ParityFixture.Compared]) {
    for (kind, records) in Dictionary(grouping: records, by: { Self.kind($0.name) }) {
      for (what, size, scale) in [
        ("element", \TensorSketch.Difference.largest, \TensorSketch.largest),
        ("norm", \.norm, \.norm), ("projection", \.projection, \.norm),
      ] {
        let distance =
          records.map {
            max($0.float32[keyPath: size], $0.winograd[keyPath: size])
              / $0.sketch[keyPath: scale]
          }.max() ?? 0
        for record in records {
          guard let values = found[record.name] else { continue }
          let difference = TensorSketch(name: record.name, values: values)
            .difference(from: record.sketch)
          let ratio =
            difference[keyPath: size] / (Self.factor * distance * record.sketch[keyPath: scale])
          #expect(ratio <= 1, "\(record.name), \(kind): \(what): \(ratio) bounds")
        }
      }
    }
  }

  /// The kind of a tensor, such as `bn.bias`, without its position in the network.
  private static func kind(_ name: String) -> String {
    name.split(separator: ".").map { $0.trimmingCharacters(in: .decimalDigits) }
      .filter { !$0.isEmpty }.suffix(2).joined(separator: ".")
  }

  /// What `--precision high` promises of a step: logits to 10⁻⁴ of their size, 10⁻³ where they are about
  /// 10, and gradients to 10⁻³ of their norm where every ReLU passes what it passes in float32.
  ///
  /// Shifts of the normalizations keep all inputs of ReLUs away from zero, half of them on either side.
  @Test(arguments: ParityFixture.names, TileTests.levels)
  func `a step of 16 bits, with the ReLUs of float32`(name: String, level: Kernels) throws {
    try compareSteps(of: name, level, gradients: 1e-3) { network in
      for parameter in network.parameters where Self.kind(parameter.name) == "bn.bias" {
        for channel in 0..<parameter.value.count {
          parameter.value[channel] = channel.isMultiple(of: 2) ? 8 : -8
        }
      }
    }
  }

  /// Where the input of a ReLU is closer to zero than its error, the gradient of another image passes.
  ///
  /// In these batches of a few images that changes a gradient by up to 0.7 % of its norm; two to three
  /// times as much is allowed.
  @Test(arguments: ParityFixture.names, TileTests.levels)
  func `a step of 16 bits`(name: String, level: Kernels) throws {
    try compareSteps(of: name, level, gradients: 2e-2) { _ in }
  }

  /// Compares a step of 16 bits with one of float32: logits, and each gradient relative to its norm, or
  /// to 1 % of the largest norm of a gradient of its kind.
  private func compareSteps(
    of name: String, _ level: Kernels, gradients bound: Double, change: (MixMoNetwork) -> Void
  ) throws {
    let fixture = try ParityFixture(named: name)
    let subjects = try [Precision.highest, .high].map {
      try ParitySubject(fixture, kernels: level.computing($0))
    }
    subjects.forEach { change($0.network) }
    let logits = subjects.map { $0.step().logits.values }
    let size = logits[0].reduce(0) { max($0, abs($1)) }
    expectClose(
      logits[1].map(Double.init), logits[0].map(Double.init), absolute: 1e-4 * Double(size))
    #expect(logits[0] != logits[1])
    let pairs = zip(subjects[0].network.parameters, subjects[1].network.parameters)
    for (_, parameters) in Dictionary(grouping: pairs, by: { Self.kind($0.0.name) }) {
      let norms = parameters.map { Self.norm($0.0.gradient.values.map(Double.init)) }
      // The next normalization takes the mean of a shift away: its gradient is a difference of sums
      // that are far larger, as those of other shifts are.
      let least = 0.01 * (norms.max() ?? 0)
      for ((exact, found), size) in zip(parameters, norms) {
        let differences = zip(exact.gradient.values, found.gradient.values).map { Double($0 - $1) }
        #expect(Self.norm(differences) <= bound * max(size, least), "\(exact.name)")
      }
    }
  }

  private static func norm(_ values: [Double]) -> Double {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  @Test(arguments: [1, 2, 3])
  func `any number of threads gives the same bits`(threads: Int) throws {
    func run(threads: Int) throws -> [[Float]] {
      let subject = try ParitySubject(ParityFixture(named: "wrn-10-1-m2"), threads: threads)
      let logits = subject.step().logits.values
      return [logits] + subject.network.parameters.map(\.gradient.values)
    }
    let isSame = try run(threads: threads) == run(threads: 1)
    #expect(isSame)
  }
}
