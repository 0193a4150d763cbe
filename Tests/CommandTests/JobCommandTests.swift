import Formats
import Foundation
import TestSupport
import Testing

/// A program built with the trait MPI, as `make test-mpi` has it.
private let program = ProcessInfo.processInfo.environment["MIXMO_MPI"]

/// Jobs of several processes under Open MPI's `mpirun`.
@Suite(.serialized, .enabled(if: program != nil))
struct JobCommandTests {
  /// Something that runs, and what it prints, results and messages in one.
  private final class Running {
    let process = Process()
    private let pipe = Pipe()
    private(set) var output = ""

    init(_ arguments: [String]) throws {
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = arguments
      process.environment = ProcessInfo.processInfo.environment.merging([
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
      ]) { $1 }
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = pipe
      process.standardError = pipe
      try process.run()
    }

    deinit { if process.isRunning { process.terminate() } }

    /// Reads until `text` was printed or nothing more comes.
    func wait(for text: String) {
      while !output.contains(text) {
        let more = pipe.fileHandleForReading.availableData
        guard !more.isEmpty else { return }
        output += String(decoding: more, as: UTF8.self)
      }
    }

    /// Reads to the end; the exit status.
    func end() -> Int32 {
      wait(for: "\0")
      process.waitUntilExit()
      return process.terminationStatus
    }
  }

