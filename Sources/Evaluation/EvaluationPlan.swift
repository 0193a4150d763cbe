import Datasets
import Loading
import PredictionFiles
import Runs
import Scoring
import Tensors

/// What an evaluation predicts.
package struct EvaluationPlan: Sendable {
  /// The name in the `run` column.
  package let runName: String
  /// The clean test images.
  package let images: any Dataset
  /// The training images that calibrations are fitted on; nil where they are not fitted on such images.
  package let validation: (any Dataset)?
  /// The images of no class that cells are told from.
  package let outOfDistribution: [OtherImages]
  /// The part of the cells that is predicted; nil for all.
  package let shard: Shard?
  /// The clean test set, then every corruption from its lowest severity on.
  package let cells: [Cell]
  private let benchmark: (any CorruptionBenchmark)?
  /// Which images of the test set are predicted.
  private let selection: RowSelection

  /// A plan for the test set `dataset`, or for `imageLimit` of its images, evenly spaced.
  ///
  /// - Parameters:
  ///   - runName: The name in the `run` column.
  ///   - dataset: The clean test set.
  ///   - benchmark: The corrupted images; nil for clean images alone.
  ///   - severities: The severities of the benchmark's cells that are predicted.
  ///   - imageLimit: The number of images in each cell; nil for all.
  ///   - labeled: The images that have a label, the others being left out; nil for all.
  ///   - shard: The part of the cells that is predicted; nil for all.
  ///   - validation: The training images that calibrations are fitted on.
  ///   - outOfDistribution: The images of no class that cells are told from, as many of each at most as of a
  ///     cell where there is a limit.
  package init(
    runName: String, dataset: any Dataset, benchmark: (any CorruptionBenchmark)? = nil,
    severities: [Int] = Array(1...5),
    imageLimit: Int? = nil, labeled: [Int]? = nil, shard: Shard? = nil,
    validation: (any Dataset)? = nil, outOfDistribution: [OtherImages] = []
  ) {
    self.runName = runName
    self.validation = validation
    self.outOfDistribution = outOfDistribution.map { other in
      guard let imageLimit else { return other }
      return OtherImages(
        name: other.name, images: Subset(imageLimit, of: other.images), source: other.source)
    }
    self.benchmark = benchmark
    self.shard = shard
    selection = RowSelection(of: dataset.count, labeled: labeled, limit: imageLimit)
    images = selection.images(of: dataset)
    cells = [.clean] + (benchmark?.cells ?? []).filter { severities.contains($0.severity) }
  }

  /// The cells that are predicted: all, or those of the shard.
  package var ownCells: [Cell] {
    guard let shard else { return cells }
    return cells.enumerated().filter { shard.contains(index: $0.offset) }.map(\.element)
  }

  /// The plan of the images that calibrations are fitted on, where they are predicted; of the shards, the
  /// one with the clean images predicts them.
  package var validationPlan: EvaluationPlan? {
    guard let validation, shard?.contains(index: 0) ?? true else { return nil }
    return EvaluationPlan(runName: runName, dataset: validation)
  }

  /// Images of no class, and what they are called.
  package struct OtherImages: Sendable {
    package let name: String
    package let images: any Dataset
    /// The data set or the folder, as it was named.
    package let source: [String]

    package init(name: String, images: any Dataset, source: [String]) {
      (self.name, self.images, self.source) = (name, images, source)
    }
  }

  /// The plans of the images of no class that are predicted, by name; of the shards, the one with the clean
  /// images predicts them.
  package var outOfDistributionPlans: [(name: String, plan: EvaluationPlan)] {
    guard shard?.contains(index: 0) ?? true else { return [] }
    return outOfDistribution.map {
      ($0.name, EvaluationPlan(runName: runName, dataset: ImagesOfNoClass($0.images)))
    }
  }

  /// How many images each cell has.
  package var imageCount: Int { images.count }

  /// The classes of the images that are scored.
  package var labels: [Int] { images.labels }

  /// The images of a cell, with the cell that they are of by where they are in the data.
  package struct OpenedCell: Sendable {
    package let cell: Cell
    package let images: any Dataset
    /// What a user should know about the files.
    package let notes: [String]
  }

  /// Opens the images of a cell.
  ///
  /// - Throws: what opening the files throws; `EvaluationError.otherCell` where they are found to be
  ///   those of another cell.
  package func open(_ cell: Cell) throws -> OpenedCell {
    guard !cell.isClean, let benchmark else {
      return OpenedCell(cell: .clean, images: images, notes: [])
    }
    let corrupted = try benchmark.images(of: cell)
    guard corrupted.cell == cell else {
      throw EvaluationError.otherCell(expected: cell, found: corrupted.cell)
    }
    return OpenedCell(
      cell: cell, images: selection.images(of: corrupted), notes: corrupted.notes)
  }

  /// The corrupted cells whose images are those of the clean cell, as grey images are under another
  /// saturation: judged by some of them, evenly spaced.
  ///
  /// - Throws: What opening cells and making images throws.
  func unchangedCells(workers: Workers) throws -> [Cell] {
    let sample = Subset(Self.sampleSize, of: images)
    let own = ownCells.filter { !$0.isClean }
    let areUnchanged = try workers.map(own.count) { index in
      let corrupted = Subset(Self.sampleSize, of: try open(own[index]).images)
      return try (0..<sample.count).allSatisfy {
        try corrupted.image(at: $0).pixels == sample.image(at: $0).pixels
      }
    }
    return zip(own, areUnchanged).filter(\.1).map(\.0)
  }

  /// The images that tell whether a cell is unchanged.
  private static let sampleSize = 8

  /// The cells whose images this evaluation reads from files.
  package var cellsReadFromFiles: [Cell] {
    benchmark?.isGenerated == false ? ownCells.filter { !$0.isClean } : []
  }

  /// SHA-256 of the stored images of each cell that is read from files, by the cell's name, and what
  /// a user should know about them.
  ///
  /// - Parameters:
  ///   - workers: The threads that read.
  ///   - report: Called every few hundred images, with the number of images done.
  /// - Returns: The fingerprints, and the cells' notes.
  /// - Throws: what opening and reading the files throws, or `report`.
  package func fingerprints(
    workers: Workers, report: (Int) throws -> Void
  ) throws -> (digests: [String: String], notes: [String]) {
    var digests: [String: String] = [:]
    var notes: [String] = []
    for (index, cell) in cellsReadFromFiles.enumerated() {
      let opened = try open(cell)
      digests[opened.cell.name] = try opened.images.storedFingerprint(workers: workers) {
        done, _ in try report(index * imageCount + done)
      }
      notes += opened.notes.filter { !notes.contains($0) }
      try report((index + 1) * imageCount)
    }
    return (digests, notes)
  }
}

extension RowSelection {
  /// At most `limit` of those of `count` images that have a label, evenly spaced.
  ///
  /// - Parameters:
  ///   - count: The number of all images.
  ///   - labeled: Those that have a label; nil for all.
  ///   - limit: How many are taken; nil for all.
  package init(of count: Int, labeled: [Int]?, limit: Int?) {
    let all = labeled ?? Array(0..<count)
    let taken = limit.map { Subset.indices(of: $0, among: all.count).map { all[$0] } }
    self.init(count: count, rows: taken ?? labeled)
  }

  /// The images of `whole` that are selected.
  func images(of whole: any Dataset) -> any Dataset {
    rows.map { Subset($0, of: whole) as any Dataset } ?? whole
  }
}
