import ArgumentParser
import Foundation

/// Times `mixmo` and, where a Python with PyTorch is found, the same networks there, in turn; then
/// the readers of files, the corruptions, somebody's program and the scores.
@main
struct Benchmarks: AsyncParsableCommand {
  @Option(help: "The program to time.")
  var mixmo = "../.build/release/mixmo"

  @Option(help: "The PyTorch program; PEER_PYTHON names the Python that runs it.")
  var peer = "../Tests/Fixtures/reference/peer_torch.py"

  @Option(help: "Runs of each program in a case; each measures a median of five.")
  var rounds = 5

  @Option(help: "Threads of each program.")
  var threads = 2

  @Option(
    help:
      "Only cases whose name contains this: files, corruptions, imagenet, model, scoring, or a part of a network's."
  )
  var only = ""

  func run() async throws {
    let python = await findPython(having: "torch")
    if python == nil {
      try show("No Python with PyTorch: set PEER_PYTHON to compare. mixmo alone:")
    }
    if isWanted("files") { try await inTemporaryFolder { try await files(python, in: $0) } }
    if isWanted("corruptions") { try await inTemporaryFolder(corruptions) }
    if isWanted("imagenet") {
      let suite = URL(fileURLWithPath: "../corruptions/imagenet.yaml")
      for line in try ImageNetBenchmarks(suite: suite, rounds: max(rounds, 1)).run() {
        try show(line)
      }
    }
    if isWanted("model") { try await inTemporaryFolder(model) }
    if isWanted("scoring") { try await inTemporaryFolder { try await scoring(python, in: $0) } }
    let networks = NetworkBenchmarks(
      mixmo: Program(path: mixmo), peer: python.map { Program(path: $0.path, prefix: [peer]) },
      inferencePeer: python.map { Program(path: $0.path, prefix: ["peers/inference.py"]) },
      hasOpenVINO: await findPython(having: "openvino") != nil, rounds: max(rounds, 1),
      threads: threads)
    for benchmark in BenchmarkCase.all where isWanted(benchmark.name) {
      for line in try await networks.lines(benchmark) { try show(line) }
    }
    if only.isEmpty { try show(await networks.layers()) }
  }

  private func isWanted(_ name: String) -> Bool { only.isEmpty || name.contains(only) }

  /// Prints a line at once, also into a file.
  private func show(_ line: String) throws {
    try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
  }

  /// A Python that has a library.
  private func findPython(having library: String) async -> Program? {
    let python = Program(path: ProcessInfo.processInfo.environment["PEER_PYTHON"] ?? "python3")
    guard (try? await python.output(["-c", "import \(library)"])) != nil else { return nil }
    return python
  }

  private func inTemporaryFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "mixmo-benchmarks-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
  }

  /// Opens checkpoints, decodes images and reads arrays.
  private func files(_ python: Program?, in folder: URL) async throws {
    let benchmarks = FileBenchmarks(
      peer: python.map { Program(path: $0.path, prefix: ["peers/files.py"]) },
      rounds: max(rounds, 1), threads: threads, folder: folder)
    if let python {
      for (form, options) in [("zip", []), ("legacy", ["--legacy"])] {
        let checkpoint = folder.appending(path: "\(form).ckpt")
        _ = try await python.output([peer, "checkpoint", "--out", checkpoint.path] + options)
        try show("\(form): \(await benchmarks.opening(checkpoint))")
      }
    }
    try show(await benchmarks.decoding())
    try show(benchmarks.mapping())
  }

  /// Makes a corrupted data set.
  private func corruptions(in folder: URL) async throws {
    let benchmarks = CorruptionBenchmarks(
      mixmo: Program(path: mixmo), threads: threads, folder: folder)
    for line in try await benchmarks.run() { try show(line) }
  }

  /// Evaluates a program that is not ours.
  private func model(in folder: URL) async throws {
    guard let python = await findPython(having: "numpy") else {
      return try show("No Python with NumPy: evaluate --model is not timed.")
    }
    let benchmarks = ModelBenchmarks(
      mixmo: Program(path: mixmo), python: python, threads: threads, folder: folder)
    for line in try await benchmarks.run() { try show(line) }
  }

  /// Scores predictions.
  private func scoring(_ pyTorch: Program?, in folder: URL) async throws {
    let benchmarks = ScoringBenchmarks(
      mixmo: Program(path: mixmo), python: await findPython(having: "numpy"), pyTorch: pyTorch,
      threads: threads, folder: folder)
    for line in try await benchmarks.run() { try show(line) }
  }
}
