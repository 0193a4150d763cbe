import Datasets
import Formats
import Foundation
import TestSupport
import Testing

/// `mixmo data` as a user meets it.
struct DataCommandTests {
  private func download(_ folder: borrowing TemporaryFolder, _ more: String...) -> [String] {
    ["data", "download", "cifar10", "--data", folder.file("data").path] + more
  }

  @Test(arguments: [
    (["data", "download", "cifer10", "--data", "d"], "did you mean \"cifar10\"?"),
    (["data", "download", "imagenet", "--data", "d"], "known are cifar10, cifar10-python"),
    (["data", "download", "--data", "d"], "Missing expected argument '<name> ...'"),
    (["data", "download", "cifar10"], "Missing expected argument '--data <dir>'"),
    (
      ["data", "download", "cifar10", "--data", "d", "--from", "ftp://a/b"],
      "--from: expected an http or https address or a folder, found \"ftp://a/b\""
    ),
    (["data", "download", "cifar10", "--data", "d", "--from", "http://"], "found \"http://\""),
    (
      ["data", "download", "cifar10", "--data", "d", "--from", "https:///x"], "found \"https:///x\""
    ),
    (["data", "download", "cifar10", "--data", "d", "--from", "http:a"], "found \"http:a\""),
    (["data", "download", "cifar10", "--data", "d", "--from", "://a"], "found \"://a\""),
    (
      ["data", "verify", "--dataset", "cifar100-cc", "--data", "d"], "did you mean \"cifar100-c\"?"
    ),
  ])
  func `misuse exits with 64 and the usage`(arguments: [String], message: String) throws {
    let process = try MixmoProcess(arguments)
    #expect(process.status == 64)
    #expect(process.errors.contains(message), "\(process.errors)")
    #expect(process.errors.contains("Usage: mixmo data"))
  }

