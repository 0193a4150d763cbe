import Foundation
import TestSupport
import Testing

/// Messages end in what to do.
struct AdviceTests {
  /// The text of each file of the sources, by its path there.
  private static func sources(below folder: String = "Sources") throws -> [String: String] {
    let root = TestPackage.url.appending(path: folder)
    return try FileManager.default.subpathsOfDirectory(atPath: root.path)
      .filter { $0.hasSuffix(".swift") }
      .reduce(into: [:]) {
        $0[$1] = try String(contentsOf: root.appending(path: $1), encoding: .utf8)
      }
  }

  @Test func `each type of error that a user can meet says what to do`() throws {
    let sources = try Self.sources()
    let type = #/^(?:public |package )(?:struct|enum) (\w+): [^{\n]*\bError\b[^{\n]*/#
      .anchorsMatchLineEndings()
    let errors = sources.values.flatMap { text in
      text.matches(of: type).filter { $0.0.contains("CustomStringConvertible") }
        .map { String($0.1) }
    }
    #expect(errors.count > 25 && errors.contains("FileError"))
    let advised = sources.filter { $0.key.hasPrefix("mixmo/Advice/") }.values.joined()
    for name in errors {
      #expect(advised.contains("extension \(name): AdvisedError"), "\(name)")
    }
    // A case that is added does not compile before its advice is given.
    #expect(!advised.contains("default: nil"))
  }

  /// The text of a call whose opening parenthesis is at `start`.
  private static func call(_ text: String, _ start: String.Index) -> Substring {
    var depth = 0
    let end = text[start...].firstIndex { character in
      depth += character == "(" ? 1 : character == ")" ? -1 : 0
      return depth == 0
    }
    return text[start..<(end ?? text.endIndex)]
  }

  @Test func `each message about options says what to give instead`() throws {
    let words = [
      "expected ", "needs ", "need ", "give ", "Give ", "goes with", "go together", "choose ",
      "leave ", "name ", "Spelling.suggestion", "start ", "say ", "see ", "is for one run",
      "go to --output", "share the images without it", "fits on the clean", "is for several",
      "messageWithAdvice",
    ]
    var count = 0
    for (file, text) in try Self.sources(below: "Sources/mixmo") {
      for range in text.ranges(of: "ValidationError(") {
        let message = Self.call(text, text.index(before: range.upperBound))
        guard message.contains("\"") else { continue }
        count += 1
        #expect(words.contains { message.contains($0) }, "\(file): \(message)")
      }
    }
    #expect(count > 90)
  }

  @Test(arguments: [
    (
      ["score", "--logits", "none.npy", "--labels", "none.npy"],
      "none.npy: cannot be read: No such file or directory; check the path and the spelling"
    ),
    (["inspect", "none.ckpt"], "No such file or directory; check the path and the spelling"),
    (
      ["score", "--logits", "folder", "--labels", "labels.npy"],
      "--cells takes a folder with a file for each cell."
    ),
    (["report", "folder"], "run mixmo evaluate or mixmo score with this folder as its output"),
    (
      ["train", "--config", "none.yaml", "--data", "folder", "--save", "runs"],
      "set MIXMO_HOME to the folder that holds it"
    ),
    (
      ["data", "verify", "--dataset", "cifar10", "--data", "folder"],
      "name another folder with --data, or fetch it with mixmo data download"
    ),
    (["convert", "text.ckpt", "out.safetensors"], "; "),
    (
      ["calibrate", "--logits", "text.npy", "--labels", "text.npy", "--calibration", "temperature"]
        + ["--output", "folder/c.json"], "; "
    ),
    (
      ["score", "--logits", "logits.npy", "--labels", "more.npy"],
      "expected 3 labels, one for each row of predictions, found 4; give the labels of these rows, in "
        + "their order"
    ),
    (
      ["score", "--logits", "logits.npy", "--labels", "wrong.npy"],
      "; count classes from 0, and give the predictions of all classes"
    ),
    (
      ["score", "--logits", "logits.npy", "--labels", "labels.npy", "--output", "text.npy/runs"],
      "; check the path: a folder of it is missing, or is a file"
    ),
    (["corrupt", "--image", "text.npy", "--preview", "sheet.png"], "; "),
  ])
  func `what a newcomer meets ends in what to do`(arguments: [String], end: String) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      at: folder.file("folder"), withIntermediateDirectories: true)
    try RandomLogits(rowCount: 3, seed: 1).write(
      folder.file("logits.npy"), folder.file("labels.npy"))
    try RandomLogits(rowCount: 4, seed: 1).write(folder.file("other.npy"), folder.file("more.npy"))
    // An array of the labels 0, 1 and 7.
    var bytes = try Data(contentsOf: folder.file("labels.npy"))
    bytes[bytes.count - 8] = 7
    try bytes.write(to: folder.file("wrong.npy"))
    for name in ["text.ckpt", "text.npy"] { try Data("a text".utf8).write(to: folder.file(name)) }
    let process = try MixmoProcess(arguments, folder: folder.url)
    #expect(process.status == 1 || process.status == 64, "\(process.errors)")
    let message = process.errors.split(separator: "\n").last { $0.hasPrefix("Error: ") } ?? ""
    #expect(message.contains(end), "\(process.errors)")
    #expect(end == "; " || message.hasSuffix(end), "\(message)")
  }

  @Test func `without gnuplot the package is named`() throws {
    let scored = try Scored()
    let process = try MixmoProcess(
      ["report", scored.run], environment: ["PATH": scored.folder.url.path])
    #expect(process.status == 0)
    #expect(process.errors.contains("install Debian's package gnuplot-nox"), "\(process.errors)")
  }
}

/// Progress of what mostly is short.
struct ProgressTests {
  @Test func `short work leaves no line about itself`() throws {
    let scored = try Scored()
    let (logits, labels) = (scored.folder.file("logits.npy"), scored.folder.file("labels.npy"))
    for arguments in [
      ["table", scored.run], ["verify", scored.run, "--json"], ["report", scored.run],
      [
        "calibrate", "--logits", logits.path, "--labels", labels.path, "--calibration",
        "temperature", "--predictor", "ensemble", "--output", scored.folder.file("c.json").path,
      ],
      ["benchmark", "--network", "wrn-10-1", "--batch", "2", "--rounds", "1", "--layers"],
    ] {
      let process = try MixmoProcess(arguments)
      #expect(process.status == 0, "\(arguments): \(process.errors)")
      for title in ["hash", "test", "draw", "fit", "time", "layers", "images"] {
        let isThere = process.errors.split(separator: "\n").contains { $0.hasPrefix("\(title)  ") }
        #expect(!isThere, "\(arguments): \(process.errors)")
      }
    }
  }
}
