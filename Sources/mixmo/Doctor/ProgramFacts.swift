import Formats
import Foundation
import Processes
import Reports

/// A program that commands start.
struct ProgramFacts: Encodable {
  let name: String
  /// Its file; nil where it is missing.
  let path: String?
  /// The first line of what it says about itself; nil where it is missing, or does not work.
  let version: String?
  /// The Debian package that has it.
  let package: String
  /// What needs it.
  let use: String

  /// A program that does not answer within these seconds does not work.
  private static let patience = 10.0

  static func all(_ privacy: Privacy) async -> [ProgramFacts] {
    var all = [await gnuplot(privacy)]
    for (name, package, use) in [
      ("curl", "curl", "mixmo data download fetches nothing"),
      ("tar", "tar", "mixmo data download unpacks nothing"),
      ("python3", "python3", "the client of evaluate --model has no Python"),
    ] { all.append(await ProgramFacts(name, package: package, use: use, privacy)) }
    #if MPI
      all.append(
        await ProgramFacts(
          "mpirun", package: "openmpi-bin", use: "nothing starts several processes", privacy))
    #endif
    return all
  }

  /// The program as reports look for it.
  private static func gnuplot(_ privacy: Privacy) async -> ProgramFacts {
    let found = try? await GnuplotProgram()
    let file = try? ChildProgram("gnuplot", debianPackage: "gnuplot-nox").url
    return ProgramFacts(
      name: "gnuplot", path: file.map { privacy.shown($0.path) }, version: found?.version,
      package: "gnuplot-nox", use: "pages have numbers, but no figures")
  }

  private init(name: String, path: String?, version: String?, package: String, use: String) {
    self.name = name
    self.path = path
    self.version = version
    self.package = package
    self.use = use
  }

  /// Looks for a program and asks for its version.
  private init(_ name: String, package: String, use: String, _ privacy: Privacy) async {
    let program = try? ChildProgram(name, debianPackage: package)
    self.init(
      name: name, path: program.map { privacy.shown($0.url.path) },
      version: await program?.firstLine(within: Self.patience), package: package, use: use)
  }

  var row: ReportRow {
    guard let path else { return ReportRow(name, "missing") }
    return ReportRow(name, "\(version?.oneLine ?? "does not work") (\(path))")
  }

  var remark: MachineReport.Remark? {
    guard version == nil else { return nil }
    let problem = path.map { "\($0) does not work" } ?? "\(name) is not in PATH"
    return .init(problem: "\(problem): \(use)", action: "install Debian's package \(package)")
  }
}

extension ChildProgram {
  /// A program that took too long.
  private struct Overtime: Error {}

  /// The first line that the program prints with `--version`; nil where it fails, or takes longer than so
  /// many seconds.
  fileprivate func firstLine(within seconds: Double) async -> String? {
    let end = Date(timeIntervalSinceNow: seconds)
    var bytes: [UInt8] = []
    let result = try? await run(
      ["--version"], output: { bytes += $0.prefix(4096 - min(bytes.count, 4096)) },
      tick: { if Date() > end { throw Overtime() } })
    guard result?.status == 0 else { return nil }
    let line = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first
    return line.map { String($0).withoutControlCharacters }
  }
}
