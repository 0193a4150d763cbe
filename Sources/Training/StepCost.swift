import Foundation
import Tensors

/// What a step of data-parallel training takes, by the usual model of latency and bandwidth.
///
/// With R processes: `compute / R + sums · latency · log₂ R + 2 (R − 1) / R · bytes / bandwidth`.
/// No overlap of computing and sending is counted on, and no loss from slices that are small.
package struct StepCost: Sendable {
  /// Seconds that one process computes for the whole batch.
  package var compute: Double
  /// Sums in a step that each wait for all: two of every batch normalization, three for the losses,
  /// and whether to stop.
  package let sumCount: Int
  /// Bytes of the gradients that are summed.
  package let byteCount: Int
  /// Seconds of a small sum of two processes.
  package var latency: Double

  package init(compute: Double, sumCount: Int, byteCount: Int, latency: Double) {
    self.compute = compute
    self.sumCount = sumCount
    self.byteCount = byteCount
    self.latency = latency
  }

  /// Seconds of a step of `processes` on a network that carries `bandwidth` bytes in a second.
  package func seconds(processes: Int, bandwidth: Double) -> Double {
    let count = Double(processes)
    return compute / count + Double(sumCount) * latency * log2(count)
      + 2 * (count - 1) / count * Double(byteCount) / bandwidth
  }

  /// The share of the processes' time that is computing.
  package func efficiency(processes: Int, bandwidth: Double) -> Double {
    compute / (Double(processes) * seconds(processes: processes, bandwidth: bandwidth))
  }

  /// The most processes, by powers of two up to `limit`, that compute at least half of the time.
  package func largestUsefulCount(limit: Int, bandwidth: Double) -> Int {
    sequence(first: 1) { $0 * 2 }.prefix { $0 <= limit }
      .last { efficiency(processes: $0, bandwidth: bandwidth) >= 0.5 } ?? 1
  }
}

extension ProcessGroup {
  /// Seconds of a small sum: the median of `rounds`.
  package func smallSumSeconds(rounds: Int) -> Double {
    median(rounds) { _ = sum([Double](repeating: 1, count: 128)) }
  }

  /// Bytes in a second that a large sum sends from each process: the median of `rounds`.
  package func bandwidth(rounds: Int) -> Double {
    let values = Tensor([1 << 22])
    let seconds = median(rounds) {
      startSum(.init(start: values.elements, count: values.count)).finish()
    }
    return 2 * Double(count - 1) / Double(count) * Double(4 * values.count) / seconds
  }

  private func median(_ rounds: Int, _ body: () -> Void) -> Double {
    body()
    let clock = ContinuousClock()
    let times = (0..<rounds).map { _ in
      wait()
      return clock.measure(body) / .seconds(1)
    }
    return times.sorted()[rounds / 2]
  }
}
