import Formats
import Foundation
import Predictions
import Runs
import Scoring

/// How stored predictions become numbers.
package struct ScoringSettings: Sendable {
  /// What calibrations are fitted on.
  package enum Fitting: Sendable {
    /// Each half of the clean images, to score the other half in every cell; numbers are those of all
    /// rows. Nil for MixMo's halves.
    case cleanHalves(CleanHalves?)
    /// The same, but numbers are means over the halves, as MixMo's.
    case mixmoHalves(CleanHalves?)
    /// Other images.
    case validationSet(LabeledLogits)
    /// The training images that the model's run kept for validation; their predictions come with those of
    /// the cells.
    case validationImages
    /// Five times each half of the scored cell itself, to score the other; numbers are means over the ten
    /// halves.
    case crossValidation

    /// The fitting of that name; nil for one on other images, or an unknown name.
    package init?(name: String, halves: CleanHalves?) {
      let known = [Self.cleanHalves(halves), .mixmoHalves(halves), .crossValidation]
      guard let fitting = known.first(where: { $0.name == name }) else { return nil }
      self = fitting
    }

    /// The name on the command line and in records.
    package var name: String {
      switch self {
      case .cleanHalves: "clean-halves"
      case .mixmoHalves: "mixmo-halves"
      case .validationSet, .validationImages: "validation"
      case .crossValidation: "cv"
      }
    }

    /// What the numbers of the tables are of.
    package var figures: Figures {
      switch self {
      case .cleanHalves, .validationSet, .validationImages: .allRows
      case .mixmoHalves, .crossValidation: .meansOfHalves
      }
    }

    /// The halves that a user chose.
    var chosenHalves: CleanHalves? {
      switch self {
      case .cleanHalves(let halves), .mixmoHalves(let halves): halves
      case .validationSet, .validationImages, .crossValidation: nil
      }
    }
  }

  /// A run that the mean corruption errors of others are relative to.
  package struct Baseline: Sendable {
    /// The folder as it was named.
    package let folder: String
    package let runName: String
    private let mainPredictor: String
    private let errors: [[String]: CorruptionErrors]

    /// Reads the errors of the run in the folder at `path`.
    ///
    /// - Throws: `RunsError`, `CSVError` or `FileError`.
    package init(_ path: String) throws {
      folder = path
      (runName, mainPredictor, errors) = try CorruptionErrors.read(
        of: RunFolder(URL(fileURLWithPath: path)))
    }

    /// The errors that those of `predictor` under `calibration` in the run `name` are relative to, and
    /// how they are named.
    ///
    /// They are those of the same predictor and calibration, where an ensemble stands for a network and
    /// the reverse. Where the baseline has none, they are those of its first row, without calibration.
    /// A baseline that has the run's own name is named by its folder.
    func errors(
      for predictor: Predictor, _ calibration: Calibration, of name: String
    ) -> (name: String, CorruptionErrors) {
      let label = runName == name ? folder : runName
      if let errors = errors[[predictor.name, calibration.name]] { return (label, errors) }
      let like = PredictorChoice.name(
        predictor.name, main: mainPredictor, among: Set(errors.keys.map { $0[0] }).sorted())
      let others = [
        [like ?? mainPredictor, calibration.name], [mainPredictor, Calibration.none.name],
      ].dropFirst(like == nil ? 1 : 0)
      let found = others.first { errors[$0] != nil } ?? []
      return (
        "\(label): \(found.joined(separator: ", "))",
        errors[found] ?? CorruptionErrors(cells: [:])
      )
    }
  }

  package var calibrations: [Calibration]
  package var fitting: Fitting
  /// Draws of the bootstrap that intervals are taken from; 0 for no intervals but Wilson's.
  package var drawCount: Int
  /// The bins of calibration errors.
  package var binning: Binning
  package var seed: UInt64
  /// The corruptions that aggregates know.
  package var kinds: [CorruptionKind]
  package var baseline: Baseline?
  /// What is computed beside the metrics.
  package var additions: Additions
  /// What people say of the images, where `additions` asks for it.
  package var softLabels: SoftLabels?

  package init(
    calibrations: [Calibration], fitting: Fitting = .cleanHalves(nil), drawCount: Int = 1000,
    binning: Binning = Binning(), seed: UInt64 = 0, kinds: [CorruptionKind] = [],
    baseline: Baseline? = nil, additions: Additions = .none, softLabels: SoftLabels? = nil
  ) {
    self.calibrations = calibrations
    self.fitting = fitting
    self.drawCount = drawCount
    self.binning = binning
    self.seed = seed
    self.kinds = kinds
    self.baseline = baseline
    self.additions = additions
    self.softLabels = softLabels
  }
}

/// The settings in the record of a run.
extension ScoringSettings {
  /// The settings that made a run's tables of the predictions of `memberCount` members over `classCount`
  /// classes, without calibrations that have no rows; with all of them where the numbers are not known.
  package func record(
    memberCount: Int? = nil, classCount: Int? = nil
  ) -> RunRecord.ScoringRecord {
    RunRecord.ScoringRecord(
      calibrations: calibrations.filter { calibration in
        memberCount.map { calibration.hasRows(memberCount: $0, classCount: classCount ?? 1) }
          ?? true
      },
      fitting: fitting.name, figures: fitting.figures, drawCount: drawCount, binning: binning,
      kinds: kinds, halves: fitting.chosenHalves?.rows, baseline: baseline?.folder,
      additions: additions)
  }

  /// What `mixmo merge` must know to score all shards as these settings say.
  func sharding(_ shard: Shard, plan: [Cell]) -> RunRecord.Sharding {
    RunRecord.Sharding(shard, plan: plan, kinds: kinds, halves: fitting.chosenHalves?.rows)
  }

  /// The settings of the shard in `folder` that left `record`.
  ///
  /// - Throws: `ScoringError` for halves that are none; what reading soft labels throws.
  init(_ record: RunRecord, _ sharding: RunRecord.Sharding, in folder: RunFolder) throws {
    let halves = try sharding.halves.map { rows in
      try CleanHalves(first: rows.first ?? [], second: rows.dropFirst().first ?? [])
    }
    let names = record.scoring?.calibrations ?? [Calibration.none.name]
    let name = record.scoring?.fitting ?? ""
    let other =
      name == Fitting.validationImages.name ? Fitting.validationImages : .cleanHalves(halves)
    self.init(
      calibrations: names.compactMap(Calibration.init(name:)),
      fitting: Fitting(name: name, halves: halves) ?? other,
      drawCount: record.scoring?.draws ?? 1000, binning: record.binning,
      seed: record.origin.seed, kinds: sharding.kinds, additions: record.additions,
      softLabels: record.additions.softLabels == nil ? nil : try folder.predictions.softLabels())
  }
}

extension CleanHalves {
  /// MixMo's files of a chosen split, `val_idx.npy` and `test_idx.npy`, in the first of `folders` that
  /// has one of them; nil where none has.
  ///
  /// - Throws: `FileError` where one of the two is missing, `NumPyError`, or `PredictionFileError` where
  ///   they are no halves.
  package init?(in folders: [URL]) throws {
    let names = ["val_idx.npy", "test_idx.npy"]
    let found = folders.first { folder in
      names.contains {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
      }
    }
    guard let found else { return nil }
    let halves = try names.map {
      try NumPyArray(contentsOf: found.appendingPathComponent($0)).wholeNumbers()
    }
    self = try PredictionFileError.naming(
      names.map { found.appendingPathComponent($0).path }.joined(separator: ", ")
    ) { try CleanHalves(first: halves[0], second: halves[1]) }
  }
}
