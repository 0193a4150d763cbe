import Formats
import Scoring

/// Whether two evaluations are the same, or of the same images.
extension RunRecord {
  /// What two evaluations must share.
  package enum Relation: Sendable {
    /// One continues in the folder of the other, perhaps with other cells.
    case sameFolder
    /// Both are shards of one evaluation.
    case shardsOfOne
    /// Both are anybody's predictions of the same clean images by the same model, perhaps with other cells.
    case cellsOfOne
    /// Both predict the same clean images.
    case sameImages
    /// The calibration errors of both are of the same bins, put together by the same norm.
    case sameBinning
    /// The prediction sets of both, where both have some, are of the same α.
    case sameSets
    /// The numbers of both are of the same kind: see `Figures`; with `areFitted`, calibrations were also
    /// fitted on rows of the same kind.
    ///
    /// The tables of older versions mix kinds; what is computed from their predictions need not.
    case sameFigures(areFitted: Bool)
    /// Both predict the same corrupted images in these cells.
    case sameCorruptedImages([Cell])
  }

  /// The first thing in which two records differ, and its value in each.
  package struct Difference: Sendable, Equatable {
    package let field: String
    package let first: String
    package let second: String
  }

  /// The first difference between this record and `other` that `relation` does not allow.
  ///
  /// A record of anybody's predictions knows labels but no images: where one of the two is such a
  /// record, only the number of images is compared.
  package func difference(from other: RunRecord, as relation: Relation) -> Difference? {
    let fields =
      switch relation {
      case .sameFolder:
        originFields(other) + configurationField(other)
          + [("suite", origin.suite ?? "", other.origin.suite ?? origin.suite ?? "")]
          + sharedCellFields(other) + sharedValidationFields(other)
          + sharedOtherFields(other)
          + [
            ("shard", Self.shard(self), Self.shard(other)),
            ("cells of all shards", Self.plan(self), Self.plan(other)),
          ]
      case .shardsOfOne:
        originFields(other) + configurationField(other) + [suiteField(other)]
          + sharedOtherFields(other) + shardFields(other)
      case .cellsOfOne:
        originFields(other).filter { $0.field != "run" } + sharedCellFields(other)
          + sharedOtherFields(other) + scoringFields(other)
      case .sameImages: imageFields(other)
      case .sameBinning: binningFields(other)
      case .sameSets: setFields(other)
      case .sameFigures(let areFitted): figureFields(other, areFitted: areFitted)
      case .sameCorruptedImages(let cells): corruptionFields(other, cells)
      }
    return fields.first { $0.first != $0.second }
      .map { Difference(field: $0.field, first: $0.first, second: $0.second) }
  }

  private typealias Field = (field: String, first: String, second: String)

  /// Everything but the suite, which an evaluation of clean images has none of.
  private func originFields(_ other: RunRecord) -> [Field] {
    let (mine, its) = (origin, other.origin)
    return programFields(other) + [
      (
        "precision (--precision)", productPrecision ?? "highest",
        other.productPrecision ?? "highest"
      ),
      ("run", mine.run, its.run), ("dataset", mine.dataset, its.dataset),
      ("images", "\(mine.images)", "\(its.images)"),
      ("checkpoint", mine.checkpoint, its.checkpoint), ("data", mine.data, its.data),
      ("seed", "\(mine.seed)", "\(its.seed)"), ("version", mine.version, its.version),
    ]
  }

  /// What makes the programs those that they are.
  private func programFields(_ other: RunRecord) -> [Field] {
    let (mine, its) = (programFields, other.programFields)
    return Set(mine.keys).union(its.keys).sorted().map {
      ($0, mine[$0] ?? "none", its[$0] ?? "none")
    }
  }

  /// The first line in which the configurations differ.
  private func configurationField(_ other: RunRecord) -> [Field] {
    guard configuration != other.configuration else { return [] }
    let lines = LineDifference(expected: configuration, found: other.configuration)
    return [("configuration", lines.expected, lines.found)]
  }

  private func suiteField(_ other: RunRecord) -> Field {
    ("suite", origin.suite ?? "none", other.origin.suite ?? "none")
  }

  /// The images of cells that both records have.
  private func sharedCellFields(_ other: RunRecord) -> [Field] {
    cells.keys.sorted().compactMap { name in
      other.cells[name].map { (name, cells[name] ?? "", $0) }
    }
  }

