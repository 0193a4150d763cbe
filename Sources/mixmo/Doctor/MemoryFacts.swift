import Datasets
import Foundation

/// Memory in bytes, and what the system limits.
struct MemoryFacts: Encodable {
  /// All that the machine has; nil where the system does not tell.
  let total: Int?
  /// What programs can have without swapping.
  let available: Int?
  /// What its control groups allow this process; nil without a limit.
  let byControlGroup: Int?
  /// The address space that the process may have (ulimit -v); nil without a limit.
  let addressSpace: Int?
  /// The files that it may have open (ulimit -n); nil without a limit.
  let openFiles: Int?

  /// Less than this is little for a WideResNet-28-10.
  private static let little = 2_000_000_000
  /// Fewer open files are few: a command that starts programs needs some 20.
  private static let fewFiles = 64

  init(groupLimit: Int?) {
    let text = SystemText.read("/proc/meminfo")
    func bytes(_ name: String) -> Int? {
      let words = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }?
        .split(separator: " ")
      guard let words, words.count > 1, let count = Int(words[1]) else { return nil }
      return count * 1024
    }
    total = bytes("MemTotal")
    available = bytes("MemAvailable")
    byControlGroup = groupLimit
    addressSpace = Self.limit(RLIMIT_AS.rawValue)
    openFiles = Self.limit(RLIMIT_NOFILE.rawValue)
  }

  private static func limit(_ resource: UInt32) -> Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(resource), &limit) == 0, limit.rlim_cur < Int.max else {
      return nil
    }
    return Int(limit.rlim_cur)
  }

  var rows: [ReportRow] {
    func text(_ bytes: Int?, _ missing: String = "no limit") -> String {
      bytes.map(ByteCount.text) ?? missing
    }
    return [
      ReportRow(
        "memory", "\(text(total, "unknown")), \(text(available, "unknown")) available"),
      ReportRow(
        "limits",
        "control group \(text(byControlGroup)), address space \(text(addressSpace)), "
          + "open files \(openFiles.map { "\($0)" } ?? "no limit")"),
    ]
  }

  var remarks: [MachineReport.Remark] {
    var remarks: [MachineReport.Remark] = []
    let least = [available, byControlGroup, addressSpace].compactMap(\.self).min()
    if let least, least < Self.little {
      remarks.append(
        .init(
          problem: "\(ByteCount.text(least)) of memory are little for large networks",
          action: "close other programs, allow more (ulimit -v, or the limit of the container), or "
            + "use fewer --threads and a smaller batch"))
    }
    if let openFiles, openFiles < Self.fewFiles {
      remarks.append(
        .init(
          problem: "\(openFiles) open files are few",
          action: "allow at least \(Self.fewFiles) (ulimit -n)"))
    }
    return remarks
  }
}
