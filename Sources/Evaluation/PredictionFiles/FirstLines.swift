/// First lines that count, such as `0,1,2`.
///
/// They are names of columns, as data frames without names are written, or rows of whole numbers. That
/// there is one label for each row tells which.
enum FirstLines {
  /// Settles what the first lines of the tables among `files` and `labels` are.
  ///
  /// - Returns: What a user should know.
  /// - Throws: `PredictionChoiceError` where both fit and neither is more likely.
  static func settle(_ files: inout [GivenFile], _ labels: inout GivenFile) throws -> [String] {
    let all = files + [labels]
    let open = all.filter { $0.table?.firstLine != nil }
    guard !open.isEmpty else { return [] }
    let settled = Set(all.filter { $0.table?.firstLine == nil }.map(\.rowCount))
    let fitting = Set(open.flatMap { [$0.rowCount, $0.rowCount + 1] }).filter { count in
      settled.allSatisfy { $0 == count }
        && open.allSatisfy { $0.rowCount == count || $0.rowCount + 1 == count }
    }
    let isOpen = fitting.count > 1
    let count = isOpen ? try likelier(fitting, of: open) : fitting.first
    var notes: [String] = []
    func settle(_ file: inout GivenFile) {
      guard var table = file.table, table.firstLine != nil else { return }
      let areNames = count.map { $0 == table.rowCount } ?? table.isProbablyNames ?? false
      if areNames {
        notes.append(
          "\(table.file): the first line, which counts, is taken for names of columns"
            + (file.content == .classes ? "; --no-header says that it is a row" : ""))
      } else if isOpen {
        notes.append(
          "\(table.file): the first line, which counts, is taken for a row; remove it if it is a name"
        )
      }
      table.take(firstLineAsNames: areNames)
      file.numbers = .table(table)
    }
    for index in files.indices { settle(&files[index]) }
    settle(&labels)
    return notes
  }

  /// Which of two numbers of rows is meant.
  private static func likelier(_ counts: Set<Int>, of open: [GivenFile]) throws -> Int? {
    if open.contains(where: { $0.table?.isProbablyNames == true }) { return counts.min() }
    if let file = open.first(where: { $0.table?.isProbablyNames == nil }) {
      throw PredictionChoiceError(file: file.url.path, problem: .firstLine)
    }
    return counts.max()
  }
}

extension GivenFile {
  /// The number of rows; of labels in one row of an array, that of its columns.
  fileprivate var rowCount: Int {
    if content == .labels, table == nil, shape.count == 2, shape[0] == 1 { return shape[1] }
    return shape.first ?? 1
  }
}
