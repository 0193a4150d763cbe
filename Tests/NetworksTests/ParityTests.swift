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

  /// What `--precision high` promises: logits to 10⁻⁴ of their size, 10⁻³ where they are about 10.
  ///
  /// Gradients are off by more: where the input of a ReLU is closer to zero than its error, it lets the
  /// gradient of another image pass. In these batches of a few images that changes a gradient by up to
  /// 0.7 % of its norm; two to three times as much is allowed.
  @Test(arguments: ParityFixture.names, TileTests.levels)
  func `logits and gradients of 16 bits are close to those of float32`(
    name: String, level: Kernels
  ) throws {
    let fixture = try ParityFixture(named: name)
    let subjects = try [Precision.highest, .high].map {
      try ParitySubject(fixture, kernels: level.computing($0))
    }
    let logits = subjects.map { $0.step().logits.values }
    let size = logits[0].reduce(0) { max($0, abs($1)) }
    expectClose(
      logits[1].map(Double.init), logits[0].map(Double.init), absolute: 1e-4 * Double(size))
    #expect(logits[0] != logits[1])
    for (exact, found) in zip(subjects[0].network.parameters, subjects[1].network.parameters) {
      let (mine, its) = (exact.gradient.values, found.gradient.values)
      let squares = zip(mine, its).map {
        (Double($0 - $1) * Double($0 - $1), Double($0) * Double($0))
      }
      let (error, norm) = (squares.reduce(0) { $0 + $1.0 }, squares.reduce(0) { $0 + $1.1 })
      #expect(error.squareRoot() <= 2e-2 * norm.squareRoot(), "\(exact.name)")
    }
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
