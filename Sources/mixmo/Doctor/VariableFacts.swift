import Formats
import Foundation

/// An environment variable that changes what the program does.
struct VariableFacts: Encodable {
  let name: String
  let value: String

  /// Variables of other programs that count; those of this one begin with `MIXMO_`.
  private static let others = [
    "OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OPENBLAS_VERBOSE", "OMP_NUM_THREADS", "TMPDIR",
    "LD_LIBRARY_PATH", "LD_PRELOAD", "LANG", "LC_ALL", "OMPI_COMM_WORLD_SIZE",
    "SLURM_STEP_NUM_TASKS", "SLURM_CPUS_PER_TASK",
  ]

  /// Those that are set.
  static func all(_ privacy: Privacy) -> [VariableFacts] {
    ProcessInfo.processInfo.environment
      .filter { $0.key.hasPrefix("MIXMO_") || others.contains($0.key) }
      .sorted { $0.key < $1.key }
      .map { VariableFacts(name: $0, value: privacy.shown($1).oneLine) }
  }

  var row: ReportRow { ReportRow(name, value) }
}
