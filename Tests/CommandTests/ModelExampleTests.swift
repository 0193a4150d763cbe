import Foundation
import Images
import Runs
import TestSupport
import Testing

/// The programs in the article AnyModel, as they stand there.
@Suite(.serialized)
struct ModelExampleTests {
  private static let article = TestPackage.url.appending(
    path: "Sources/mixmo/Documentation.docc/AnyModel.md")
  /// A Python with PyTorch, torchvision, ONNX and ONNX Runtime.
  private static let python = ProcessInfo.processInfo.environment["PEER_PYTHON"]
  private static let compiler = ["cc", "clang", "gcc"].lazy.flatMap { name in
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map {
      "\($0)/\(name)"
    }
  }.first { FileManager.default.isExecutableFile(atPath: $0) }

  /// The programs by the names in their first lines.
  private static func programs() throws -> [String: String] {
    let parts = try String(contentsOf: article, encoding: .utf8).components(separatedBy: "```")
    var programs: [String: String] = [:]
    for block in parts.enumerated().filter({ !$0.offset.isMultiple(of: 2) }).map(\.element) {
      let lines = block.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
      guard block.hasPrefix("python\n") || block.hasPrefix("c\n"), let first = lines.first,
        let name = first.split(separator: " ").last
      else { continue }
      programs[String(name)] = lines.joined(separator: "\n")
    }
    return programs
  }

  @Test func `examples have at most fifteen lines`() throws {
    let programs = try Self.programs()
    #expect(
      programs.keys.sorted() == [
        "brightness.c", "deep_ensemble.py", "mc_dropout.py", "onnx_model.py", "torch_model.py",
      ])
    for (name, text) in programs {
      let lines = text.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }
      #expect(lines.count <= 15, "\(name)")
    }
  }

  private func run(_ command: String, in folder: URL) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", command + " 2>&1"]
    process.currentDirectoryURL = folder
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let bytes = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
  }

  @Test(
    .enabled(
      if: python != nil, "needs PEER_PYTHON with PyTorch, torchvision, ONNX and ONNX Runtime"),
    arguments: [("torch_model", 1), ("onnx_model", 1), ("deep_ensemble", 3), ("mc_dropout", 8)])
  func `an example in Python predicts what its model does`(name: String, members: Int) throws {
    let workspace = try Workspace()
    let folder = workspace.folder.url
    let python = try #require(Self.python)
    let helper =
      "'\(python)' '\(TestPackage.url.path)/Tests/TestSupport/Programs/example_models.py'"
    let program = try #require(Self.programs()["\(name).py"])
    try program.write(to: folder.appending(path: "\(name).py"), atomically: true, encoding: .utf8)
    try MixmoProcess("model-client").output.write(
      to: folder.appending(path: "mixmo_client.py"), atomically: true, encoding: .utf8)
    let made = try run("\(helper) make \(name)", in: folder)
    try #require(made.status == 0, "\(made.text)")
    func evaluate(_ command: String, _ output: String) throws -> MixmoProcess {
      try MixmoProcess(
        [
          "evaluate", "--model", command, "--dataset", "digits", "--data", workspace.data,
          "--batch",
          "8", "--bootstrap", "0", "--quiet", "--output", workspace.path(output), "--deep-ensemble",
        ], environment: ["PYTHONPATH": folder.path], folder: folder)
    }
    let recorded = try evaluate("\(helper) record", "recorded")
    try #require(recorded.status == 0, "\(recorded.errors)")
    let run = try evaluate("'\(python)' \(name).py", "results")
    try #require(run.status == 0, "\(run.errors)")
    let record = try RunRecord.read(from: RunFolder(workspace.folder.file("results")))
    #expect(record.program?.files.keys.contains("\(name).py") ?? false)
    #expect((record.members == .independent) == (members > 1))
    let checked = try self.run(
      "\(helper) check \(name) results/predictions/clean-0.npy", in: folder)
    #expect(checked.status == 0, "\(checked.text)")
  }

  @Test(.enabled(if: compiler != nil, "needs a C compiler"))
  func `the example in C tells dark pictures from bright ones`() throws {
    let folder = try TemporaryFolder()
    let source = folder.file("brightness.c")
    try #require(Self.programs()["brightness.c"])
      .write(to: source, atomically: true, encoding: .utf8)
    let compiled = try run(
      "\(#require(Self.compiler)) -Wall -Werror -O1 -o brightness brightness.c", in: folder.url)
    try #require(compiled.status == 0, "\(compiled.text)")
    for (name, byte) in [("0-dark", 40), ("1-bright", 220)] as [(String, UInt8)] {
      let place = folder.file("pictures/\(name)")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      for index in 0..<9 {
        let image = Image(
          height: 20, width: 20, pixels: [UInt8](repeating: byte + UInt8(index), count: 1200))
        try Data(image.png(file: "picture")).write(to: place.appending(path: "\(index).png"))
      }
    }
    let run = try MixmoProcess(
      [
        "evaluate", "--model", "./brightness", "--images", "pictures", "--batch", "4", "--output",
        "results", "--bootstrap", "0", "--json",
      ], folder: folder.url)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("\"accuracy\""))
    let cells = try String(contentsOf: folder.file("results/cells.csv"), encoding: .utf8)
    let row = try #require(cells.split(whereSeparator: \.isNewline).dropFirst().first)
      .split(separator: ",", omittingEmptySubsequences: false)
    #expect(row[0] == "brightness" && row[1] == "pictures" && row[8] == "1.0", "\(row)")
    let verified = try MixmoProcess(["verify", "results"], folder: folder.url)
    #expect(verified.status == 0, "\(verified.output)")
    #expect(verified.output.contains("images of pictures (pictures)"), "\(verified.output)")
  }
}
