import ArgumentParser
import Foundation

/// Times `mixmo` and, where a Python with PyTorch is found, the same networks there, in turn; then
/// the readers of files, the corruptions and the scores.
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
      "Only cases whose name contains this; files for those of the readers; corruptions; scoring.")
  var only = ""

  func run() async throws {
    let python = await findPeer(having: "torch")
    if python == nil {
      try show("No Python with PyTorch: set PEER_PYTHON to compare. Ours alone:")
    }
    try await files(python: python)
    try await corruptions()
    try await scoring(python: findPeer(having: "numpy"), pyTorch: python)
    for benchmark in BenchmarkCase.all where only.isEmpty || benchmark.name.contains(only) {
      try show(await line(benchmark, python: python))
    }
    if only.isEmpty { try show(await layers()) }
  }

  /// Prints a line at once, also into a file.
  private func show(_ line: String) throws {
    try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
  }

  /// A Python that has a library.
  private func findPeer(having library: String) async -> Program? {
    let python = Program(path: ProcessInfo.processInfo.environment["PEER_PYTHON"] ?? "python3")
    guard (try? await python.output(["-c", "import \(library)"])) != nil else { return nil }
    return python
  }

  /// Makes a corrupted data set.
  private func corruptions() async throws {
    guard only.isEmpty || "corruptions".contains(only) else { return }
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let benchmarks = CorruptionBenchmarks(
      mixmo: Program(path: mixmo), threads: threads, folder: folder)
    for line in try await benchmarks.run() { try show(line) }
  }

  /// Scores predictions.
  private func scoring(python: Program?, pyTorch: Program?) async throws {
    guard only.isEmpty || "scoring".contains(only) else { return }
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let benchmarks = ScoringBenchmarks(
      mixmo: Program(path: mixmo),
      python: python, pyTorch: pyTorch, threads: threads, folder: folder)
    for line in try await benchmarks.run() { try show(line) }
  }

  private func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "mixmo-benchmarks-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  /// Opens and decodes files.
  private func files(python: Program?) async throws {
    guard only.isEmpty || "files".contains(only) else { return }
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let benchmarks = FileBenchmarks(
      peer: python.map { Program(path: $0.path, prefix: ["peers/files.py"]) },
      rounds: max(rounds, 1), threads: threads, folder: folder)
    if let python {
      for form in [[], ["--legacy"]] {
        let checkpoint = folder.appending(path: form.isEmpty ? "zip.ckpt" : "legacy.ckpt")
        _ = try await python.output([peer, "checkpoint", "--out", checkpoint.path] + form)
        let line = try await benchmarks.opening(checkpoint)
        try show("\(form.isEmpty ? "zip" : "legacy"): \(line)")
      }
    }
    try show(await benchmarks.decoding())
    try show(benchmarks.mapping())
  }

  private func line(_ benchmark: BenchmarkCase, python: Program?) async throws -> String {
    var (ours, theirs): ([Measurement], [Double]) = ([], [])
    for _ in 0..<max(rounds, 1) {
      let output = try await Program(path: mixmo).output(benchmark.arguments(threads: threads))
      ours.append(try JSONDecoder().decode(Measurement.self, from: Data(output.utf8)))
      if let python {
        theirs.append(
          try imagesPerSecond(await python.output(benchmark.peerArguments(threads: threads))))
      }
    }
    let share = String(
      format: "%.0f %% of the ceiling", 100 * median(ours.map(\.share)))
    let rate = String(format: "%.2f images/s", median(ours.map(\.imagesPerSecond)))
    guard python != nil else { return "\(benchmark.name): \(rate), \(share)" }
    let ratios = zip(ours, theirs).map { $0.imagesPerSecond / $1 }
    let comparison = String(
      format: "PyTorch %.2f, ratio %.2f (%.2f to %.2f)", median(theirs), median(ratios),
      ratios.min() ?? 0, ratios.max() ?? 0)
    return "\(benchmark.name): \(rate), \(comparison), \(share)"
  }

  /// The figure before "images/s".
  private func imagesPerSecond(_ output: String) throws -> Double {
    let words = output.split(whereSeparator: \.isWhitespace)
    guard let unit = words.firstIndex(of: "images/s"), unit > 0, let rate = Double(words[unit - 1])
    else { throw ProgramFailure(program: peer, status: "no figure", message: output) }
    return rate
  }

  /// Every convolution of the largest network on its own.
  private func layers() async throws -> String {
    try await Program(path: mixmo).output([
      "benchmark", "--network", "wrn-28-10", "--threads", String(threads), "--layers",
    ])
  }
}
