// N batch, K classes, M members.

import Networks
import Tensors
import TestSupport
import Testing
import Training

/// Ten steps of SGD with Nesterov's momentum against PyTorch's.
struct DescentTests {
  @Test(arguments: ParityFixture.names)
  func `ten losses follow PyTorch's`(name: String) throws {
    let fixture = try ParityFixture(named: name)
    for descent in fixture.descents {
      let subject = try ParitySubject(fixture)
      let optimizer = SGD(
        subject.network.parameters,
        settings: .init(
          learningRate: descent.learningRate, momentum: descent.momentum,
          weightDecay: descent.weightDecay, usesNesterovMomentum: true),
        l2Penalty: descent.l2, workers: Workers(count: 2))
      let losses = descent.losses.float64.map { _ in
        let loss = subject.step().loss
        optimizer.step(learningRate: descent.learningRate)
        return loss
      }
      // Four times the distance of PyTorch's own float32 runs (direct and Winograd) from float64:
      // ours sums in a third order, and ten steps carry the difference on.
      let distance =
        zip(descent.losses.float64, zip(descent.losses.float32, descent.losses.winograd))
        .map { max(abs($0 - $1.0), abs($0 - $1.1)) }.max() ?? 0
      expectClose(losses, descent.losses.float64, absolute: 4 * distance, name)
    }
  }
}
