// N images, M subnetworks, K classes.

import Corruptions
import Datasets
import Evaluation
import Formats
import Foundation
import Images
import Loading
import Networks
import Runs
import Scoring
import Tensors
import TestSupport
import Testing

extension NetworkModel {
  /// A network for digits.
  init(_ network: MixMoNetwork) {
    let inference = InferenceNetwork(network)
    self.init(normalization: DatasetKind.digits.normalization, threadCount: 1) {
      inference.logits($0)
    }
  }
}

struct EvaluationRunTests {
  static let table = """
    suite: two of a kind
    side: 32
    corruptions:
      brightness:
        family: weather
        group: benchmark
        severities: {1: {shift: 0.05}, 4: {shift: 0.2}}
      gaussian_noise:
        family: noise
        group: benchmark
        severities: {1: {deviation: 0.04}}
    """

  static func plan(limit: Int? = 24) throws -> EvaluationPlan {
    EvaluationPlan(
      runName: "test", dataset: Digits.read(.test),
      benchmark: try GeneratedBenchmark(
        try CorruptionSuite(text: table, url: URL(filePath: "/suite.yaml")).corruptions,
        of: Digits.read(.test), seed: 5),
      imageLimit: limit)
  }

  static func network(threads: Int = 2) -> MixMoNetwork {
    let network = MixMoNetwork(
      NetworkConfiguration(name: .wideResNetMixMo, depth: 10, widenFactor: 1), memberCount: 2,
      classCount: 10, workers: Workers(count: threads))
    network.initialize(seed: 3)
    return network
  }

  /// The tables that an evaluation left.
  struct Tables {
    let cells, diversity, reliability: CSVTable

    init(_ folder: RunFolder) throws {
      cells = try CSVTable(contentsOf: folder.table(.cells))
      diversity = try CSVTable(contentsOf: folder.table(.diversity))
      reliability = try CSVTable(contentsOf: folder.table(.reliability))
    }
  }

  /// Evaluates the plan in `folder`.
  static func run(
    in folder: URL, threads: Int = 2, plan: EvaluationPlan? = nil,
    _ calibrations: [Calibration] = [.none, .temperature],
    report: @escaping (EvaluationEvent) throws -> Void = { _ in },
    isInterrupted: @escaping () -> Bool = { false }
  ) throws -> Tables {
    let runFolder = RunFolder(folder)
    let workers = Workers(count: threads)
    var model = ModelSource(
      classCount: 10, configuration: "depth: 10\n", fingerprint: { "f" },
      open: { NetworkModel(network(threads: threads)) })
    model.memberCount = 2
    let predictions = ModelPredictions(
      of: model, for: try plan ?? Self.plan(),
      in: runFolder, suite: nil, seed: 5, version: "0.1.0", workers: workers)
    let settings = ScoringSettings(calibrations: calibrations, drawCount: 50)
    _ = try EvaluationRun(of: predictions, request: ScoringRequest(settings), workers: workers)
      .run(report: report, isInterrupted: isInterrupted)
    return try Tables(runFolder)
  }

  @Test(arguments: [1, 2, 3, 5])
  func `processes that share the images leave the bytes of one`(count: Int) throws {
    // Shares of 256 images: a whole one and a rest in each cell.
    let plan = try Self.plan(limit: 300)
    let folder = try TemporaryFolder()
    let (whole, shared) = (folder.file("whole"), folder.file("shared"))
    @Sendable func prediction(_ folder: URL) -> CellPrediction {
      CellPrediction(plan: plan, store: PredictionStore(folder: folder))
    }
    try prediction(whole).predict(NetworkModel(Self.network())) { _ in }
    // Some cells may be there already, and all of them the second time.
    let clean = "clean-0.npy"
    try FolderCreation.create(shared)
    try FileManager.default.copyItem(
      at: whole.appending(path: clean), to: shared.appending(path: clean))
    for missing in [3, 0] {
      let counts = try ThreadProcesses.run(count) { processes in
        let prediction = prediction(shared)
        var counts: [Int] = []
        if processes.isFirst {
          let model = prediction.missingImageCount > 0 ? NetworkModel(Self.network()) : nil
          try prediction.predict(model, sharedAmong: processes) { counts.append($0.imageCount) }
        } else {
          try prediction.assist({ NetworkModel(Self.network()) }, among: processes)
        }
        return counts
      }
      #expect(counts[0].last ?? 0 == missing * 300)
      for cell in plan.cells {
        let bytes = try [whole, shared].map {
          try FileContents.read($0.appending(path: "\(cell.name).npy"), limit: 1 << 30)
        }
        let isSame = bytes[0] == bytes[1]
        #expect(isSame, "\(cell.name)")
      }
    }
  }

