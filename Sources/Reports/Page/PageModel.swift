/// A page as its template reads it: texts as people see them, none of them marked up but drawings.
struct PageModel {
  struct Section {
    let id: String
    let title: String
    var text: [String] = []
    var tables: [Table] = []
    /// Tables that are opened by whoever wants them.
    var moreTables: MoreTables?
    var figures: [Picture] = []
    var facts: [Facts] = []
  }

  struct MoreTables {
    let title: String
    let tables: [Table]
  }

  struct Picture {
    let name: String
    let title: String
    let reading: String
    /// The drawings for wide and narrow screens; nil without gnuplot.
    let wide: String?
    let narrow: String?
    let files: [File]
    let table: Table
  }

  /// A file beside the page.
  struct File {
    /// Its place, relative to the page.
    let place: String
    let name: String
  }

  struct Table {
    /// The file with the table's numbers, relative to the page.
    let file: String
    let caption: String
    /// The columns of names, then those of numbers.
    let nameHeader: [String]
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

  struct Ends {
    let low: Shown
    let high: Shown
    /// What stands between the two: a dash would be read as a minus before negative numbers.
    let between: String

    init(low: Shown, high: Shown) {
      self.low = low
      self.high = high
      between = low.digits.hasPrefix("-") ? " to " : "–"
    }
  }

  /// A number, shown short, and the place in the table's file that has it whole.
  struct Shown {
    let digits: String
    let shown: String
    let row: Int
    let column: String
  }

  struct Facts {
    let run: String
    let entries: [Entry]
    let configuration: String?
  }

  struct Entry {
    let name: String
    let value: String
  }

  let title: String
  let lead: String
  let notes: [String]
  let sections: [Section]
  let version: String
  let style = String(decoding: PackageResources.style_css, as: UTF8.self)
}
