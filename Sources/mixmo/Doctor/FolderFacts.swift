import Datasets
import Foundation

/// A folder that files are written to.
struct DiskFacts: Encodable {
  let path: String
  /// The bytes that this user may still write there; nil where the folder is not there.
  let free: Int?
  let isWritable: Bool

  init(_ path: String, _ privacy: Privacy) {
    self.path = privacy.shown(path)
    var disk = statvfs()
    if statvfs(path, &disk) == 0 {
      let (bytes, isTooMany) = disk.f_bavail.multipliedReportingOverflow(by: disk.f_frsize)
      free = isTooMany ? .max : Int(clamping: bytes)
    } else {
      free = nil
    }
    isWritable = access(path, W_OK) == 0
  }

  var text: String {
    let room = free.map { "\(ByteCount.text($0)) free" } ?? "not there"
    return "\(path), \(room)\(isWritable ? "" : ", cannot be written to")"
  }
}

/// Where the program reads and writes.
struct FolderFacts: Encodable {
  let program: String
  /// The folder of the tables of corruptions; nil where there is none.
  let corruptions: String?
  /// The folder of the configurations; nil where there is none.
  let configurations: String?
  let current: DiskFacts
  let temporary: DiskFacts

  /// Less room is little: results of a few cells take more.
  private static let littleRoom = 100_000_000

  init(_ privacy: Privacy) {
    func shown(_ path: String) -> String? {
      (try? SharedFiles.url(path)).map { privacy.shown($0.path) }
    }
    program = privacy.shown(
      URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path)
    corruptions = shown("corruptions")
    configurations = shown("config")
    current = DiskFacts(FileManager.default.currentDirectoryPath, privacy)
    temporary = DiskFacts(FileManager.default.temporaryDirectory.path, privacy)
  }

  var rows: [ReportRow] {
    [
      ReportRow("program", program),
      ReportRow("corruptions", corruptions ?? "missing"),
      ReportRow("config", configurations ?? "missing"),
      ReportRow("current folder", current.text),
      ReportRow("temporary", temporary.text),
    ]
  }

  var remarks: [MachineReport.Remark] {
    let tables = [
      ("corruptions", corruptions, "nothing can be corrupted"),
      ("config", configurations, "the demo and the published experiments have no configuration"),
    ].filter { $0.1 == nil }.map { name, _, use in
      MachineReport.Remark(
        problem: "the folder \(name) is nowhere: \(use)",
        action: "set MIXMO_HOME to the folder that has it, or install it (make install)")
    }
    let disks = [
      ("current", current, "change to another"), ("temporary", temporary, "set TMPDIR to another"),
    ].compactMap { name, disk, action -> MachineReport.Remark? in
      let isFull = (disk.free ?? 0) < Self.littleRoom
      guard !disk.isWritable || isFull else { return nil }
      return .init(
        problem: "the \(name) folder "
          + (disk.isWritable ? "has little room" : "cannot be written to"),
        action: disk.isWritable ? "\(action), or delete files" : action)
    }
    return tables + disks
  }
}
