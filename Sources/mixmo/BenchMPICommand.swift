import ArgumentParser
import Foundation
import Networks
import Tensors

struct BenchMPICommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-mpi",
    abstract: "Times training in several processes, and predicts it for more of them.",
    example: HelpExample(
      "two processes on this machine",
      "mpirun -n 2 mixmo-mpi bench-mpi --network wrn-28-10 --batch 128"),
    discussion: """
      A step of R processes is \
      compute / R + sums · latency · log2 R + 2 (R - 1) / R · bytes / bandwidth; latency and \
      bandwidth are those between the processes here, or those that you give.

      Example: two processes here, and what to expect of 4 to 256 machines like one of them:

        mpirun -n 2 mixmo-mpi bench-mpi --network wrn-28-10 --batch 128 \\
          --latency 20
      """)

  @OptionGroup var timed: TimedNetworkOptions

  @Option(
    help: ArgumentHelp(
      "The time of a small sum over two machines (default: measured here).", valueName: "µs"))
  var latency: Double?

  @OptionGroup var common: CommonOptions
  @OptionGroup var job: JobOptions

  /// The bandwidths that predictions are made for, in bits per second.
  private static let bandwidths = [10e9, 100e9]
  /// The numbers of processes that predictions are made for.
  private static let counts = [2, 4, 8, 16, 32, 64, 128, 256]
  private static let sumRounds = 200

  func validate() throws {
    if let latency, !(latency >= 0 && latency < 1e6) {
      throw ValidationError("--latency: expected microseconds from 0 on, found \(latency).")
    }
    guard Launch.count > 1 else {
      throw ValidationError("bench-mpi is for several processes: mpirun -n 2 mixmo-mpi bench-mpi …")
    }
    guard Launch.count <= timed.batch else {
      throw ValidationError(
        "--batch: expected at least one image for each of \(Launch.count) processes, found "
          + "\(timed.batch).")
    }
  }

  func run() throws { try job.run(measure) }

  private func measure(among processes: any ProcessGroup) throws {
    let steps = StepProgress(common.terminal)
    defer { steps.finish() }
    let alone = try imagesPerSecondAlone(processes, steps)
    var test = try timed.speedTest(workers: common.workers, processes: processes)
    test.report = { try? steps.show("time together", $0, of: $1, .passes) }
    let together = timed.trainingSpeed(test, workers: common.workers)
    let measuredLatency = processes.latency(rounds: Self.sumRounds)
    let bandwidth = processes.bandwidth(rounds: Self.sumRounds / 10)
    guard processes.isFirst else { return }
    var cost = StepCost(
      of: test.network, compute: Double(timed.batch) / alone, latency: measuredLatency)
    let predicted = cost.seconds(processes: processes.count, bandwidth: bandwidth)
    if common.json {
      return try common.terminal.show(
        json: Measurements(
          processes: processes.count, imagesPerSecondAlone: alone, imagesPerSecond: together,
          latency: cost.latency, bandwidth: bandwidth, sums: cost.sumCount, bytes: cost.byteCount,
          predictedSeconds: predicted))
    }
    try common.terminal.show(
      String(
        format: """
          1 process: %.2f images/s, %.1f ms a step
          %d processes: %.2f images/s, %.1f ms a step, %.2f times as fast; predicted %.1f ms
          latency %.1f µs, bandwidth %.1f Gbit/s, %d sums and %.1f MB of gradients a step

          """, alone, 1e3 * cost.compute, processes.count, together,
        1e3 * Double(timed.batch) / together, together / alone, 1e3 * predicted,
        1e6 * cost.latency, 8e-9 * bandwidth, cost.sumCount, 1e-6 * Double(cost.byteCount)))
    if let latency { cost.latency = 1e-6 * latency }
    try show(cost)
  }

  /// The images per second of the first process, while the others wait for it; 0 in the others.
  private func imagesPerSecondAlone(
    _ processes: any ProcessGroup, _ steps: StepProgress
  ) throws -> Double {
    guard processes.isFirst else {
      // This can take longer than processes wait for messages, but not hours. Sleeping leaves the
      // processor to the first process.
      let end = ContinuousClock.now + .seconds(2 * 3600)
      while processes.receive(waits: ContinuousClock.now > end) == nil {
        Thread.sleep(forTimeInterval: 0.01)
      }
      return 0
    }
    var test = try timed.speedTest(workers: common.workers)
    test.report = { try? steps.show("time alone", $0, of: $1, .passes) }
    let alone = timed.trainingSpeed(test, workers: common.workers)
    for rank in 1..<processes.count { processes.send(Data([0]), to: rank) }
    return alone
  }

  /// The output of `--json`, in seconds and bytes per second.
  private struct Measurements: Encodable {
    let processes: Int
    let imagesPerSecondAlone: Double
    let imagesPerSecond: Double
    let latency: Double
    let bandwidth: Double
    let sums: Int
    let bytes: Int
    let predictedSeconds: Double

    enum CodingKeys: String, CodingKey {
      case processes, latency, bandwidth, sums, bytes
      case imagesPerSecondAlone = "images_per_second_alone"
      case imagesPerSecond = "images_per_second"
      case predictedSeconds = "predicted_seconds"
    }
  }

  /// Shows the expected efficiencies, and up to how many processes they are useful.
  private func show(_ cost: StepCost) throws {
    let counts = Self.counts.filter { $0 <= timed.batch }
    try common.terminal.show(
      String(format: "\nefficiency expected with a latency of %.1f µs\n", 1e6 * cost.latency)
        + "processes  " + counts.map { String(format: "%6d", $0) }.joined() + "\n")
    for bits in Self.bandwidths {
      let row = counts.map {
        String(format: "%5.0f%%", 100 * cost.efficiency(processes: $0, bandwidth: bits / 8))
      }
      let useful = cost.largestUsefulCount(limit: timed.batch, bandwidth: bits / 8)
      try common.terminal.show(
        String(format: "%3.0f Gbit/s ", 1e-9 * bits) + row.joined()
          + "   half the time is computing up to \(useful)\n")
    }
  }
}
