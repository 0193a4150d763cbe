import Formats
import Foundation
import TestSupport
import Testing

/// A page and its figures appear together, whatever the disk, gnuplot and other processes do.
struct PageSurvivalTests {
  /// The folder of a scored run, which has a page unless `isNew`.
  private func run(_ workspace: Scored, isNew: Bool = false) throws -> String {
    if !isNew {
      let report = try MixmoProcess("report", workspace.run)
      try #require(report.status == 0, "\(report.errors)")
    }
    return workspace.run
  }

  /// A folder `bin` with a program that draws as gnuplot does and then damages what it drew.
  private func damagingGnuplot(_ folder: borrowing TemporaryFolder, _ damage: String) throws
    -> [String: String]
  {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let script = """
      #!/bin/sh
      PATH='\(path)' gnuplot "$@" || exit
      [ "$1" = --version ] && exit
      PATH='\(path)'
      \(damage)
      """
    try FolderCreation.create(folder.file("bin"))
    try AtomicFile.write(script, to: folder.file("bin/gnuplot"))
    chmod(folder.file("bin/gnuplot").path, 0o755)
    return ["PATH": folder.file("bin").path]
  }

  @Test(
    arguments: [
      (pattern: "*-1-column.png", format: "PNG", damage: "head -c 4096 $f > x; cat x > $f"),
      ("*-2-column.pdf", "PDF", "truncate -s -7 $f"), ("*-1-column.svg", "SVG", ": > $f"),
    ])
  func `a figure that is not whole replaces nothing`(
    file: (pattern: String, format: String, damage: String)
  ) throws {
    let scored = try Scored()
    for isNew in [true, false] {
      let run = try run(scored, isNew: isNew)
      let before = try scored.files()
      let failed = try MixmoProcess(
        ["report", run],
        environment: damagingGnuplot(
          scored.folder, "for f in \(file.pattern); do [ ! -e $f ] || { \(file.damage); }; done"))
      #expect(failed.status == 1)
      #expect(
        failed.errors.contains("expected a whole \(file.format) file of gnuplot, found"),
        "\(failed.errors)")
      #expect(try scored.files() == before)
    }
  }

  // Too little for a figure; for figures, but not for the page.
  @Test(arguments: [64, 160])
  func `a full disk leaves the old page and its figures`(blockCount: Int) throws {
    let scored = try Scored()
    let run = try run(scored)
    let before = try scored.files()
    let failed = try MixmoProcess(["report", run], fileSizeLimit: blockCount)
    #expect(failed.status == 1)
    #expect(failed.errors.hasPrefix("Error: "), "\(failed.errors)")
    #expect(try scored.files() == before)
  }

  @Test func `reports of one folder at once are made one after the other`() throws {
    let scored = try Scored()
    let run = try run(scored)
    let expected = try scored.files()
    // What killed processes leave.
    for name in [".figures.partial/x.png", "figures/.x.png.staged", ".report.html.staged"] {
      let file = URL(filePath: run).appending(path: name)
      try FolderCreation.create(file.deletingLastPathComponent())
      try AtomicFile.write("x", to: file)
    }
    let reports = try (0..<3).map { _ in try RunningMixmo(["report", run]) }
    for report in reports { #expect(report.end() == 0, "\(report.lines)") }
    #expect(try scored.files() == expected)
  }

  @Test func `few open files are a page or a sentence`() throws {
    let scored = try Scored()
    let before = try scored.files()
    for count in [8, 12, 16, 20, 24] {
      let report = try MixmoProcess(["report", scored.run], limit: "ulimit -n \(count)")
      if report.status == 0 { continue }
      #expect(report.status == 1)
      #expect(report.errors.hasPrefix("Error: "), "\(report.errors)")
      #expect(
        report.errors.contains("more open files") || report.errors.contains("Too many open files"),
        "\(report.errors)")
      #expect(try scored.files() == before)
    }
    let enough = try MixmoProcess(["report", scored.run], limit: "ulimit -n 64")
    #expect(enough.status == 0, "\(enough.errors)")
  }
}

/// A run of 60 scored rows in a folder of its own.
final class Scored {
  let folder: TemporaryFolder
  var run: String { folder.file("run").path }

  init() throws {
    folder = try TemporaryFolder()
    let (logits, classes) = (folder.file("logits.npy"), folder.file("labels.npy"))
    try RandomLogits(rowCount: 60, memberCount: 2, seed: 5).write(logits, classes)
    let process = try MixmoProcess(
      "score", "--logits", logits.path, "--labels", classes.path, "--bootstrap", "0", "--output",
      run)
    try #require(process.status == 0, "\(process.errors)")
  }

  /// The bytes of the files of the run by name, but for locks.
  func files() throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: run)
    where !name.hasSuffix(".lock") {
      let url = URL(filePath: run).appending(path: name)
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
      files[name] = isFolder.boolValue ? [] : try FileContents.read(url, limit: 1 << 26)
    }
    return files
  }
}
