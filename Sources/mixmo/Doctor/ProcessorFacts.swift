import Foundation
import Tensors

/// The processor, and the kernels that are used on it.
struct ProcessorFacts: Encodable {
  /// The name that the system has for it.
  let model: String?
  let coresOnline: Int
  /// The cores that this process may run on.
  let coresAllowed: Int
  /// The cores whose time its control groups allow; nil without a limit.
  let coresByControlGroup: Double?
  /// The threads that commands compute on where `--threads` does not say otherwise.
  let threads: Int
  /// Those of `instructionSets` that it has.
  let instructions: [String]
  /// The kernels that networks are computed with.
  let kernels: String
  /// The kernels that `MIXMO_KERNELS` may name here.
  let kernelsAvailable: [String]

  /// The instruction sets that kernels are chosen by, and some that tell a processor's age, by the names
  /// that the system has for them.
  private static let instructionSets = [
    "sse4_2", "avx", "f16c", "fma", "avx2", "avx512f", "avx512dq", "avx512bw", "avx512vl",
    "avx512_vnni", "avx512_bf16", "avx512_fp16", "avx_vnni", "amx_tile", "amx_bf16", "amx_int8",
    "asimd", "sve",
  ]

  init(coreLimit: Double?) {
    let line = SystemText.read("/proc/cpuinfo").split(separator: "\n").first {
      $0.hasPrefix("flags") || $0.hasPrefix("Features")
    }
    let flags = Set((line ?? "").split(whereSeparator: \.isWhitespace).map(String.init))
    instructions = Self.instructionSets.filter(flags.contains)
    model = Invocation.processor
    coresOnline = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    coresAllowed = Self.allowedCount ?? coresOnline
    coresByControlGroup = coreLimit
    threads = ThreadOptions.standardCount
    kernels = Kernels.preferred.name
    kernelsAvailable = Kernels.choices.map(\.name)
  }

  /// The number of cores in the list of those that the process may run on, such as `0-3,8`, by `taskset`, a
  /// control group or a scheduler; nil where the system does not say.
  static var allowedCount: Int? {
    let status = SystemText.read("/proc/self/status")
    let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    let ranges = line?.split(separator: ":").last?.split(separator: ",").map { range in
      range.split(separator: "-").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    }
    return ranges?.reduce(0) { $0 + ($1.last ?? 0) - ($1.first ?? 1) + 1 }
  }

  var rows: [ReportRow] {
    let limit = coresByControlGroup.map { String(format: ", %.4g by control group", $0) } ?? ""
    return [
      ReportRow("processor", model ?? "unknown"),
      ReportRow("cores", "\(coresOnline) online, \(coresAllowed) allowed\(limit)"),
      ReportRow("threads", "\(threads) unless --threads says otherwise"),
      ReportRow("instructions", instructions.joined(separator: " ")),
      ReportRow("kernels", "\(kernels), of \(kernelsAvailable.joined(separator: ", "))"),
    ]
  }

  var remarks: [MachineReport.Remark] {
    var remarks: [MachineReport.Remark] = []
    if let limit = coresByControlGroup, limit < Double(threads) {
      remarks.append(
        .init(
          problem: String(
            format: "the control group allows the time of %.4g cores for %d threads", limit, threads
          ), action: "give --threads \(max(Int(limit), 1))"))
    }
    let asked = ProcessInfo.processInfo.environment[Kernels.variable]
    if let asked, !kernelsAvailable.contains(asked) {
      remarks.append(
        .init(
          problem: "\(Kernels.variable): the kernels \"\(asked.oneLine)\" are not for this machine",
          action: "unset it, or set it to one of \(kernelsAvailable.joined(separator: ", "))"))
    }
    return remarks
  }
}