  /// The images for validation, where both records have some.
  private func sharedValidationFields(_ other: RunRecord) -> [Field] {
    guard let mine = validation, let its = other.validation else { return [] }
    return [("images for validation", mine.data, its.data)]
  }

  /// The images of no class, where both records have sets of one name.
  private func sharedOtherFields(_ other: RunRecord) -> [Field] {
    (outOfDistribution ?? [:]).sorted { $0.key < $1.key }.compactMap { name, mine in
      (other.outOfDistribution?[name]).map { ("images of no class, \(name)", mine.data, $0.data) }
    }
  }

  private func shardFields(_ other: RunRecord) -> [Field] {
    [
      ("images for validation", validation?.data ?? "none", other.validation?.data ?? "none"),
      ("shards", Self.shardCount(self), Self.shardCount(other)),
      ("cells of all shards", Self.plan(self), Self.plan(other)),
      ("scoring", Self.scoring(self), Self.scoring(other)),
      ("families", "\(sharding?.kinds ?? [])", "\(other.sharding?.kinds ?? [])"),
      ("halves", "\(sharding?.halves ?? [])", "\(other.sharding?.halves ?? [])"),
    ]
  }

  /// How the tables were computed, and what aggregates and ensembles are of.
  private func scoringFields(_ other: RunRecord) -> [Field] {
    [
      ("scoring", Self.scoring(self), Self.scoring(other)),
      ("families", "\(scoring?.kinds ?? [])", "\(other.scoring?.kinds ?? [])"),
      ("baseline", scoring?.baseline ?? "none", other.scoring?.baseline ?? "none"),
      ("members", members?.rawValue ?? "one", other.members?.rawValue ?? "one"),
    ]
  }

  private func imageFields(_ other: RunRecord) -> [Field] {
    let count = ("images", "\(origin.images)", "\(other.origin.images)")
    guard !isOfAnybodysPredictions, !other.isOfAnybodysPredictions else { return [count] }
    return [
      ("dataset", origin.dataset, other.origin.dataset), count,
      ("data", origin.data, other.origin.data),
    ]
  }

  private func binningFields(_ other: RunRecord) -> [Field] {
    let (mine, its) = (binning, other.binning)
    return [
      ("bins of ece (--bins)", "\(mine.count)", "\(its.count)"),
      ("norm of ece (--norm)", mine.norm.rawValue, its.norm.rawValue),
    ]
  }

  private func setFields(_ other: RunRecord) -> [Field] {
    let (mine, its) = (additions, other.additions)
    guard mine.alphas != nil, its.alphas != nil else { return [] }
    return [("α of prediction sets (--alpha)", mine.setsText, its.setsText)]
  }

  private func figureFields(_ other: RunRecord, areFitted: Bool) -> [Field] {
    guard figures != .olderHalves, other.figures != .olderHalves,
      let mine = scoring, let its = other.scoring
    else { return [] }
    return [("numbers of the tables (--fitting)", figures.rawValue, other.figures.rawValue)]
      + (areFitted ? [("calibrations fitted on (--fitting)", mine.fitting, its.fitting)] : [])
  }

  private func corruptionFields(_ other: RunRecord, _ wanted: [Cell]) -> [Field] {
    guard !isOfAnybodysPredictions, !other.isOfAnybodysPredictions else { return [] }
    var fields = [suiteField(other)]
    fields += wanted.map { cell in
      ("images of \(cell.name)", cells[cell.name] ?? "none", other.cells[cell.name] ?? "none")
    }
    // Corruptions that were made here depend on the seed; those of files and clean images do not.
    if let suite = origin.suite, suite != Origin.filesSuite {
      fields.append(("seed of the corruptions", "\(origin.seed)", "\(other.origin.seed)"))
    }
    return fields
  }

  private static func shard(_ record: RunRecord) -> String {
    record.sharding?.shard.description ?? "all"
  }

  private static func shardCount(_ record: RunRecord) -> String {
    record.sharding.map { "\($0.shard.count)" } ?? "none"
  }

  private static func plan(_ record: RunRecord) -> String {
    (record.sharding?.plan ?? []).map(\.name).joined(separator: " ")
  }

  private static func scoring(_ record: RunRecord) -> String {
    guard let scoring = record.scoring else { return "none" }
    let calibrations = scoring.calibrations.joined(separator: ",")
    return "\(calibrations), \(scoring.fitting), \(record.figures.rawValue), "
      + "\(scoring.draws) draws, \(record.binning)"
      + (scoring.additions.map { "; \($0.description)" } ?? "")
  }
}
