import Formats
import Foundation
import Images
import Tensors

/// The files of libraries that this process has loaded.
enum LoadedFiles {
  /// The path of the library whose file begins with `name`; nil where none is loaded.
  static func path(of name: String) -> String? {
    SystemText.read("/proc/self/maps").split(separator: "\n").lazy
      .compactMap { line in line.firstIndex(of: "/").map { String(line[$0...]) } }
      .first { $0.split(separator: "/").last?.hasPrefix(name) ?? false }
  }
}

/// A library that the program computes with.
struct LibraryFacts: Encodable {
  let name: String
  /// Nil where the library is missing.
  let version: String?
  /// The file that is loaded; nil where the library is a part of the program, or missing.
  let file: String?
  /// The processor that OpenBLAS takes this one for.
  var core: String?

  private init(_ name: String, _ version: String?, file: String, _ privacy: Privacy) {
    self.name = name
    self.version = version
    self.file = LoadedFiles.path(of: file).map(privacy.shown)
  }

  static func all(_ privacy: Privacy) -> [LibraryFacts] {
    let found = OpenBLASIdentity()
    var openBLAS = LibraryFacts("OpenBLAS", found?.build, file: "libopenblas", privacy)
    openBLAS.core = found?.core
    return [
      openBLAS,
      LibraryFacts("libpng", CodecVersions.png, file: "libpng", privacy),
      LibraryFacts("libjpeg", CodecVersions.jpeg, file: "libjpeg", privacy),
      LibraryFacts("libzip", LibraryVersions.zip, file: "libzip", privacy),
      LibraryFacts("libcrypto", LibraryVersions.crypto, file: "libcrypto", privacy),
    ]
  }

  var row: ReportRow {
    let core = core.map { ", core \($0)" } ?? ""
    return ReportRow(
      name, (version ?? "missing") + core + (file.map { " (\($0))" } ?? ""))
  }

  var remark: MachineReport.Remark? {
    guard version == nil else { return nil }
    return .init(
      problem: "\(name), which products of matrices need, cannot be loaded",
      action: "install Debian's package libopenblas0, or allow more memory (ulimit -v)")
  }
}
