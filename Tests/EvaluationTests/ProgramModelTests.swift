// N images, M members, K classes.

import Datasets
import Evaluation
import Formats
import Foundation
import Images
import Loading
import Predictions
import Runs
import Scoring
import Synchronization
import Tensors
import TestSupport
import Testing

/// Somebody's program as a model, in the library; `ProgramCommandTests` have the command.
struct ProgramModelTests {
  private static let classCount = 10

  /// 23 images of random bytes: with batches of 5 the last is of 3.
  private static let images: InMemoryDataset = {
    var random = SeededGenerator(seed: 4)
    return InMemoryDataset(
      name: "random", classCount: classCount, imageSide: 8, labels: (0..<23).map { $0 % 10 },
      images: (0..<23).map { _ in
        let pixels: [UInt8] = (0..<192).map { _ in .random(in: 0...255, using: &random) }
        return Image(height: 8, width: 8, pixels: pixels)
      })
  }()

  private static func predict(
    _ mode: String, seed: Int = 0, isAlone: Bool = false, numbers: PredictionNumbers = .logits,
    patience: Int = 20, batchSize: Int = 5,
    isInterrupted: @escaping @Sendable () -> Bool = { false },
    in folder: URL, warn: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> PredictionArray {
    let plan = EvaluationPlan(runName: "test", dataset: images)
    let store = PredictionStore(folder: folder)
    let model = try ProgramModel(
      ProgramModel.Settings(
        command: (isAlone ? "exec " : "") + TestProgram.command(mode, seed: seed),
        classCount: classCount, numbers: numbers,
        patience: patience, workers: Workers(count: 2), isInterrupted: isInterrupted, warn: warn),
      batchSize: batchSize)
    try CellPrediction(plan: plan, store: store).predict(model) { _ in }
    return try store.predictions(of: .clean)
  }

  private final class Warnings: Sendable {
    let texts = Mutex([String]())
  }

  private static func expected(memberCount: Int = 1) -> [Float] {
    images.images.flatMap { image in
      (0..<memberCount).flatMap {
        TestProgram.logits(image.pixels, classCount: classCount, member: $0)
      }
    }
  }

  private static func values(_ array: PredictionArray) -> [Double] {
    array.withNumbers {
      $0.map { Double($0) }
    } float64: {
      Array($0)
    }
  }

  @Test(arguments: ["well", "members", "halves", "doubles"])
  func `answers are stored as they are given`(mode: String) throws {
    let folder = try TemporaryFolder()
    let stored = try Self.predict(mode, in: folder.url)
    let memberCount = mode == "members" ? 3 : 1
    #expect(stored.shape == [23, memberCount, Self.classCount])
    #expect(stored.elementType == (mode == "doubles" ? .float64 : .float32))
    // Bytes plus quarters are exact in half precision up to 512.
    #expect(Self.values(stored) == Self.expected(memberCount: memberCount).map(Double.init))
    let logits = try NumPyArray(contentsOf: folder.file("clean-0.npy"))
    #expect(try logits.values(of: Float.self) == Self.expected(memberCount: memberCount))
  }

  @Test func `probabilities are stored as given, and their logarithms as logits`() throws {
    let folder = try TemporaryFolder()
    let stored = try Self.predict("probabilities", numbers: .probabilities, in: folder.url)
    #expect(stored.numbers == .probabilities)
    let logits = try NumPyArray(contentsOf: folder.file("clean-0.npy")).values(of: Float.self)
    #expect(logits == Self.values(stored).map { Float(log($0)) })
  }

  @Test func `any schedule of reading and writing leaves the same predictions`() throws {
    let expected = Self.expected().map(Double.init)
    let folder = try TemporaryFolder()
    for seed in 0..<200 {
      let place = folder.file("\(seed)")
      let batchSize = [1, 2, 5, 23, 64][seed % 5]
      let stored = try Self.predict("schedule", seed: seed, batchSize: batchSize, in: place)
      #expect(Self.values(stored) == expected, "schedule \(seed)")
    }
  }

  /// What predicting says.
  private static func message(
    _ mode: String, isAlone: Bool = false, numbers: PredictionNumbers = .logits,
    patience: Int = 20, batchSize: Int = 5
  ) throws -> String {
    let folder = try TemporaryFolder()
    do {
      _ = try predict(
        mode, isAlone: isAlone, numbers: numbers, patience: patience, batchSize: batchSize,
        in: folder.url)
    } catch let error as ProgramError {
      #expect(try !folder.names.contains("clean-0.npy"))
      let command = (isAlone ? "exec " : "") + TestProgram.command(mode)
      let start = "--model \"\(command.oneLine)\""
      #expect(error.description.hasPrefix(start))
      return String(error.description.dropFirst(start.count))
    }
    return "nothing"
  }

  private static let failures: [(mode: String, message: String)] = [
    (
      "exits",
      ", at clean-0, batch 2 of 5: the program ended with exit code 3; the end of its standard error:"
        + "\n  line 2\n  line 3\n  line 4\n  line 5\n  line 6\n  line 7\n  line 8\n  line 9\n  line 10"
        + "\n  line 11"
    ),
    (
      "dies",
      ", at clean-0, batch 2 of 5: the program ended with exit code 139, signal 11 (Segmentation fault); the "
        + "end of its standard error:\n  Segmentation fault"
    ),
    (
      "chatty",
      ", at clean-0, batch 1 of 5: expected a NumPy array on its standard output, found \"loading weights "
        + "…\"; write messages to standard error"
    ),
    (
      "rows",
      ", at clean-0, batch 1 of 5: expected an answer of shape [5, K] or [5, M, K], found [4, 10]"
    ),
    (
      "axes",
      ", at clean-0, batch 1 of 5: expected an answer of shape [5, K] or [5, M, K], found [5, 2, 2, 10]"
    ),
    (
      "huge",
      ", at clean-0, batch 1 of 5: expected an answer of shape [5, K] or [5, M, K], found [5, 1099511627776, "
        + "10]"
    ),
    (
      "classes",
      ", at clean-0, batch 1 of 5: expected an answer of 10 classes, as the data set has, found 11; give the "
        + "images of the model's classes, or all its classes with --class-order"
    ),
    (
      "grows",
      ", at clean-0, batch 2 of 5: expected an answer of 1 members, 10 classes and float32, as before, found "
        + "2 members, 10 classes and float32"
    ),
    (
      "widens",
      ", at clean-0, batch 2 of 5: expected an answer of 1 members, 10 classes and float32, as before, found "
        + "1 members, 10 classes and float64"
    ),
    (
      "nan",
      ", at clean-0, batch 2 of 5: expected finite numbers, found 2 that are NaN or infinite, the first in "
        + "row 7 of the cell"
    ),
    (
      "integers",
      ", at clean-0, batch 1 of 5: expected an answer of float16, float32 or float64, found int64"
    ),
    (
      "garbage",
      ", at clean-0, batch 1 of 5: its answer: byte 10: expected \"{\""
    ),
    (
      "extra",
      ": expected one answer to each batch, found more: \"that was all\""
    ),
  ]

  @Test(arguments: failures)
  func `each failure is told with its place`(mode: String, expected: String) throws {
    #expect(try Self.message(mode) == expected)
  }

  @Test func `a program that closes its output has not answered`() throws {
    // The shell is gone, which would hold the output open.
    #expect(
      try Self.message("closes", isAlone: true)
        == ", at clean-0, batch 2 of 5: the program closed its standard output before its last answer, with "
        + "nothing on its standard error")
  }

