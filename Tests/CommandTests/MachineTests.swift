import Formats
import Foundation
import TestSupport
import Testing

/// What a machine refuses, what a launcher says and what a shell passes: works, or ends in a sentence.
struct MachineTests {
  // Address space in kB: too little for OpenBLAS, then for its buffer, then enough.
  @Test(arguments: [260_000, 330_000, 450_000, 2_000_000])
  func `little memory is enough, or a sentence`(limit: Int) throws {
    let scored = try Scored()
    let help = try MixmoProcess(["--help"], limit: "ulimit -v \(limit)")
    #expect(help.status == 0, "\(help.errors)")
    let (logits, labels) = (scored.folder.file("logits.npy"), scored.folder.file("labels.npy"))
    let score = try MixmoProcess(
      [
        "score", "--logits", logits.path, "--labels", labels.path, "--bootstrap", "20", "--threads",
        "4", "--quiet",
      ], limit: "ulimit -v \(limit)")
    if score.status != 0 {
      #expect(score.status == 1)
      let last = score.errors.split(separator: "\n").last ?? ""
      #expect(last.hasPrefix("Error: ") && last.contains("ulimit -v"), "\(score.errors)")
    } else {
      #expect(score.output.contains("ensemble"))
    }
    #expect(limit < 2_000_000 || score.status == 0, "\(score.errors)")
  }

  @Test(arguments: [150_000, 300_000, 450_000, 700_000, 2_000_000])
  func `a training in little memory works, or ends in a sentence`(limit: Int) throws {
    let workspace = try Workspace(epochs: 1, trainCount: 16, testCount: 8)
    let process = try MixmoProcess(
      workspace.train(save: "runs", "--threads", "4", "--quiet"), limit: "ulimit -v \(limit)")
    if process.status != 0 {
      #expect(process.status == 1)
      let last = process.errors.split(separator: "\n").last ?? ""
      #expect(last.hasPrefix("Error: ") && last.contains("ulimit -v"), "\(process.errors)")
    }
    #expect(limit < 2_000_000 || process.status == 0, "\(process.errors)")
  }

  @Test(
    arguments: [
      ["PMIX_RANK": "1"], ["OMPI_COMM_WORLD_RANK": "1"],
      ["OMPI_COMM_WORLD_RANK": "3", "OMPI_COMM_WORLD_SIZE": "4"],
      ["PMIX_RANK": "1", "SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "1"],
    ])
  func `commands that share no work speak under launchers`(environment: [String: String]) throws {
    let scored = try Scored()
    let (logits, labels) = (scored.folder.file("logits.npy"), scored.folder.file("labels.npy"))
    for arguments in [
      ["table", scored.run],
      ["score", "--logits", logits.path, "--labels", labels.path, "--bootstrap", "0"],
      ["data", "verify", "--dataset", "digits", "--data", scored.folder.url.path],
      ["report", scored.run], ["inspect"],
    ] {
      let alone = try MixmoProcess(arguments)
      let launched = try MixmoProcess(arguments, environment: environment)
      #expect(launched.status == alone.status, "\(arguments)")
      #expect(launched.output == alone.output, "\(arguments)")
      #expect(launched.errors == alone.errors, "\(arguments)")
      #expect(!(alone.output + alone.errors).isEmpty)
    }
  }

  @Test func `a file beyond the limit is an error, and leaves nothing unfinished`() throws {
    let scored = try Scored()
    let (logits, labels) = (scored.folder.file("logits.npy"), scored.folder.file("labels.npy"))
    let output = scored.folder.file("limited")
    let process = try MixmoProcess(
      [
        "score", "--logits", logits.path, "--labels", labels.path, "--bootstrap", "0", "--output",
        output.path,
      ], limit: "ulimit -f 1")
    #expect(process.status == 1)
    #expect(process.errors.contains("File too large"), "\(process.errors)")
    let left = FileManager.default.enumerator(atPath: output.path)?.compactMap { "\($0)" } ?? []
    #expect(!left.contains { $0.contains(".partial") }, "\(left)")
  }

  /// The files below a folder but the record, which says how long scoring took.
  private func tables(_ folder: URL) throws -> [String: [UInt8]] {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    return try names.filter { $0.contains(".") && $0 != "run.json" }.reduce(into: [:]) {
      $0[$1] = try FileContents.read(folder.appending(path: $1), limit: 1 << 20)
    }
  }

  @Test func `closed standard streams are not taken for files`() throws {
    let scored = try Scored()
    let (logits, labels) = (scored.folder.file("logits.npy"), scored.folder.file("labels.npy"))
    let output = { (name: String) in scored.folder.file("streams-\(name)") }
    func score(_ name: String, limit: String?) throws -> MixmoProcess {
      try MixmoProcess(
        [
          "score", "--logits", logits.path, "--labels", labels.path, "--bootstrap", "20",
          "--output",
          output(name).path,
        ], limit: limit)
    }
    let open = try score("open", limit: nil)
    try #require(open.status == 0, "\(open.errors)")
    let expected = try tables(output("open"))
    #expect(expected.count > 5)
    for subset in 1..<8 {
      let closed = (0..<3).filter { subset >> $0 & 1 == 1 }
      let process = try score(
        "\(subset)", limit: "exec " + closed.map { "\($0)>&-" }.joined(separator: " "))
      // A table that cannot be shown is an error; the files are whole in any case.
      let isShown = !closed.contains(1)
      #expect(process.status == (isShown ? 0 : 1), "\(closed): \(process.errors)")
      #expect(process.output == (isShown ? open.output : ""))
      if !isShown, !closed.contains(2) {
        #expect(
          process.errors.contains("Error: /dev/stdout: cannot be written: Bad file descriptor"))
      }
      #expect(try tables(output("\(subset)")) == expected, "\(closed)")
    }
  }

