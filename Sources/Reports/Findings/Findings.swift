import Formats
import Foundation
import Runs
import Scoring

/// What the numbers of a run say, as sentences.
///
/// Rules and thresholds are those of the article Findings.
package struct Findings: Sendable, Equatable {
  /// All findings: what is implausible first.
  package let all: [Finding]
  /// What the tables do not hold, and how to get it.
  package let remarks: [String]

  /// The findings of a run.
  package init(_ tables: FindingTables) {
    let first = [
      tables.accuracyFinding, tables.weaknessFinding, tables.confidenceFinding,
      tables.calibrationFinding, tables.selectionFinding, tables.miscalibrationFinding,
      tables.setsFinding, tables.classesFinding, tables.peopleFinding,
    ]
    let last = [tables.ensembleFinding, tables.rankingFinding]
    all =
      tables.doubtFindings + first.compactMap { $0 } + tables.outOfDistributionFindings
      + last.compactMap { $0 }
    remarks = Self.remarks(tables)
  }

  /// At most this many sentences are shown, and those on what was asked for beside the metrics.
  package static let shownCount = 6

  /// The topics of what is computed where it is asked for.
  private static let askedFor: [Finding.Topic] = [
    .selection, .miscalibration, .sets, .classes, .people, .outOfDistribution,
  ]

  /// The findings that are shown first: without the ranking of errors where others fill the space.
  package var shown: [Finding] {
    let others = all.filter { $0.topic != .ranking }
    let askedFor = others.count { Self.askedFor.contains($0.topic) }
    return Array((others.count < 4 ? all : others).prefix(Self.shownCount + askedFor))
  }

  private static func remarks(_ tables: FindingTables) -> [String] {
    let isSmall = tables.imageCount < FindingTables.fewestImages
    let again = "mixmo score RUN writes the tables again, with them."
    return [
      isSmall
        ? "With \(tables.imageCount) images no side of a number is claimed: "
          + "\(FindingTables.fewestImages) are the fewest." : nil,
      !isSmall && !tables.knowsIntervalsUnderCorruption
        ? "The tables have no intervals of means over corrupted images, so that nothing is claimed of "
          + "them; \(again)" : nil,
      !isSmall && !tables.knowsDifferences && tables.needsDifferences
        ? "The tables have no intervals of differences on the same images; a difference is claimed "
          + "where two intervals do not overlap; \(again)" : nil,
    ].compactMap { $0 }
  }
}

extension FindingTables {
  /// Whether there is anything to take a difference of.
  fileprivate var needsDifferences: Bool {
    !corruptedCells.isEmpty || fitted != nil || hasMembers
  }
}

/// `findings.json`: the findings of one or more runs, for programs.
package struct FindingsFile: Encodable, Sendable {
  /// The findings of one run.
  package struct OfRun: Encodable, Sendable {
    package let run: String
    package let images: Int
    package let predictor: String
    /// The calibration before and, where one was fitted, after.
    package let calibrations: [String]
    package let findings: [Finding]
    package let remarks: [String]

    package init(_ label: String, _ tables: FindingTables, _ findings: Findings) {
      run = label
      images = tables.imageCount
      predictor = tables.predictor
      calibrations =
        [tables.plain]
        + [tables.fitted].compactMap { $0 }
        .filter { $0 != tables.plain }
      self.findings = findings.all
      remarks = findings.remarks
    }
  }

  /// The form of the file.
  package let format = 1
  /// The version of this program.
  package let version: String
  package let runs: [OfRun]

  package init(_ runs: [OfRun], version: String) {
    self.version = version
    self.runs = runs
  }

  /// The file's text.
  ///
  /// - Throws: `EncodingError` for a number that JSON cannot hold.
  package var text: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
  }
}
