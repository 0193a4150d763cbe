import Foundation
import Tensors

/// How this program was built.
struct BuildFacts: Encodable {
  let version = Mixmo.version
  /// `release` or `debug`.
  let configuration: String
  /// Whether Swift's runtime is part of the program, not a library of the system.
  let isStatic = LoadedFiles.path(of: "libswiftCore") == nil
  /// The name and version of the MPI library; nil for a program without MPI.
  let mpi: String?

  init() {
    #if DEBUG
      configuration = "debug"
    #else
      configuration = "release"
    #endif
    #if MPI
      mpi = MPIProcesses.libraryVersion
    #else
      mpi = nil
    #endif
  }

  var rows: [ReportRow] {
    let runtime = isStatic ? "linked statically" : "of the system"
    return [
      ReportRow(
        "mixmo",
        "\(version), \(configuration), Swift's runtime \(runtime), "
          + (mpi.map { "with \($0)" } ?? "without MPI"))
    ]
  }
}

/// The operating system.
struct SystemFacts: Encodable {
  /// Its name and version.
  let name: String?
  /// The kernel's name and release, such as `Linux 6.12.0`.
  let kernel: String
  /// Such as `x86_64`.
  let architecture: String
  /// The C library's name and version, such as `glibc 2.41`.
  let libc: String

  init() {
    var names = utsname()
    uname(&names)
    kernel = Self.text(&names.sysname) + " " + Self.text(&names.release)
    architecture = Self.text(&names.machine)
    var version = [UInt8](repeating: 0, count: 64)
    let count = version.withUnsafeMutableBytes { bytes in
      confstr(
        Int32(_CS_GNU_LIBC_VERSION), bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
        bytes.count)
    }
    libc = count > 0 ? String(decoding: version.prefix { $0 != 0 }, as: UTF8.self) : "unknown"
    let line = SystemText.read("/etc/os-release").split(separator: "\n")
      .first { $0.hasPrefix("PRETTY_NAME=") }
    name = line.map { $0.dropFirst(12).trimmingCharacters(in: ["\"", "'"]) }
  }

  /// The text in a field of C's characters.
  private static func text<Field>(_ field: inout Field) -> String {
    withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  var rows: [ReportRow] {
    [
      ReportRow(
        "system", "\(name ?? "unknown"), \(kernel), \(architecture), \(libc)")
    ]
  }
}
