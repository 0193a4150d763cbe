import Foundation
import Tensors

/// The time of a step of data-parallel training, by the usual model of latency and bandwidth.
///
/// With R processes: `compute / R + sums · latency · log₂ R + 2 (R − 1) / R · bytes / bandwidth`.
/// It assumes that computing and sending do not overlap, and that small slices compute as fast as
/// large ones.
package struct StepCost: Sendable {
  /// Seconds that one process takes to compute the whole batch.
  package let compute: Double
  /// Sums in a step that wait for all processes one by one: two for every batch normalization,
  /// three for the losses, and one for whether to stop.
  package let sumCount: Int
  /// Bytes of the gradients that are summed.
  package let byteCount: Int
  /// Seconds of a small sum over two processes.
  package var latency: Double

  package init(of network: MixMoNetwork, compute: Double, latency: Double) {
    self.compute = compute
    self.latency = latency
    sumCount = network.sumCount
    byteCount = network.summedByteCount
  }

  /// Seconds of a step of `processes` on a network that transfers `bandwidth` bytes per second.
  package func seconds(processes: Int, bandwidth: Double) -> Double {
    let count = Double(processes)
    return compute / count + Double(sumCount) * latency * log2(count)
      + 2 * (count - 1) / count * Double(byteCount) / bandwidth
  }

  /// The fraction of the processes' time that is spent computing.
  package func efficiency(processes: Int, bandwidth: Double) -> Double {
    compute / (Double(processes) * seconds(processes: processes, bandwidth: bandwidth))
  }

  /// The most processes, among powers of two up to `limit`, that compute at least half of the time.
  package func largestUsefulCount(limit: Int, bandwidth: Double) -> Int {
    sequence(first: 1) { $0 * 2 }.prefix { $0 <= limit }
      .last { efficiency(processes: $0, bandwidth: bandwidth) >= 0.5 } ?? 1
  }
}

extension ProcessGroup {
  /// Seconds of a small sum over two processes, from sums over all: the median of `rounds`.
  package func latency(rounds: Int) -> Double {
    medianSeconds(rounds: rounds, prepare: wait) {
      _ = sum([Double](repeating: 1, count: 128))
    } / log2(Double(count))
  }

  /// Bytes per second that a large sum sends from each process: the median of `rounds`.
  package func bandwidth(rounds: Int) -> Double {
    let values = Tensor([1 << 22])
    let seconds = medianSeconds(rounds: rounds, prepare: wait) {
      startSum(.init(start: values.elements, count: values.count)).finish()
    }
    return 2 * Double(count - 1) / Double(count) * Double(4 * values.count) / seconds
  }
}
