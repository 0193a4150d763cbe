import Formats
import Foundation
import Mustache
import Runs

/// A page as its template reads it: plain text, which the template escapes, and SVG drawings.
struct PageModel {
  struct Section {
    let id: String
    let title: String
    var text: [String] = []
    var tables: [Table] = []
    var figures: [Picture] = []
    var facts: [Facts] = []
  }

  struct MoreTables {
    let title: String
    var text: [String] = []
    let tables: [Table]
  }

  /// A figure with its drawings and files.
  struct Picture {
    let name: String
    let title: String
    let caption: String
    /// The SVG drawing for wide screens; nil without gnuplot.
    let wide: String?
    /// The SVG drawing for narrow screens; nil without gnuplot.
    let narrow: String?
    let files: [File]
    let table: Table
  }

  /// A file beside the page.
  struct File {
    /// Relative to the page.
    let path: String
    let name: String
  }

  struct Table {
    /// The file with the table's numbers, relative to the page.
    let file: String
    let caption: String
    /// The headings of the columns of names.
    let nameHeader: [String]
    /// The headings of the columns of numbers.
    let header: [String]
    let rows: [Row]
  }

  struct Row {
    let names: [String]
    let fields: [Field]
  }

  struct Field {
    let value: Shown?
    var interval: Ends?
  }

  /// The ends of an interval.
  struct Ends {
    let low: Shown
    let high: Shown
    /// The separator of the two: a dash would look like a minus before a negative number.
    let between: String

    init(low: Shown, high: Shown) {
      self.low = low
      self.high = high
      between = low.digits.hasPrefix("-") ? " to " : "–"
    }
  }

  /// A rounded number, and the row and column of the table's file that hold all of its digits.
  struct Shown {
    let digits: String
    let shown: String
    /// From 1, below the header.
    let row: Int
    let column: String
  }

  /// What a run was, for readers who repeat it.
  struct Facts {
    let run: String
    let entries: [Entry]
    /// The configuration of the training, in YAML; nil for a run without one.
    let configuration: String?
  }

  struct Entry {
    let name: String
    let value: String
  }

  let title: String
  let lead: String
  let first: FirstScreen?
  let notes: [String]
  let sections: [Section]
  let version: String
  let style = String(decoding: PackageResources.style_css, as: UTF8.self)

  static let withoutGnuplot =
    "gnuplot was not found, or does not run: the page has numbers, but no figures."
}

extension PageModel {
  /// The page as one file that loads nothing else.
  ///
  /// - Throws: `MustacheTemplate.Error` where a template of this program is malformed.
  var html: String {
    get throws {
      let library = MustacheLibrary(templates: [
        "page": try Self.template(PackageResources.page_mustache),
        "finding": try Self.template(PackageResources.finding_mustache),
        "ranking": try Self.template(PackageResources.ranking_mustache),
        "sheet": try Self.template(PackageResources.sheet_mustache),
        "table": try Self.template(PackageResources.table_mustache),
      ])
      return library.render(self, withTemplate: "page") ?? ""
    }
  }

  private static func template(_ bytes: [UInt8]) throws -> MustacheTemplate {
    try MustacheTemplate(string: String(decoding: bytes, as: UTF8.self))
  }
}

extension PageModel.Shown {
  /// The number of a column with `style`; nil where it is undefined.
  init?(_ number: Double?, style: ValueStyle, row: Int, column: String) {
    guard let number else { return nil }
    self.init(
      digits: CSVTable.field(number),
      shown: style.text(number).replacing("-", with: "\u{2212}"), row: row, column: column)
  }
}

extension PageModel.Table {
  /// All of `table`, whose file is `file`.
  init(_ table: DataTable, file: String, caption: String) {
    let (names, numbers) = (table.nameColumns, table.numberColumns)
    self.init(
      file: file, caption: caption, nameHeader: names.map(\.name), header: numbers.map(\.name),
      rows: table.rows.enumerated().map { index, row in
        PageModel.Row(
          names: row.names,
          fields: zip(numbers, row.numbers).map { column, number in
            PageModel.Field(
              value: PageModel.Shown(
                number, style: column.style, row: index + 1, column: column.name))
          })
      })
  }
}

extension PageModel.Facts {
  /// When the latest command ran and on what, and the commands before it.
  private static func steps(_ record: RunRecord) -> [(String, String?)] {
    guard let last = record.history.last else { return [] }
    return [
      ("began", last.start), ("finished", last.end),
      (
        "machine",
        [last.processor, last.instructions].compactMap { $0 }.joined(separator: ", ")
      ),
    ] + record.history.dropLast().reversed().map { ("before it", "\($0.start): \($0.command)") }
  }

  /// The facts of a run's record.
  init(_ run: Run) {
    let (record, origin) = (run.record, run.record.origin)
    let suite = origin.suite.map {
      $0 == RunRecord.Origin.filesSuite ? "read from files" : "generated, table \($0)"
    }
    let scoring = record.scoring.map {
      "\($0.calibrations.joined(separator: ", ")); fitted on \(Self.fitting($0, record)); numbers: "
        + "\(record.figures.rawValue); "
        + ($0.draws > 0 ? "intervals of \($0.draws) bootstrap resamples of images" : "no bootstrap")
    }
    let entries: [(String, String?)] =
      [
        ("run", origin.run), ("data set", "\(origin.dataset), \(origin.images) images"),
        ("images and labels, SHA-256", origin.data), ("checkpoint, SHA-256", origin.checkpoint),
        ("choice of the epoch", Self.choice(in: record)),
        ("members", record.members?.sentence), ("corruptions", suite), ("calibrations", scoring),
        ("protocols", record.scoring?.protocols?.joined(separator: ", ")),
        ("beside the metrics", record.scoring?.additions?.description),
        ("calibration errors", record.binning.description), ("seed", "\(origin.seed)"),
        ("precision", record.precision),
        ("products of convolutions", record.productPrecision.map(Self.products)),
        ("version", "mixmo \(origin.version)"),
        ("threads", record.threads.map { "\($0)" }),
        ("duration", record.durationSeconds.map { String(format: "%.0f s", $0) }),
        ("command", record.history.last?.command ?? "not recorded by the version that made it"),
      ] + Self.steps(record)
    let configuration = record.configuration
    self.init(
      run: run.label,
      entries: entries.compactMap { name, value in
        value.map { PageModel.Entry(name: name, value: $0) }
      }, configuration: configuration.isEmpty ? nil : configuration)
  }

  /// What a precision of products means.
  private static func products(_ precision: String) -> String {
    switch precision {
    case "high": "high: factors of 16 bits, sums of float32"
    case "medium": "medium: factors of bfloat16, sums of float32"
    default: precision
    }
  }

  /// What calibrations were fitted on.
  private static func fitting(
    _ scoring: RunRecord.ScoringRecord, _ record: RunRecord
  ) -> String {
    guard let validation = record.validation, scoring.fitting == "validation" else {
      return scoring.fitting
    }
    return "\(validation.images) training images that were kept for validation"
  }

  /// How the checkpoint was chosen, and what that means for numbers of the test images.
  private static func choice(in record: RunRecord) -> String? {
    guard !record.configuration.isEmpty else { return nil }
    guard let best = record.best else {
      return "not recorded; a file or an epoch was named, or an older version evaluated it"
    }
    return switch best.criterion {
    case .testAccuracy:
      "epoch \(best.epoch), of the highest test accuracy of its run, as in MixMo's code: being chosen on "
        + "the test images, its numbers on them are optimistic"
    case .validationAccuracy:
      "epoch \(best.epoch), of the highest accuracy on training images that were kept for validation"
    }
  }
}
