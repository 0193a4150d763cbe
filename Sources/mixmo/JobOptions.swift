import ArgumentParser
import Foundation
import Synchronization
import Tensors

/// What `mpirun` and `srun` tell a process of its job.
///
/// Whatever is started in a shell of a job is told the same, so only commands that share work ask.
enum Launch {
  /// Which process this is, from 0.
  static let rank = number("OMPI_COMM_WORLD_RANK") ?? number("PMIX_RANK") ?? 0
  /// How many processes there are.
  ///
  /// Slurm sets the number of tasks also where it runs a script alone, and a rank only where it runs
  /// each.
  static let count =
    number("OMPI_COMM_WORLD_SIZE")
    ?? (number("PMIX_RANK") == nil ? nil : number("SLURM_STEP_NUM_TASKS")) ?? 1
  /// Whether some of them are on other hosts.
  static let isSpread = number("OMPI_COMM_WORLD_LOCAL_SIZE").map { $0 < count } ?? false

  private static let isShared = Atomic(false)

  /// Whether the first process speaks for this one, because they share the work of a command.
  static var isMute: Bool { isShared.load(ordering: .relaxed) && rank > 0 }

  /// Says that the processes share the work of this command.
  fileprivate static func share() { isShared.store(true, ordering: .relaxed) }

  private static func number(_ variable: String) -> Int? {
    ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
  }
}

/// How the processes of a job work together.
struct JobOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How long the processes that mpirun or srun started wait for each other before they give up, and "
        + "how long evaluate waits for the program of --model.", valueName: "seconds"))
  var patience = 300

  func validate() throws {
    guard (1...86_400).contains(patience) else {
      throw ValidationError(
        "--patience: expected a number from 1 to 86400, found \(patience).")
    }
    #if !MPI
      guard Launch.count <= 1 else {
        throw ValidationError(
          "This is one of \(Launch.count) processes, of a mixmo without MPI; start mixmo-mpi, which "
            + "make mpi builds.")
      }
    #endif
  }

  /// Calls `body` with the processes of this job; where it fails in one of several, all end.
  ///
  /// - Throws: what `body` throws in a process that is alone.
  func run(_ body: (any ProcessGroup) throws -> Void) throws {
    #if MPI
      guard Launch.count > 1 else { return try body(SoleProcess()) }
      Launch.share()
      let processes = MPIProcesses(patience: .seconds(patience)) { problem in
        Self.tell(problem)
        if Launch.isSpread { Self.endLauncher() }
        MPIProcesses.abort(code: 1)
      }
      do {
        try body(processes)
      } catch let code as ExitCode {
        MPIProcesses.abort(code: code.rawValue)
      } catch {
        Self.tell(error.messageWithAdvice)
        MPIProcesses.abort(code: 1)
      }
      processes.leave()
    #else
      try body(SoleProcess())
    #endif
  }

  #if MPI
    private static func tell(_ problem: String) {
      Terminal.write(
        "Error: process \(Launch.rank) of \(Launch.count): \(problem)\n", to: .standardError)
    }

    private static let launchers = ["mpirun", "mpiexec", "orterun", "orted"]

    /// Ends Open MPI's launcher on this host, and this process with it: where a link is cut, the
    /// launcher tries for a quarter of an hour to tell the other hosts that the job is over.
    private static func endLauncher() {
      let name = try? String(contentsOfFile: "/proc/\(getppid())/comm", encoding: .utf8)
      guard let name, launchers.contains(name.trimmingCharacters(in: .whitespacesAndNewlines))
      else { return }
      // It passes on what was told.
      sleep(1)
      kill(getppid(), SIGKILL)
      Foundation.exit(1)
    }
  #endif
}