  @Test func `what a training says without streams is in none of its files`() throws {
    let workspace = try Workspace(epochs: 2, trainCount: 16, testCount: 8)
    try workspace.trainUndisturbed()
    for closed in ["0>&-", "2>&-", "0>&- 2>&-", "1>&- 2>&-", "0>&- 1>&- 2>&-"] {
      let save = "streams \(closed.filter(\.isNumber))"
      // With progress, which is written while files are open.
      let process = try MixmoProcess(workspace.train(save: save), limit: "exec \(closed)")
      #expect(process.status == (closed.contains("1>") ? 1 : 0), "\(process.errors)")
      try workspace.expectSameRun(save)
    }
  }

  @Test func `a pipe is named as one, wherever a file is expected`() throws {
    let scored = try Scored()
    let labels = scored.folder.file("labels.npy")
    for name in ["pipe", "pipe.npy", "pipe.npz", "pipe.csv", "pipe.ckpt", "pipe.yaml"] {
      let pipe = scored.folder.file(name)
      try #require(mkfifo(pipe.path, 0o600) == 0)
      let arguments: [[String]] =
        switch name {
        case "pipe.ckpt": [["inspect", pipe.path]]
        case "pipe.yaml": [["inspect", "--config", pipe.path]]
        default:
          [
            ["score", "--logits", pipe.path, "--labels", labels.path],
            ["score", "--logits", scored.folder.file("logits.npy").path, "--labels", pipe.path],
          ]
        }
      for arguments in arguments {
        let process = try MixmoProcess(arguments)
        #expect(process.status == 1)
        #expect(
          process.errors
            == "Error: \(pipe.path): expected a regular file, found a pipe; write its content to a "
            + "file, and name that\n")
      }
    }
  }

  @Test func `an empty argument is misuse`() throws {
    let folder = try TemporaryFolder()
    let before = try folder.names
    for arguments in [
      ["score", "--logits", "a.npy", "--labels", "b.npy", "--output", ""],
      ["score", "--logits", "", "--labels", "b.npy"], ["report", ""],
      ["train", "--config", "a", "--save=", "--data", "b"], ["inspect", "--", ""],
    ] {
      let process = try MixmoProcess(arguments, folder: folder.url)
      #expect(process.status == 64, "\(arguments)")
      #expect(process.errors.contains("found an empty one"), "\(process.errors)")
    }
    let option = try MixmoProcess("demo", "--output", "")
    #expect(option.errors.hasPrefix("Error: --output: expected a value, found an empty one"))
    #expect(try folder.names == before)
  }

  @Test func `what a user types is shown without control characters`() throws {
    let folder = try TemporaryFolder()
    let hostile = "\u{1B}[2J\u{7}\u{9B}x"
    for arguments in [
      ["score", "--\(hostile)"], [hostile], ["report", hostile],
      ["score", "--logits", "\(hostile).npy", "--labels", "\(hostile).npy"],
      ["convert", "\(hostile).ckpt", "\(hostile).safetensors"], ["demo", "--seed", hostile],
      ["data", "download", hostile, "--data", "x"], ["inspect", "--config", hostile],
      ["data", "verify", "--dataset", "cifar10", "--data", hostile],
    ] {
      let process = try MixmoProcess(arguments, folder: folder.url)
      #expect(process.status != 0, "\(arguments)")
      let shown = (process.output + process.errors).unicodeScalars
      #expect(!shown.isEmpty)
      #expect(
        !shown.contains { $0.properties.generalCategory == .control && $0 != "\n" },
        "\(arguments)")
    }
  }
}
