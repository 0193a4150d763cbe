import TextTables

/// First lines of whole numbers, such as `0,1,2`.
///
/// They are names of columns, as data frames without names are written, or rows of whole numbers. That
/// there is one label for each row tells which, and their form must not contradict it.
enum FirstLines {
  /// Settles what the first lines of the tables among `files` and `labels` are.
  ///
  /// - Returns: What a user should know.
  /// - Throws: `PredictionChoiceError` where both fit and neither is more likely, and where the number
  ///   of labels is that of the rows only with a first line taken for names that does not look like
  ///   them; `TextTableError` for names in another order than that of classes.
  static func settle(
    _ files: inout [GivenFile], _ labels: inout GivenFile, _ options: TableOptions
  ) throws -> [String] {
    let all = files + [labels]
    let open = all.filter { $0.table?.firstLine != nil }
    let settled = Set(all.filter { $0.table?.firstLine == nil }.map(\.rowCount))
    let fitting = Set(open.flatMap(\.possibleRowCounts)).filter { count in
      settled.allSatisfy { $0 == count }
        && open.allSatisfy { $0.possibleRowCounts.contains(count) }
    }
    // One output for each row is of two classes.
    let classCount = files[0].shape.count == 1 ? 2 : max(2, files[0].shape.last ?? 2)
    let isOpen = fitting.count > 1
    let count =
      isOpen
      ? try likelier(fitting, of: open, classCount: classCount) : fitting.first
    var notes: [String] = []
    for index in files.indices {
      try files[index].settle(count, isOpen, classCount: classCount, options, &notes)
    }
    try labels.settle(count, isOpen, classCount: classCount, options, &notes)
    try checkCounts(files, labels, options)
    return notes
  }

  /// Settles what the first line of a file is that has `rowCount` rows.
  ///
  /// - Returns: What a user should know.
  /// - Throws: as `settle(_:_:_:)`.
  static func settle(
    _ file: inout GivenFile, rowCount: Int, _ options: TableOptions
  ) throws -> [String] {
    var notes: [String] = []
    let classCount = file.shape.count == 1 ? 2 : max(2, file.shape.last ?? 2)
    try file.settle(rowCount, false, classCount: classCount, options, &notes)
    if file.content == .classes { try checkCounts([file], labelCount: rowCount, options) }
    return notes
  }

  /// Settles what the first line of a file is that no labels stand beside: names of columns where it has
  /// their form.
  ///
  /// - Returns: What a user should know.
  /// - Throws: as `settle(_:_:_:)`.
  static func settleAlone(_ file: inout GivenFile, _ options: TableOptions) throws -> [String] {
    var notes: [String] = []
    let classCount = file.shape.count == 1 ? 2 : max(2, file.shape.last ?? 2)
    let areNames = file.form(classCount: classCount) == .names
    try file.settle(
      file.rowCount + (areNames ? 0 : 1), true, classCount: classCount, options, &notes)
    return notes
  }

  /// Which of two numbers of rows is meant.
  private static func likelier(
    _ counts: Set<Int>, of open: [GivenFile], classCount: Int
  ) throws -> Int? {
    let forms = open.map { $0.form(classCount: classCount) }
    func fail(_ form: FirstLineForm) -> PredictionChoiceError {
      let file = zip(open, forms).first { $0.1 == form }?.0 ?? open[0]
      return PredictionChoiceError(
        file: file.url.path, problem: .firstLine(file.firstLineText, of: file.content))
    }
    let predictions = zip(open, forms).filter { $0.0.content == .classes }.map(\.1)
    if forms.contains(.names) {
      guard !predictions.contains(.row) else { throw fail(.names) }
      return counts.min()
    }
    guard !predictions.contains(.either) else { throw fail(.either) }
    return counts.max()
  }

  /// - Throws: `PredictionChoiceError` where a first line of numbers makes one row too many.
  private static func checkCounts(
    _ files: [GivenFile], _ labels: GivenFile, _ options: TableOptions
  ) throws {
    try checkCounts(files, labelCount: labels.rowCount, options)
    guard let table = labels.table, table.columnNames == nil, options.hasHeader != false,
      labels.rowCount == files[0].rowCount + 1
    else { return }
    throw PredictionChoiceError(
      file: labels.url.path,
      problem: .oneRowMore(rows: files[0].rowCount, labels: labels.rowCount, of: .labels))
  }

  private static func checkCounts(
    _ files: [GivenFile], labelCount: Int, _ options: TableOptions
  ) throws {
    for file in files where file.table != nil && options.hasHeader == nil {
      guard file.table?.columnNames == nil, file.rowCount == labelCount + 1 else { continue }
      throw PredictionChoiceError(
        file: file.url.path,
        problem: .oneRowMore(rows: file.rowCount, labels: labelCount, of: .classes))
    }
  }
}

extension GivenFile {
  /// The number of rows; of labels in one row of an array, that of its columns.
  var rowCount: Int {
    if content == .labels, table == nil, shape.count == 2, shape[0] == 1 { return shape[1] }
    return shape.first ?? 1
  }

  fileprivate var firstLineText: String {
    (table?.firstLine ?? []).prefix(12).map { "\($0)".replacing(/\.0$/, with: "") }
      .joined(separator: ", ")
  }

  /// What the first line is by its form.
  fileprivate func form(classCount: Int) -> FirstLineForm {
    guard let table, let form = table.firstLineForm else { return .row }
    guard content == .labels else { return form }
    // What names the column of labels is no class, or is written in another way.
    if table.columnCount == 1, let number = table.firstLine?.first {
      let isClass = number >= 0 && number < Double(classCount)
      let areOthers = table.values.allSatisfy { $0 >= 0 && $0 < Double(classCount) }
      return !isClass && areOthers || table.isFirstLineWrittenDifferently ? .names : .either
    }
    let first = table.firstLine ?? []
    let isOneHot = first.allSatisfy { $0 == 0 || $0 == 1 } && first.reduce(0, +) == 1
    return isOneHot ? .either : .names
  }

  /// Settles what the first line is where there are `count` rows in all.
  fileprivate mutating func settle(
    _ count: Int?, _ isOpen: Bool, classCount: Int, _ options: TableOptions,
    _ notes: inout [String]
  ) throws {
    guard var table, table.firstLine != nil else { return }
    let (form, text) = (form(classCount: classCount), firstLineText)
    let areNames = count == table.rowCount
    if areNames {
      // Frames without names call their first column 0.
      let isLikely =
        content == .classes
        ? form != .row : form == .names || options.hasHeader == true || table.firstLine == [0]
      guard isLikely else {
        throw PredictionChoiceError(
          file: url.path,
          problem: .oneRowMore(
            rows: content == .classes ? table.rowCount + 1 : table.rowCount,
            labels: content == .classes ? table.rowCount : table.rowCount + 1, of: content))
      }
      notes.append(
        "\(url.path): the first line, \(text), is taken for names of columns"
          + (content == .classes ? "; --no-header says that it is a row" : ""))
    } else if content == .classes, count != nil,
      isOpen && table.isFirstLineDistinct || form == .names
    {
      notes.append(
        "\(url.path): the first line, \(text), is taken for a row; --header says that it is names")
    }
    try table.take(firstLineAsNames: areNames, options)
    numbers = .table(table)
  }
}

extension GivenFile {
  /// The rows that the file may hold: its first line may be names, or one row more.
  fileprivate var possibleRowCounts: [Int] { [rowCount, rowCount + 1] }
}