  @Test func `help names every data set and shows an example`() throws {
    let download = try MixmoProcess("data", "download", "--help").output
    for archive in PublishedArchive.all { #expect(download.contains(archive.name)) }
    #expect(download.contains("mixmo data download cifar100 cifar100-c --data data"))
    let verify = try MixmoProcess("data", "verify", "--help").output
    for dataset in VerifiedDataset.all { #expect(verify.contains(dataset.name)) }
    #expect(verify.contains("mixmo data verify --dataset cifar100 --data data"))
    #expect(!verify.contains("--seed") && verify.contains("--threads"))
  }

  @Test func `without curl the package is named`() throws {
    let folder = try TemporaryFolder()
    let process = try MixmoProcess(download(folder), environment: ["PATH": folder.url.path])
    #expect(process.status == 1)
    #expect(process.errors.contains("Debian's package curl has it"), "\(process.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("data").path) == [])
  }

  @Test func `bytes that are not the published ones are refused`() throws {
    let folder = try TemporaryFolder()
    let server = try LocalServer(
      [1, 2, 3], answers: [.other([UInt8](repeating: 0, count: 200_000))])
    // Too few bytes is a broken connection; with the right number it is the hash that tells.
    try FolderCreation.create(folder.file("data"))
    let partial = folder.file("data/cifar-10-binary.tar.gz.partial")
    let file = open(partial.path, O_WRONLY | O_CREAT, 0o644)
    ftruncate(file, 170_052_171)
    close(file)
    let folderProcess = try MixmoProcess(download(folder, "--from", folder.file("none").path))
    #expect(folderProcess.status == 1)
    #expect(folderProcess.errors.contains("none/cifar-10-binary.tar.gz: cannot be read"))
    let process = MixmoProcess.process(download(folder, "--from", server.base))
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    var text = ""
    while !text.contains("again in") {
      let data = errors.fileHandleForReading.availableData
      guard !data.isEmpty else { break }
      text += String(decoding: data, as: UTF8.self)
    }
    #expect(text.contains("expected MD5 c32a1d4ab5d03f1284b67883e8d87530, found "), "\(text)")
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
  }

  @Test func `killed or interrupted, it keeps what came and asks for the rest`() throws {
    let folder = try TemporaryFolder()
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    let server = try LocalServer(bytes, answers: [.stalls(after: 100_000)])
    let partial = folder.file("data/cifar-10-binary.tar.gz.partial")
    for (signal, start) in [(SIGKILL, 0), (SIGINT, 100_000)] {
      let process = MixmoProcess.process(download(folder, "--from", server.base + "/mirror"))
      let errors = Pipe()
      process.standardError = errors
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      let deadline = Date(timeIntervalSinceNow: 10)
      func size() -> Int { (try? FileContents.read(partial, limit: 1 << 20).count) ?? 0 }
      while size() < start + 100_000 && Date() < deadline { usleep(10_000) }
      #expect(server.requests.last == .init(path: "/mirror/cifar-10-binary.tar.gz", start: start))
      #expect(size() == start + 100_000)
      let second = try MixmoProcess(download(folder))
      #expect(second.status == 1)
      #expect(second.errors.contains("another process is downloading"), "\(second.errors)")
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      guard signal == SIGINT else { continue }
      #expect(process.terminationReason == .exit && process.terminationStatus == 130)
      let text = String(
        decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
      #expect(
        text.contains(
          "stopped after 200.0 kB of 170.1 MB, kept in \(partial.path); run the same command to continue"
        ),
        "\(text)")
    }
    #expect(try FileContents.read(partial, limit: 1 << 20) == Array(bytes[..<200_000]))
    #expect(server.requests.count == 2)
  }

  @Test func `verify exits with 0 when all is right and 1 when something is not`() throws {
    let folder = try TemporaryFolder()
    let arguments = ["data", "verify", "--dataset", "digits", "--data", folder.url.path]
    let nothing = try MixmoProcess(arguments)
    #expect(nothing.status == 1)
    #expect(
      nothing.errors.contains("digits: no data found; looked in \(folder.url.path)/digits-data"))
    try Digits.write(to: folder.url)
    let right = try MixmoProcess(arguments)
    #expect(right.status == 0, "\(right.errors)")
    #expect(right.output.hasSuffix("digits: all 7 checks are ok\n"))
    unlink(folder.file("digits-data/cifar-10-batches-bin/test_batch.bin").path)
    let wrong = try MixmoProcess(arguments)
    #expect(wrong.status == 1)
    #expect(wrong.output.hasSuffix("digits: 1 missing and 0 wrong of 7\n"), "\(wrong.output)")
    let json = try MixmoProcess(arguments + ["--json", "--quiet"])
    #expect(json.status == 1 && json.errors == "")
    let rows = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
    #expect(rows?.count == 7)
    #expect(rows?.filter { $0["status"] as? String == "missing" }.count == 1)
  }

  @Test func `verify calls a part of a data set, and what corrupt made, valid`() throws {
    let workspace = try Workspace(as: .cifar10)
    func verify(_ name: String) throws -> MixmoProcess {
      try MixmoProcess("data", "verify", "--dataset", name, "--data", workspace.data)
    }
    let part = try verify("cifar10")
    #expect(part.status == 0, "\(part.errors)")
    #expect(
      part.output.hasSuffix(
        "cifar10: nothing is missing or wrong; 7 valid, not the published files\n"))
    let corruption = try MixmoProcess(
      "corrupt", "--dataset", "cifar10", "--data", workspace.data, "--output",
      workspace.path("data/CIFAR-10-C"), "--corruption", "contrast", "--corruption", "frost")
    #expect(corruption.status == 0, "\(corruption.errors)")
    let made = try verify("cifar10-c")
    #expect(made.status == 0, "\(made.output)")
    #expect(
      made.output.contains(
        "valid    CIFAR-10-C/frost(substitute).npy: not the published file: made by mixmo corrupt with "
          + "the seed 0, 120 images"), "\(made.output)")
    let file = workspace.folder.file("data/CIFAR-10-C/contrast.npy")
    let bytes = try FileContents.read(file, limit: 1 << 20)
    try AtomicFile.write(Array(bytes.dropLast(100)), to: file)
    let damaged = try verify("cifar10-c")
    #expect(damaged.status == 1)
    #expect(
      damaged.output.hasSuffix(
        "cifar10-c: 0 missing and 1 wrong of 3; 2 valid, not the published files\n"),
      "\(damaged.output)")
  }
}
