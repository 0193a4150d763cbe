/// The first screen of a page as its template reads it.
extension PageModel {
  /// What a reader sees first: sentences, a small table and a picture.
  struct FirstScreen {
    /// What the numbers say.
    let findings: [Sentence]
    /// What the tables do not hold.
    var remarks: [String] = []
    /// The few numbers of one run.
    var sheet: Sheet?
    /// The ranks of several runs.
    var ranking: RankingTable?
    var picture: Picture?
    /// The findings of each of several runs, which stay folded.
    var ofRuns: [RunFindings] = []
    /// All numbers, which stay folded.
    var more: MoreTables?
  }

  /// A finding.
  struct Sentence {
    let topic: String
    let text: String
    /// The name of the figure that shows it; nil where the page has none.
    let figure: String?
    /// Whether it is a doubt about the numbers.
    let isDoubt: Bool
  }

  /// The findings of one of several runs.
  struct RunFindings {
    let run: String
    let findings: [Sentence]
    let remarks: [String]
  }

  /// A table of predictors by scopes and metrics.
  struct Sheet {
    /// The file with the table's numbers, relative to the page.
    let file: String
    let caption: String
    let groups: [Group]
    let metricCount: Int
    let rows: [SheetRow]
  }

  /// The columns of one scope.
  struct Group {
    let title: String
    let metrics: [String]
  }

  struct SheetRow {
    let names: [String]
    let groups: [SheetFields]
  }

  struct SheetFields {
    let title: String
    let fields: [SheetField]
  }

  struct SheetField {
    let value: Shown?
    let isBest: Bool
  }

  /// Runs by their rank.
  struct RankingTable {
    let file: String
    let caption: String
    let header: [String]
    let rows: [RankedRow]
  }

  struct RankedRow {
    let rank: Int
    let run: String
    let fields: [Field]
    /// Which runs it is significantly better than.
    let verdict: String
  }
}
