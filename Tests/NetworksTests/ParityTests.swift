// N batch, H height, W width, K classes, M members.

import Networks
import Tensors
import TestSupport
import Testing

/// Our networks against PyTorch's, from the same weights, images, targets and masks.
///
/// The truth is PyTorch's float64 run. Each bound is four times the distance of PyTorch's own
/// float32 runs from it (the larger of direct and Winograd convolution): ours sums in a third order.
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

  @Test(arguments: ParityFixture.names)
  func `logits in inference`(name: String) throws {
    let subject = try ParitySubject(ParityFixture(named: name))
    let (fixture, side) = (subject.fixture, subject.fixture.imageSize)
    let logits = subject.network.logits(
      Tensor([fixture.inference.count, side, side, 3], fixture.inferencePixels()))
    #expect(logits.shape == fixture.inference.logits.shape)
    let expected = fixture.inference.logits
    expectClose(
      logits.values.map(Double.init), expected.values,
      absolute: Self.factor * max(expected.float32, expected.winograd))
  }

  @Test(arguments: ParityFixture.names)
  func `logits, loss, every gradient and statistic of a step`(name: String) throws {
    let subject = try ParitySubject(ParityFixture(named: name))
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
    for record in expected.gradients { expect(gradients[record.name], record) }

    let statistics = Dictionary(
      uniqueKeysWithValues: subject.network.state.compactMap { entry in
        if case .statistic(let name, let tensor) = entry { (name, tensor.values) } else { nil }
      })
    #expect(Set(statistics.keys) == Set(expected.statistics.map(\.name)))
    for record in expected.statistics { expect(statistics[record.name], record) }
  }

  private func expect(_ values: [Float]?, _ record: ParityFixture.Compared) {
    guard let values else { return }
    let found = TensorSketch(name: record.name, values: values).difference(from: record.sketch)
    // Where PyTorch's runs are exact by luck, a rounding of the tensor's largest element remains.
    let rounding = 0x1p-23 * record.sketch.largest
    for (what, error, float32, winograd) in [
      ("element", found.largest, record.float32.largest, record.winograd.largest),
      ("norm", found.norm, record.float32.norm, record.winograd.norm),
      ("projection", found.projection, record.float32.projection, record.winograd.projection),
    ] {
      let bound = Self.factor * max(float32, winograd, rounding)
      #expect(error <= bound, "\(record.name): \(what): \(error / bound) bounds")
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
