import Formats
import Foundation
import TestSupport
import Testing

/// Rows without a label are left out.
struct IgnoredLabelTests {
  @Test(arguments: ["-1", "255", "1"])
  func `rows without a label leave the tables of the others`(ignored: String) throws {
    let folder = try TemporaryFolder()
    let all = RandomLogits(rowCount: 60, memberCount: 2, seed: 6)
    let kept = (0..<60).filter { $0 % 4 != 1 && (ignored != "1" || all.labels[$0] != 1) }
    let width = 6
    for name in ["clean", "fog-3"] {
      try NumPyArray.write(
        all.values, shape: [60, 2, 3], to: try file(folder, "some/\(name).npy"))
      try NumPyArray.write(
        kept.flatMap { all.values[$0 * width..<($0 + 1) * width] }, shape: [kept.count, 2, 3],
        to: try file(folder, "kept/\(name).npy"))
    }
    let number = try #require(Int64(ignored))
    try NumPyArray.write(
      all.labels.enumerated().map { $0.offset % 4 == 1 ? number : $0.element }, shape: [60],
      to: folder.file("some.npy"))
    try NumPyArray.write(
      kept.map { all.labels[$0] }, shape: [kept.count], to: folder.file("kept.npy"))
    let option = ignored == "-1" ? [] : ["--ignore-label", ignored]
    for source in ["--cells", "--logits"] {
      var tables: [[UInt8]] = []
      for (name, option) in [("some", option), ("kept", [])] {
        let given = folder.file(source == "--cells" ? name : "\(name)/clean.npy").path
        let process = try MixmoProcess(
          ["score", source, given, "--labels", folder.file("\(name).npy").path, "--name", "x"]
            + ["--output", folder.file(name + source).path, "--bootstrap", "20"] + option)
        try #require(process.status == 0, "\(process.errors)")
        let said = "\(60 - kept.count) of 60 labels are \(ignored)"
        #expect(process.errors.contains(said) == (name == "some"), "\(process.errors)")
        tables.append(
          try FileContents.read(folder.file("\(name)\(source)/cells.csv"), limit: 1 << 24))
      }
      #expect(tables[0] == tables[1], "\(source)")
    }
  }

  private func file(_ folder: borrowing TemporaryFolder, _ name: String) throws -> URL {
    let url = folder.file(name)
    try FolderCreation.create(url.deletingLastPathComponent())
    return url
  }

  @Test func `a file without any label is refused`() throws {
    let folder = try TemporaryFolder()
    let all = RandomLogits(rowCount: 6, seed: 6)
    try all.write(folder.file("z.npy"), folder.file("y.npy"))
    try NumPyArray.write([Int64](repeating: -1, count: 6), shape: [6], to: folder.file("y.npy"))
    let process = try MixmoProcess([
      "score", "--logits", folder.file("z.npy").path, "--labels", folder.file("y.npy").path,
    ])
    #expect(process.status == 1 && process.errors.contains("-1 in all 6 rows"), "\(process.errors)")
  }
}