  @Test func `cells are the clean set, then each corruption by severity`() throws {
    let names = try Self.plan().cells.map(\.name)
    #expect(names == ["clean-0", "brightness-1", "brightness-4", "gaussian_noise-1"])
  }

  @Test func `frost without the published textures is marked in every result`() throws {
    let suite = try CorruptionSuite(
      contentsOf: TestPackage.url.appending(path: "corruptions/cifar.yaml"))
    let frost = try #require(suite[.frost])
    let plan = EvaluationPlan(
      runName: "test", dataset: Digits.read(.test),
      benchmark: try GeneratedBenchmark([frost], of: Digits.read(.test), seed: 1),
      severities: [2], imageLimit: 4)
    let folder = try TemporaryFolder()
    let files = try Self.run(in: folder.url, plan: plan)
    #expect(files.cells.column("corruption")?.last == "frost(substitute)")
    #expect(try folder.names.contains("predictions"))
    let stored = try FileManager.default.contentsOfDirectory(
      atPath: folder.file("predictions").path)
    #expect(stored.contains("frost(substitute)-2.npy"))
  }

  @Test func `cells whose images are the clean ones are recorded, and raise no doubt`() throws {
    let suite = try CorruptionSuite(
      contentsOf: TestPackage.url.appending(path: "corruptions/cifar.yaml"))
    let saturate = try #require(suite[.saturate])
    let plan = EvaluationPlan(
      runName: "test", dataset: Digits.read(.test),
      benchmark: try GeneratedBenchmark([saturate], of: Digits.read(.test), seed: 1),
      imageLimit: 40)
    let folder = try TemporaryFolder()
    _ = try Self.run(in: folder.url, plan: plan)
    let record = try RunRecord.read(from: RunFolder(folder.url))
    // Grey stays grey: severities 4 and 5 brighten.
    #expect(record.unchanged == ["saturate-1", "saturate-2", "saturate-3"])
    let digests = ["clean-0", "saturate-1", "saturate-4"].map { record.predictions?["\($0).npy"] }
    #expect(digests[0] == digests[1] && digests[0] != digests[2])
    #expect(record.doubts?.contains { $0.sentence.contains("byte-identical") } != true)
  }