  @Test(arguments: ["deaf", "stops", "stubborn"])
  func `a program that does nothing is ended`(mode: String) throws {
    let message = try Self.message(mode, patience: 1)
    #expect(
      message.hasSuffix(
        mode == "deaf"
          ? "the program has neither read nor answered for 1 s; give it longer with --patience"
          : "the program has read the batch and not answered it for 1 s; it must write and flush an answer to "
            + "each batch before it gets the rest; give it longer with --patience"))
    #expect(TestProgram.isGone("program.py \(mode)"))
  }

  @Test func `an answer to a batch that was not read is refused`() throws {
    // All batches of 23 images fit a pipe: an answer comes too soon, or the last is of too many rows.
    #expect(try Self.message("twice") != "nothing")
    let side = 64
    let large = InMemoryDataset(
      name: "large", classCount: 10, imageSide: side, labels: Array(repeating: 0, count: 40),
      images: Array(
        repeating: Image(
          height: side, width: side, pixels: [UInt8](repeating: 9, count: side * side * 3)),
        count: 40))
    let folder = try TemporaryFolder()
    let model = try ProgramModel(
      ProgramModel.Settings(
        command: TestProgram.command("twice"), classCount: 10, numbers: .logits, patience: 20,
        workers: Workers(count: 1)), batchSize: 10)
    let error = #expect(throws: ProgramError.self) {
      try CellPrediction(
        plan: EvaluationPlan(runName: "test", dataset: large),
        store: PredictionStore(folder: folder.url)
      ).predict(model) { _ in }
    }
    // When it is found depends on how soon the program reads on.
    let isFound = if case .unasked = error?.problem { true } else { error?.problem == .early }
    #expect(isFound, "\(String(describing: error))")
    #expect(try !folder.names.contains("clean-0.npy"))
  }

  @Test func `numbers that are no probabilities are refused`() throws {
    let message = try Self.message("well", numbers: .probabilities)
    #expect(message.contains("clean-0, batch 1 of 5: its answer"))
  }

  @Test(arguments: [
    (
      "late",
      "--model: the program ended with exit code 7 after its last answer; the results are complete"
    ),
    (
      "lingers",
      "--model: the program did not end within 1 seconds after its input did, and is ended; the results are "
        + "complete"
    ),
  ])
  func `how a program ends after its last answer is a warning`(
    mode: String, expected: String
  ) throws {
    let folder = try TemporaryFolder()
    let warnings = Warnings()
    let stored = try Self.predict(
      mode, patience: 1, in: folder.url,
      warn: { text in warnings.texts.withLock { $0.append(text) } })
    #expect(Self.values(stored) == Self.expected().map(Double.init))
    #expect(warnings.texts.withLock { $0 } == [expected])
    #expect(TestProgram.isGone("program.py \(mode)"))
  }

  @Test func `children of the program are ended with it`() throws {
    let folder = try TemporaryFolder()
    _ = try Self.predict("child", in: folder.url)
    #expect(TestProgram.isGone("sleep 600"))
  }

  @Test func `an interruption ends the program while it is waited for`() throws {
    let folder = try TemporaryFolder()
    let start = Date()
    #expect(throws: EvaluationError.interrupted(.predicting(.clean))) {
      _ = try Self.predict(
        "stops", patience: 600, isInterrupted: { Date() > start + 1 }, in: folder.url)
    }
    #expect(TestProgram.isGone("program.py stops"))
  }

  @Test func `a command that the shell does not find is told at once`() throws {
    let error = #expect(throws: ProgramError.self) {
      try ProgramModel(
        ProgramModel.Settings(
          command: "no-such-program --weights 1", classCount: 2, numbers: .logits, patience: 5,
          workers: Workers(count: 1)), batchSize: 1)
    }
    let text = error?.description ?? ""
    #expect(
      text.hasPrefix(
        "--model \"no-such-program --weights 1\": the program cannot be started (exit code 127); the end of "
          + "its standard error:\n"))
    #expect(text.hasSuffix("no-such-program: not found"))
  }

  @Test func `a model that answers otherwise than what is stored is refused`() throws {
    let plan = EvaluationPlan(
      runName: "test", dataset: Self.images,
      benchmark: CellsOfCopies(clean: Self.images, severities: [1, 2]))
    let folder = try TemporaryFolder()
    func predict(_ mode: String, isOther: Bool = false) throws {
      let settings = ProgramModel.Settings(
        command: TestProgram.command(mode), classCount: 10, numbers: .logits, patience: 20,
        workers: Workers(count: 1))
      try CellPrediction(plan: plan, store: PredictionStore(folder: folder.url))
        .predict(ProgramModel(settings, batchSize: 5)) { _ in }
    }
    try predict("well")
    let last = folder.file("copy-2.npy")
    let bytes = try FileContents.read(last, limit: 1 << 20)
    try FileManager.default.removeItem(at: last)
    #expect(throws: EvaluationError.changedModel(folder.file("clean-0.npy"))) {
      try predict("shifted")
    }
    #expect(!FileManager.default.fileExists(atPath: last.path))
    try predict("well")
    #expect(try FileContents.read(last, limit: 1 << 20) == bytes)
  }

  /// Clean images as those of a corruption.
  private struct CellsOfCopies: CorruptionBenchmark {
    struct Copies: CorruptedDataset {
      let clean: InMemoryDataset
      let cell: Cell
      var name: String { clean.name }
      var classCount: Int { clean.classCount }
      var imageSide: Int { clean.imageSide }
      var labels: [Int] { clean.labels }
      func image(at index: Int) -> Image { clean.image(at: index) }
    }

    let clean: InMemoryDataset
    let severities: [Int]
    var cells: [Cell] { severities.map { Cell(corruption: "copy", severity: $0) } }
    var isGenerated: Bool { true }
    func images(of cell: Cell) -> any CorruptedDataset { Copies(clean: clean, cell: cell) }
  }

  @Test func `what keeps images from being made is told`() throws {
    struct Broken: Dataset {
      var name: String { "broken" }
      var classCount: Int { 10 }
      var imageSide: Int { 8 }
      var labels: [Int] { Array(repeating: 0, count: 9) }
      func image(at index: Int) throws -> Image {
        guard index < 7 else { throw FileError.unreadable(URL(filePath: "/7.png"), EIO) }
        return Image(height: 8, width: 8, pixels: [UInt8](repeating: 1, count: 192))
      }
    }
    let folder = try TemporaryFolder()
    let model = try ProgramModel(
      ProgramModel.Settings(
        command: TestProgram.command("well"), classCount: 10, numbers: .logits, patience: 20,
        workers: Workers(count: 2)), batchSize: 2)
    #expect(throws: FileError.unreadable(URL(filePath: "/7.png"), EIO)) {
      try CellPrediction(
        plan: EvaluationPlan(runName: "test", dataset: Broken()),
        store: PredictionStore(folder: folder.url)
      ).predict(model) { _ in }
    }
  }

  @Test func `processes that share the images leave the bytes of one`() throws {
    let plan = EvaluationPlan(runName: "test", dataset: Self.images)
    let folder = try TemporaryFolder()
    _ = try Self.predict("members", batchSize: 2, in: folder.file("whole"))
    for count in [2, 3] {
      let place = folder.file("\(count)")
      _ = try ThreadProcesses.run(count) { processes in
        let prediction = CellPrediction(plan: plan, store: PredictionStore(folder: place))
        func model() throws -> ProgramModel {
          try ProgramModel(
            ProgramModel.Settings(
              command: TestProgram.command("members"), classCount: 10, numbers: .logits,
              patience: 20, workers: Workers(count: 1)), batchSize: 2)
        }
        if processes.isFirst {
          try prediction.predict(model(), sharedAmong: processes) { _ in }
        } else {
          try prediction.assist(model, among: processes)
        }
      }
      let bytes = try ["whole", "\(count)"].map {
        try FileContents.read(folder.file("\($0)/clean-0.npy"), limit: 1 << 20)
      }
      #expect(bytes[0] == bytes[1])
    }
  }

  @Test(arguments: [
    ("python3 a.py --ckpt=b.pt", ["python3", "a.py", "--ckpt=b.pt"]),
    ("cd 'my dir' && ./run \"x y\" >log", ["cd", "my dir", "./run", "x y", "log"]),
    (#"a\ b "c\"d" e'f'g"#, ["a b", "c\"d", "efg"]),
    ("  ", []), ("a|b;c", ["a", "b", "c"]), ("'open", ["open"]), ("back\\", ["back"]),
  ])
  func `the words of a command are those of the shell`(line: String, words: [String]) {
    #expect(ShellWords(line).words == words)
    #expect(ShellWords(line).values == (line.contains("=") ? ["b.pt"] : []))
  }
}