  private static func mpirun(_ count: Int, _ command: [String]) throws -> Running {
    try Running(
      ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", "\(count)"] + command)
  }

  private static func job(_ count: Int, _ arguments: [String]) throws -> Running {
    try mpirun(count, [try #require(program)] + arguments + ["--threads", "1"])
  }

  /// The process of a rank.
  private static func process(_ rank: Int, of job: Running) throws -> Int32 {
    let children = try String(
      contentsOfFile:
        "/proc/\(job.process.processIdentifier)/task/\(job.process.processIdentifier)/children",
      encoding: .utf8)
    let found = children.split(separator: " ").compactMap { Int32($0) }.first { child in
      let environment = FileManager.default.contents(atPath: "/proc/\(child)/environ") ?? Data()
      return environment.split(separator: 0).contains(Data("OMPI_COMM_WORLD_RANK=\(rank)".utf8))
    }
    return try #require(found)
  }

  /// A rate at which roundings do not grow.
  private static func workspace(epochs: Int = 2) throws -> Workspace {
    try Workspace(epochs: epochs, ["lr": "0.001"])
  }

  private func column(_ name: String, _ workspace: Workspace, _ save: String) throws -> [Double] {
    let logs = try CSVTable(contentsOf: workspace.folder.file("\(save)/small/logs.csv"))
    return try #require(logs.column(name)).compactMap(Double.init)
  }

  @Test func `one, two and three processes train the same network`() throws {
    let workspace = try Self.workspace()
    try workspace.trainUndisturbed()
    for count in 1...3 {
      let job = try Self.job(count, workspace.train(save: "\(count)", "--quiet"))
      #expect(job.end() == 0, "\(job.output)")
      for name in ["train/loss_0", "train/loss_1"] {
        let pairs = zip(
          try column(name, workspace, "whole"), try column(name, workspace, "\(count)"))
        // Float32's rounding over six steps, as in the tests of training.
        #expect(pairs.allSatisfy { abs($0 - $1) < 1e-4 })
      }
      let files = try workspace.files("\(count)/small").keys.sorted()
      #expect(try files == workspace.files("whole/small").keys.sorted())
    }
    for name in ["last.ckpt", "logs.csv", "summary.csv"] {
      let isSame = try workspace.bytes("whole/small/\(name)") == workspace.bytes("1/small/\(name)")
      #expect(isSame, "\(name)")
    }
  }

  @Test func `one, two and three processes with exact sums leave the bytes of one training`() throws
  {
    let workspace = try Workspace()
    let whole = try MixmoProcess(workspace.train(save: "whole", "--exact-sums", "--quiet"))
    try #require(whole.status == 0, "\(whole.errors)")
    for count in 1...3 {
      let job = try Self.job(count, workspace.train(save: "\(count)", "--exact-sums", "--quiet"))
      #expect(job.end() == 0, "\(job.output)")
      try workspace.expectSameRun("\(count)")
    }
  }

  @Test func `one, two and three processes leave the bytes of one evaluation`() throws {
    let workspace = try Self.workspace(epochs: 1)
    try workspace.trainUndisturbed()
    let arguments = workspace.evaluate(
      save: "whole", "--checkpoint", "best", "--generate", "--corruption", "contrast", "--quiet",
      "--temperature-scaling", "--bootstrap", "20")
    let whole = try MixmoProcess(arguments + ["--output", workspace.path("expected")])
    try #require(whole.status == 0, "\(whole.errors)")
    var expected = try workspace.files("expected")
    expected["run.json"] = nil
    for count in 1...3 {
      let job = try Self.job(count, arguments + ["--output", workspace.path("\(count)")])
      #expect(job.end() == 0)
      #expect(job.output.hasSuffix(whole.output))
      var found = try workspace.files("\(count)")
      #expect(found.removeValue(forKey: "run.json") != nil)
      #expect(found == expected)
    }
  }

  @Test func `each process of a job starts a program of its own`() throws {
    let workspace = try Workspace(testCount: 60)
    func arguments(_ mode: String, _ output: String) -> [String] {
      [
        "evaluate", "--model", TestProgram.command(mode), "--dataset", "digits", "--data",
        workspace.data, "--generate", "--corruption", "contrast", "--batch", "4", "--bootstrap",
        "20", "--quiet", "--output", workspace.path(output),
      ]
    }
    let whole = try MixmoProcess(arguments("members", "expected"))
    try #require(whole.status == 0, "\(whole.errors)")
    var expected = try workspace.files("expected")
    expected["run.json"] = nil
    for count in 1...3 {
      let job = try Self.job(count, arguments("members", "\(count)"))
      #expect(job.end() == 0, "\(job.output)")
      var found = try workspace.files("\(count)")
      found["run.json"] = nil
      #expect(found == expected)
    }
    let failed = try Self.job(2, arguments("exits", "failed"))
    #expect(failed.end() != 0)
    #expect(failed.output.contains("the program ended with exit code 3"), "\(failed.output)")
    #expect(TestProgram.isGone("program.py exits"))
  }

  @Test func `a killed process ends the job, and another number of them goes on`() throws {
    let workspace = try Self.workspace(epochs: 60)
    let job = try Self.job(2, workspace.train(save: "runs", "--json"))
    job.wait(for: #"{"epoch":2"#)
    let start = ContinuousClock.now
    kill(try Self.process(1, of: job), SIGKILL)
    #expect(job.end() != 0)
    #expect(ContinuousClock.now - start < .seconds(30))
    #expect(job.output.contains("process rank 1 "), "\(job.output)")
    let left = try workspace.files("runs/small").keys
    #expect(
      left.allSatisfy { name in
        [".ckpt", ".csv", ".yaml", ".lock", ".mixmo"].contains { name.hasSuffix($0) }
      })
    let done = try column("epoch", workspace, "runs").count
    let rest = try Self.job(3, workspace.train(save: "runs", "--json"))
    rest.wait(for: #"{"epoch":"#)
    #expect(rest.output.contains("resuming after epoch \(done) of 60"))
    #expect(rest.output.contains(#"{"epoch":\#(done + 1)"#))
  }

  @Test func `a process that does not answer is not waited for in vain`() throws {
    let workspace = try Self.workspace(epochs: 60)
    let job = try Self.job(2, workspace.train(save: "runs", "--json", "--patience", "2"))
    job.wait(for: #"{"epoch":1"#)
    let stopped = try Self.process(1, of: job)
    kill(stopped, SIGSTOP)
    let start = ContinuousClock.now
    #expect(job.end() != 0)
    #expect(ContinuousClock.now - start < .seconds(30))
    #expect(job.output.contains("Error: process 0 of 2: waited 2.0 seconds for "), "\(job.output)")
    kill(stopped, SIGKILL)
  }

  @Test func `what one process cannot do ends all, by name`() throws {
    let workspace = try Workspace(epochs: 1, ["batch_size": "2"])
    func problem(_ count: Int, _ command: [String]) throws -> String {
      let job = try Self.mpirun(count, command)
      #expect(job.end() != 0)
      return job.output
    }
    let train = workspace.train(save: "runs", "--threads", "1")
    let program = try #require(program)
    #expect(try problem(3, [program] + train).contains("3 processes share batches of 2 images"))
    let seeds = ["sh", "-c", #""$0" "$@" --seed $OMPI_COMM_WORLD_RANK"#, program] + train
    #expect(
      try problem(2, seeds).contains(
        #"process 1: seed: expected "0" as in process 0, found "1""#))
    #expect(
      try problem(2, [MixmoProcess.executable.path] + train).contains(
        "one of 2 processes, of a mixmo without MPI"))
    let shard = workspace.evaluate(save: "runs", "--checkpoint", "best", "--shard", "1/2")
    #expect(try problem(2, [program] + shard).contains("--shard is for jobs whose processes know"))
    #expect(!FileManager.default.fileExists(atPath: workspace.path("runs")))
  }

  @Test func `the speed of a job is measured and predicted`() throws {
    let job = try Self.job(
      2, ["bench-mpi", "--network", "wrn-10-1", "--batch", "8", "--rounds", "1", "--latency", "5"])
    #expect(job.end() == 0)
    #expect(job.output.contains("efficiency expected with a latency of 5.0 µs"), "\(job.output)")
  }

  /// A training on two hosts with a link between them.
  private func trainOnTwoHosts(
    _ workspace: Workspace, script options: [String], _ more: [String]
  ) throws -> Running {
    let script = TestPackage.url.appending(path: "Tests/Fixtures/mpi/two_hosts.py").path
    return try Running(
      ["python3", script] + options + ["--", try #require(program)]
        + workspace.train(save: "runs", "--json", "--threads", "1") + more)
  }

  @Test(.enabled(if: getuid() == 0))
  func `two hosts train together`() throws {
    let workspace = try Self.workspace()
    let job = try trainOnTwoHosts(workspace, script: [], [])
    #expect(job.end() == 0, "\(job.output)")
    #expect(try column("epoch", workspace, "runs") == [1, 2])
  }

  // Open MPI's daemons notice first, or the processes do.
  @Test(
    .enabled(if: getuid() == 0),
    arguments: [(keepAlive: ["2", "1", "4"], patience: "300"), (["300", "20", "9"], "4")])
  func `a cut between two hosts ends the job on both`(
    keepAlive: [String], patience: String
  ) throws {
    let workspace = try Self.workspace(epochs: 500)
    let settings = zip(["time", "intvl", "probes"], keepAlive).flatMap {
      ["--mca", "oob_tcp_keepalive_\($0)", $1]
    }
    let job = try trainOnTwoHosts(
      workspace, script: ["--cut-when", #"{"epoch":3"#] + settings, ["--patience", patience])
    #expect(job.end() != 0, "\(job.output)")
    let seconds = try #require(job.output.firstMatch(of: #/gone ([0-9.]+) s after the cut/#))
    #expect(try #require(Double(seconds.1)) < 30, "\(job.output)")
    #expect(try column("epoch", workspace, "runs").count >= 3)
  }
}