  @Test func `every cell, predictor and calibration has its row`() throws {
    let folder = try TemporaryFolder()
    let files = try Self.run(in: folder.url)
    let predictors = ["ensemble", "ensemble-probs", "member-0", "member-1", "members-mean"]
    #expect(files.cells.rows.count == 4 * predictors.count * 2)
    #expect(
      files.cells.header == [
        "run", "dataset", "corruption", "severity", "predictor", "calibration", "temperature",
        "samples", "accuracy", "accuracy_top5", "nll", "brier", "brier_per_class", "ece", "mce",
        "ece_adaptive", "ece_classwise", "tace", "ece_debiased", "ece_smooth", "overconfidence",
        "auroc_misclassification", "aupr_error", "aupr_success", "fpr95", "aurc", "eaurc",
        "augrc", "entropy", "calibration_loss", "refinement_loss", "temperature_at_bound",
        "fitting",
      ])
    #expect(Set(files.cells.column("fitting") ?? []) == ["clean-halves"])
    #expect(files.cells.rows.prefix(5).map { $0[4] } == predictors)
    #expect(files.cells.column("samples") == Array(repeating: "24", count: 40))
    #expect(files.diversity.rows.count == 4 * 2 * 2)
    #expect(files.diversity.header.suffix(2) == ["no_shared_error", "fitting"])
    #expect(files.reliability.rows.count == 4 * 4 * 2 * 15)
  }

  @Test func `the prediction files hold the network's logits and the labels`() throws {
    let folder = try TemporaryFolder()
    _ = try Self.run(in: folder.url)
    let plan = try Self.plan()
    let store = PredictionStore(folder: folder.file("predictions"))
    let stored = try store.logits(of: .clean, labels: plan.labels, memberCount: 2, classCount: 10)
    let batch = try Batch(
      Array(0..<24), of: plan.images, normalization: DatasetKind.digits.normalization,
      workers: Workers(count: 1))
    #expect(stored.values == InferenceNetwork(Self.network()).logits(batch.images).values)
    let labels = try NumPyArray(contentsOf: store.labelsURL).values(of: Int64.self)
    #expect(labels.map(Int.init) == plan.labels)
  }

  @Test func `the same bytes on any number of threads`() throws {
    let first = try TemporaryFolder()
    let second = try TemporaryFolder()
    let one = try Self.run(in: first.url, threads: 1)
    let three = try Self.run(in: second.url, threads: 3)
    #expect(one.cells.text == three.cells.text)
    #expect(one.diversity.text == three.diversity.text)
    #expect(one.reliability.text == three.reliability.text)
  }

  @Test func `stored cells are not predicted again, and score the same`() throws {
    let folder = try TemporaryFolder()
    let first = try Self.run(in: folder.url)
    let store = PredictionStore(folder: folder.file("predictions"))
    let cell = try Self.plan().cells[2]
    let kept = try FileContents.read(store.url(of: .clean), limit: 1 << 20)
    let inode = try FileManager.default.attributesOfItem(atPath: store.url(of: .clean).path)
    try FileManager.default.removeItem(at: store.url(of: cell))
    let second = try Self.run(in: folder.url)
    #expect(first.cells.text == second.cells.text)
    #expect(try FileContents.read(store.url(of: .clean), limit: 1 << 20) == kept)
    let after = try FileManager.default.attributesOfItem(atPath: store.url(of: .clean).path)
    #expect(inode[.systemFileNumber] as? Int == after[.systemFileNumber] as? Int)
  }

  @Test func `an interruption ends the evaluation where it is, and the same one goes on`() throws {
    let folder = try TemporaryFolder()
    let whole = try TemporaryFolder()
    let expected = try Self.run(in: whole.url)
    let stages: [(EvaluationEvent) -> Bool] = [
      { if case .predicted(let cell, _, _) = $0 { cell.severity == 4 } else { false } },
      { if case .scored = $0 { true } else { false } },
    ]
    let errors: [EvaluationError] = [
      .interrupted(.predicting(Cell(corruption: "brightness", severity: 4))),
      .interrupted(.scoring),
    ]
    for (isReached, error) in zip(stages, errors) {
      var isInterrupted = false
      #expect(throws: error) {
        try Self.run(
          in: folder.url, report: { if isReached($0) { isInterrupted = true } },
          isInterrupted: { isInterrupted })
      }
      #expect(!FileManager.default.fileExists(atPath: folder.file("cells.csv").path))
    }
    #expect(try Self.run(in: folder.url).cells.text == expected.cells.text)
  }

  @Test func `stored predictions of another shape are refused by name`() throws {
    let folder = try TemporaryFolder()
    _ = try Self.run(in: folder.url)
    try NumPyArray.write(
      [Float](repeating: 0, count: 24 * 3 * 10), shape: [24, 3, 10],
      to: RunFolder(folder.url).predictions.url(of: .clean))
    #expect {
      try Self.run(in: folder.url)
    } throws: {
      "\($0)".contains("clean-0.npy: not this run's file: expected SHA-256 ")
    }
    // Older versions recorded no digest.
    var record = try RunRecord.read(from: RunFolder(folder.url))
    record.predictions = nil
    try record.write(to: RunFolder(folder.url))
    #expect {
      try Self.run(in: folder.url)
    } throws: {
      "\($0)".contains("clean-0.npy: expected shape [24, 2, 10], found [24, 3, 10]")
    }
  }

  @Test func `the files of CIFAR-10-C score as the images that they were made of`() throws {
    let folder = try TemporaryFolder()
    let digits = Digits.read(.test)
    let clean = InMemoryDataset(
      name: "digits", classCount: 10, imageSide: 32, labels: Array(digits.labels.prefix(24)),
      images: Array(digits.images.prefix(24)))
    let suite = try CorruptionSuite(
      contentsOf: TestPackage.url.appending(path: "corruptions/cifar.yaml"))
    let made = try GeneratedBenchmark(
      [try #require(suite[.contrast]), try #require(suite[.gaussianNoise])], of: clean, seed: 5)
    let place = folder.file("CIFAR-10-C")
    try FolderCreation.create(place)
    try NumPyArray.write(
      (0..<5).flatMap { _ in clean.labels.map(UInt8.init) }, shape: [120],
      to: place.appending(path: "labels.npy"))
    for (name, cells) in Dictionary(grouping: made.cells, by: \.corruption) {
      let pixels = try cells.flatMap { cell in
        let images = try made.images(of: cell)
        return try (0..<24).flatMap { try images.image(at: $0).pixels }
      }
      try NumPyArray.write(
        pixels, shape: [120, 32, 32, 3], to: place.appending(path: "\(name).npy"))
    }
    let files = try DatasetKind.cifar10.benchmark(
      of: clean, in: folder.url, names: ["contrast", "gaussian_noise"], isPartial: false)
    let tables = try [made as any CorruptionBenchmark, files].map { benchmark in
      let output = try TemporaryFolder()
      let plan = EvaluationPlan(
        runName: "test", dataset: clean,
        benchmark: benchmark, severities: [2, 5])
      return try Self.run(in: output.url, plan: plan).cells.text
    }
    #expect(tables[0] == tables[1])
  }

  /// A benchmark whose files hold another severity than the one asked for.
  struct Shifted: CorruptionBenchmark {
    let cells = [Cell(corruption: "fog", severity: 2)]
    let isGenerated = true

    struct Images: CorruptedDataset {
      let whole = Digits.read(.test)
      let cell = Cell(corruption: "fog", severity: 3)
      var name: String { whole.name }
      var classCount: Int { whole.classCount }
      var imageSide: Int { whole.imageSide }
      var labels: [Int] { whole.labels }
      func image(at index: Int) -> Image { whole.image(at: index) }
    }

    func images(of _: Cell) -> any CorruptedDataset { Images() }
  }

  @Test func `images of another severity than asked for are refused`() throws {
    let folder = try TemporaryFolder()
    let plan = EvaluationPlan(
      runName: "test", dataset: Digits.read(.test),
      benchmark: Shifted(),
      imageLimit: 8)
    #expect {
      try Self.run(in: folder.url, plan: plan)
    } throws: {
      "\($0)".hasPrefix("opening fog-2: expected its images, found those of fog-3; ")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("predictions/fog-2.npy").path))
  }

  @Test func `a limit takes images evenly, clean and corrupted alike`() throws {
    let plan = try Self.plan(limit: 7)
    let whole = try Self.plan(limit: nil)
    let places = (0..<7).map { $0 * 360 / 7 }
    #expect(whole.imageCount == 360 && plan.labels == places.map { whole.labels[$0] })
    for cell in plan.cells {
      let (some, all) = try (plan.open(cell).images, whole.open(cell).images)
      for (index, place) in places.enumerated() {
        #expect(try some.image(at: index) == all.image(at: place))
      }
    }
  }
}
