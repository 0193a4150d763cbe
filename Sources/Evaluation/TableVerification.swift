import Formats
import Foundation
import Runs
import Scoring
import Tensors

/// Whether the tables of a run folder are those of its predictions, which are scored again.
package struct TableVerification {
  private let folder: RunFolder
  private let record: RunRecord
  private let kinds: [CorruptionKind]
  private let version: String
  private let workers: Workers

  /// - Parameters:
  ///   - folder: The run's folder.
  ///   - record: Its record, which says how the tables were computed.
  ///   - kinds: The corruptions that aggregates know where an older version did not record them.
  ///   - version: The version of this program.
  ///   - workers: The threads that score.
  package init(
    of folder: RunFolder, _ record: RunRecord, kinds: [CorruptionKind], version: String,
    workers: Workers
  ) {
    self.kinds = kinds
    self.folder = folder
    self.record = record
    self.version = version
    self.workers = workers
  }

  /// Scores the predictions, and compares each table and the fitted calibrations with the folder's.
  ///
  /// - Parameters:
  ///   - proof: What is known of the predictions; where one is not the run's, nothing is scored.
  ///   - report: Called with the number of cells that are scored.
  /// - Returns: A check for each file.
  /// - Throws: What `report` throws; `FileError` where a table cannot be read.
  package func checks(
    _ proof: PredictionProof, report: (Int) throws -> Void
  ) throws -> [RunCheck] {
    if let obstacle = obstacle(proof) { return notAtHand(obstacle) }
    let (cube, fitting): (ScoreCube, String)
    do {
      (cube, fitting) = try scored(report)
    } catch let obstacle as Obstacle {
      return notAtHand(obstacle.reason)
    } catch let error as UnreadableTable {
      let name = TableFormat.cells.fileName
      return [.differs(name, expected: "a table of scores", found: error.problem)]
        + notAtHand("\(name) does not say of which cells it is").filter { $0.subject != name }
    }
    let tables = ResultTables(
      runName: record.origin.run, datasetName: record.origin.dataset, fitting: fitting, cube: cube)
    return try tables.all.map { try check($0, $1) } + [calibrationCheck(cube)]
  }

  /// What is wrong with `cells.csv`.
  private struct UnreadableTable: Error {
    let problem: String
  }

  /// What keeps the tables from being computed again.
  private struct Obstacle: Error {
    let reason: String

    /// Calls `body`; what it throws becomes an obstacle.
    static func naming<Result>(_ body: () throws -> Result) throws -> Result {
      do { return try body() } catch { throw Obstacle(reason: "\(error)") }
    }
  }

  private func earlierTables() throws -> EarlierTables? {
    do {
      return try EarlierTables(in: folder)
    } catch {
      throw UnreadableTable(problem: "\(error)")
    }
  }

  /// The numbers of the predictions under the settings of the tables, and the name of the fitting.
  private func scored(_ report: (Int) throws -> Void) throws -> (ScoreCube, fitting: String) {
    guard let earlier = try earlierTables() else {
      throw Obstacle(reason: "the evaluation was not finished")
    }
    let predictions = try Obstacle.naming { try StoredRun(folder).stored() }
    if let missing = earlier.cells.first(where: { !folder.predictions.contains($0) }) {
      throw Obstacle(reason: "no predictions of \(missing.name)")
    }
    let request = ScoringRequest(
      ScoringSettings(
        calibrations: [], seed: record.origin.seed, kinds: record.scoring?.kinds ?? kinds),
      open: Set(ScoringRequest.Part.allCases))
    let (settings, notes) = try Obstacle.naming { try request.settings(continuing: earlier) }
    guard notes.isEmpty else { throw Obstacle(reason: notes.joined(separator: "; ")) }
    let sets = try Obstacle.naming {
      let clean = try predictions.logits(.clean)
      return try folder.predictions.outOfDistributionSets(
        settings.additions.outOfDistribution ?? [], memberCount: clean.memberCount,
        classCount: clean.classCount)
    }
    do {
      let cube = try CubeScorer(settings, threadCount: workers.count).score(
        earlier.cells, ofRun: record.origin.run, startingWith: record.members?.mainPredictor,
        outOfDistribution: sets,
        logits: { cell in try Obstacle.naming { try predictions.logits(cell) } }, report: report)
      return (cube, settings.fitting.name)
    } catch let error as ScoringError {
      throw Obstacle(reason: "\(error)")
    }
  }

  private var files: [String] {
    (TableFormat.results + record.additions.tables).map(\.fileName)
  }

  private func notAtHand(_ reason: String) -> [RunCheck] {
    (files + [folder.calibrations.lastPathComponent]).map { .notAtHand($0, reason) }
  }

  /// Why the tables cannot be computed again; nil where they can.
  private func obstacle(_ proof: PredictionProof) -> String? {
    if let shard = record.sharding?.shard {
      return "the folder holds shard \(shard), which mixmo merge scores"
    }
    if (try? proof.check()) == nil { return "it needs the run's own predictions" }
    if record.figures == .olderHalves {
      return
        "an older version computed its numbers in another way; mixmo score RUN makes them again"
    }
    return nil
  }

  // MARK: Comparing

  /// Whether this program, on this machine, gives the bits of the one that wrote the tables.
  private var isSameProgram: Bool {
    guard let last = record.history.last else { return false }
    return last.version == version && last.instructions == Kernels.preferred.name
  }

  private func check(_ format: TableFormat, _ expected: CSVTable) throws -> RunCheck {
    let url = folder.table(format)
    guard let found = try bytes(of: url) else {
      return .notAtHand(format.fileName, "the file is not there")
    }
    if found == Array(expected.text.utf8) { return .ok(format.fileName) }
    guard let table = try? CSVTable(contentsOf: url) else {
      return .bytes(format.fileName, expected: Array(expected.text.utf8), found: found)
    }
    if let difference = TableDifference(expected, table, isExact: isSameProgram) {
      if difference.isOfNames, !isSameProgram {
        return .notAtHand(format.fileName, "another version wrote it, with other rows or names")
      }
      return .differs(
        format.fileName, expected: difference.expected, found: difference.found,
        note: difference.place
          + (isSameProgram ? "" : "; another version or instruction set wrote it"))
    }
    return isSameProgram
      ? .bytes(format.fileName, expected: Array(expected.text.utf8), found: found)
      : .ok(
        format.fileName, note: "to nine digits: another version or instruction set wrote it")
  }

  private func calibrationCheck(_ cube: ScoreCube) throws -> RunCheck {
    let name = folder.calibrations.lastPathComponent
    guard let found = try bytes(of: folder.calibrations) else {
      return .notAtHand(name, "the file is not there")
    }
    let expected = try CalibrationFile(cube, of: record).bytes
    guard found != expected, !isSameProgram else {
      return .bytes(name, expected: expected, found: found)
    }
    return .notAtHand(name, "another version or instruction set wrote it")
  }

  private static let largestFile = 1 << 30

  private func bytes(of url: URL) throws -> [UInt8]? {
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    return try FileContents.read(url, limit: Self.largestFile)
  }
}

