import Formats
import Foundation
import Scoring

/// What made the predictions of a folder: `run.json`.
package struct RunRecord: Sendable, Equatable {
  /// What the predictions are a function of.
  package struct Origin: Codable, Sendable, Equatable {
    package var run: String
    package var dataset: String
    package var images: Int
    /// SHA-256 of the checkpoint file, of what makes a program the one that it is, or of the files of predictions; where these are of several cells, of
    /// those of the clean one.
    package var checkpoint: String
    /// SHA-256 of the test images and labels.
    package var data: String
    /// SHA-256 of the table of corruptions that images were made by, or `files` where corrupted
    /// images were read; nil where there are none.
    package var suite: String?
    package var seed: UInt64
    /// The version of this program.
    package var version: String

    /// The `suite` of corrupted images that were read from files.
    package static let filesSuite = "files"
    /// The `dataset` of predictions whose images are not known.
    package static let predictionsDataset = "predictions"

    package init(
      run: String, dataset: String, images: Int, checkpoint: String, data: String, suite: String?,
      seed: UInt64, version: String
    ) {
      self.run = run
      self.dataset = dataset
      self.images = images
      self.checkpoint = checkpoint
      self.data = data
      self.suite = suite
      self.seed = seed
      self.version = version
    }
  }

  package var origin: Origin
  /// SHA-256 of the corrupted images, or of anybody's predictions of them, that were read from files, by
  /// cell.
  package var cells: [String: String]
  /// The corrupted cells whose images are those of the clean one, so that predictions are the same; nil
  /// where there are none.
  package var unchanged: [String]?
  /// SHA-256 of each file in the folder of predictions, by its name; nil in records of older versions.
  ///
  /// It is written before the file gets its name, so that a file without one is none of the run's.
  package var predictions: [String: String]?
  /// Those files of which an older version recorded no SHA-256; nil where there are none.
  ///
  /// It is that of the file as it was found later, and proves only that nobody has changed the file since.
  package var unproven: [String]?
  /// The numbers that predictions were computed in, or given in; nil in records of older versions.
  package var precision: String?
  /// How precisely a network of ours multiplied, `high` or `medium`; nil for float32.
  package var productPrecision: String?
  /// Where what the predictions are a function of was, as it was named; nil in records of older versions.
  package var inputs: Inputs?
  /// The commands that changed the folder, the latest last; empty in records of older versions.
  package var history: [Step] = []
  /// The configuration of the network's training, with every default written out.
  package var configuration: String
  /// The threads of the evaluation that was started last.
  package var threads: Int?
  /// The program that predicted; nil where a network of ours did, or files were given.
  package var program: Program?
  /// How the checkpoint was chosen among the epochs of its training; nil where a file or an epoch was named,
  /// and in records of older versions.
  package var best: BestEpoch?
  /// The training images that calibrations are fitted on, which the run kept for validation; nil where there
  /// are none.
  package var validation: Validation?
  /// The images of no class whose predictions the folder has, by the names of the sets; nil where there are
  /// none.
  package var outOfDistribution: [String: OtherImages]?
  /// How the tables were computed from the predictions; nil in records of older versions.
  package var scoring: ScoringRecord?
  /// What its shards must agree on, where this is one of several; nil for a whole evaluation.
  package var sharding: Sharding?
  /// What the members are to one another; nil where there is one, and in records of older versions.
  package var members: Members?
  /// What a user was told about the files of predictions; nil where there was nothing to say.
  package var notes: [String]?
  /// What is implausible in the predictions that the tables are of; nil where nothing is, and in records of
  /// older versions.
  package var doubts: [Doubt]?
  /// Seconds of the evaluation that finished last; nil until one has.
  package var durationSeconds: Double?

  package init(
    origin: Origin, cells: [String: String] = [:], configuration: String, threads: Int? = nil
  ) {
    self.origin = origin
    self.cells = cells
    self.configuration = configuration
    self.threads = threads
  }

  /// Whether the predictions come from anybody's files, so that their images are not known.
  package var isOfAnybodysPredictions: Bool { origin.dataset == Origin.predictionsDataset }

  /// Whether they come from anybody's files of cells, in folders.
  package var isOfGivenCells: Bool {
    isOfAnybodysPredictions && sharding == nil && inputs?.digests != nil
  }

  /// The files that an evaluation read, as they were named.
  package struct Inputs: Codable, Sendable, Equatable {
    /// The checkpoint, or the files of predictions.
    package var checkpoint: [String]
    /// The name of the weights in the checkpoint, where there was a choice.
    package var weights: String?
    /// The folder of the data sets, or the files of labels.
    package var data: [String]
    /// SHA-256 of each of these files by its name, where they are predictions of several cells.
    package var digests: [String: String]?
    /// How the first folder of `data` was read, where it is one of somebody's pictures.
    package var pictures: Pictures?

    package init(
      checkpoint: [String], weights: String? = nil, data: [String],
      digests: [String: String]? = nil
    ) {
      self.checkpoint = checkpoint
      self.weights = weights
      self.data = data
      self.digests = digests
    }

    /// Adds the files of the cells that another command scored.
    package mutating func add(_ earlier: Inputs?) {
      guard let digests, let earlier, let others = earlier.digests else { return }
      checkpoint += earlier.checkpoint.filter { digests[$0] == nil }
      self.digests = digests.merging(others) { mine, _ in mine }
    }
  }

  /// Training images that were kept for validation.
  package struct Validation: Codable, Sendable, Equatable {
    package var images: Int
    /// SHA-256 of these images and labels.
    package var data: String

    package init(images: Int, data: String) {
      self.images = images
      self.data = data
    }
  }

  /// Images of no class.
  package struct OtherImages: Codable, Sendable, Equatable {
    package var images: Int
    /// SHA-256 of the pixels of these images or, where files of predictions were given, of these files.
    package var data: String
    /// The data set, or the folder or files, as they were named.
    package var source: [String]
    /// Whether files of predictions were given, so that the images are not known; nil where not.
    package var arePredictions: Bool?

    package init(images: Int, data: String, source: [String], arePredictions: Bool? = nil) {
      self.images = images
      self.data = data
      self.source = source
      self.arePredictions = arePredictions
    }
  }

  /// Adds sets of images of no class; those that are there stay.
  package mutating func add(outOfDistribution sets: [String: OtherImages]?) {
    let all = (outOfDistribution ?? [:]).merging(sets ?? [:]) { mine, _ in mine }
    outOfDistribution = all.isEmpty ? nil : all
  }

  /// How predictions became the numbers of the tables.
  package struct ScoringRecord: Codable, Sendable, Equatable {
    package var calibrations: [String]
    /// What calibrations were fitted on: `clean-halves`, `mixmo-halves`, `validation` or `cv`.
    package var fitting: String
    /// What the numbers of the tables are of; nil in records of older versions, see
    /// `RunRecord.figures`.
    package var figures: Figures?
    /// Draws of the bootstrap behind the intervals.
    package var draws: Int
    /// The number of bins of calibration errors; nil in records of older versions, which had 15.
    package var bins: Int?
    /// The name of their norm; nil in records of older versions, which had `l1`.
    package var norm: String?
    /// The protocols that the tables have means over; nil in records of older versions and of shards.
    package var protocols: [String]?
    /// Where searches of calibrations ended; nil where there were none.
    package var searches: [Search]?
    /// The corruptions that aggregates know, in their order; nil in records of older versions.
    package var kinds: [CorruptionKind]?
    /// In records of older versions the family of each corruption, by its published name.
    package var families: [String: String]?
    /// The halves of the clean images that a user chose; nil for MixMo's.
    package var halves: [[Int]]?
    /// The folder of the run that corruption errors are relative to, as it was named.
    package var baseline: String?
    /// What was computed beside the metrics; nil for nothing, as in records of older versions.
    package var additions: Additions?

    package init(
      calibrations: [Calibration], fitting: String, figures: Figures, drawCount: Int,
      binning: Binning = Binning(), kinds: [CorruptionKind], halves: [[Int]]? = nil,
      baseline: String? = nil, additions: Additions = .none
    ) {
      self.calibrations = calibrations.map(\.name)
      self.fitting = fitting
      self.figures = figures
      draws = drawCount
      bins = binning.count
      norm = binning.norm.rawValue
      self.kinds = kinds
      self.halves = halves
      self.baseline = baseline
      self.additions = additions == .none ? nil : additions
    }

    /// Where the search for a calibration of very many parameters ended.
    package struct Search: Codable, Sendable, Equatable {
      package let calibration: String
      package let predictor: String
      /// The cell that it was fitted on; nil where it is the same for all.
      package let cell: String?
      /// Which of several fits; nil where there is one.
      package let fold: Int?
      /// The length of the gradient of the loss there.
      package let gradient: Double
    }

    /// The family of the corruption of this published name, if it is known.
    package func family(of name: String) -> String? {
      kinds?.first { $0.name == name }?.family ?? families?[name]
    }
  }

  /// What the numbers of the tables are of.
  package var figures: Figures { scoring?.figures ?? .olderHalves }

  /// The bins of calibration errors in the tables.
  package var binning: Binning {
    Binning(
      count: scoring?.bins ?? Binning().count,
      norm: scoring?.norm.flatMap(Binning.Norm.init) ?? Binning().norm)
  }

  /// What was computed beside the metrics.
  package var additions: Additions { scoring?.additions ?? .none }

  /// What is needed to make one evaluation of its shards.
  package struct Sharding: Codable, Sendable, Equatable {
    package var shard: Shard
    /// The cells of all shards, in the order of the tables.
    package var plan: [Cell]
    package var kinds: [CorruptionKind]
    /// The halves of the clean images that a user chose; nil for MixMo's.
    package var halves: [[Int]]?

    package init(_ shard: Shard, plan: [Cell], kinds: [CorruptionKind], halves: [[Int]]?) {
      self.shard = shard
      self.plan = plan
      self.kinds = kinds
      self.halves = halves
    }
  }
}