/// The first field in which two tables differ.
private struct TableDifference {
  let place: String
  let expected: String
  let found: String
  /// Whether it is about columns, rows or their names, and not about a number.
  var isOfNames = true

  /// What differs; nil where nothing does.
  ///
  /// Unless `isExact`, numbers may differ by what rounding does.
  init?(_ expected: CSVTable, _ found: CSVTable, isExact: Bool) {
    func shown(_ fields: [String]) -> String { fields.joined(separator: ",").oneLine }
    guard expected.header == found.header else {
      self.init(place: "header", expected: shown(expected.header), found: shown(found.header))
      return
    }
    for (index, (mine, its)) in zip(expected.rows, found.rows).enumerated() {
      for (column, (mine, its)) in zip(mine, its).enumerated()
      where mine != its && (isExact || !Self.isSameNumber(mine, its)) {
        self.init(
          place: "row \(index + 1), column \(expected.header[column])", expected: "\"\(mine)\"",
          found: "\"\(its.oneLine)\"")
        isOfNames = Double(mine) == nil || Double(its) == nil
        return
      }
    }
    guard expected.rows.count != found.rows.count else { return nil }
    self.init(
      place: "number of rows", expected: "\(expected.rows.count)", found: "\(found.rows.count)")
  }

  private init(place: String, expected: String, found: String) {
    (self.place, self.expected, self.found) = (place, expected, found)
  }

  /// Sums in another order differ in the last digits; ends of intervals may be those of the next draw.
  private static func isSameNumber(_ first: String, _ second: String) -> Bool {
    guard let first = Double(first), let second = Double(second) else { return false }
    return abs(first - second) <= 1e-9 * max(1, abs(first), abs(second))
  }
}
