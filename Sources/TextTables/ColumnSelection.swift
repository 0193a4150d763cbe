/// Which columns of a text table are read.
struct ColumnSelection {
  typealias Column = TextTableError.Column

  let file: String
  private(set) var isKept: [Bool]  // [columns]
  /// The columns to leave out by name that are there.
  private(set) var droppedNames: Set<String> = []
  /// The columns that were left out unasked.
  private(set) var leftOut: [Column] = []
  private let head: TableHead

  /// All columns of the table that begins with `head`.
  init(_ head: TableHead, file: String) {
    self.file = file
    self.head = head
    isKept = [Bool](repeating: true, count: head.fieldCount)
  }

  /// The column of a number, with its name.
  func column(_ index: Int) -> Column {
    guard let names = head.names else { return Column(index: index, name: nil) }
    // Programs that give row names no name have one name less than columns.
    let place = names.count == isKept.count - 1 ? index - 1 : index
    return Column(index: index, name: names.indices.contains(place) ? names[place] : nil)
  }

  /// All columns.
  var columns: [Column] { isKept.indices.map(column) }

  /// The columns that are read.
  var kept: [Column] { isKept.indices.lazy.filter { isKept[$0] }.map(column) }

  /// Leaves out columns, each by its name or its number from 0.
  ///
  /// They are meant for predictions: labels that are alone in their file, or named, stay.
  ///
  /// - Throws: `TextTableError` for a number that no column has, or where no column is left.
  mutating func drop(_ names: [String], of content: NumberTable.Content) throws {
    for name in names {
      if let index = Int(name) {
        if content == .labels, isKept.count == 1 || isLabel(index) { continue }
        guard isKept.indices.contains(index) else {
          throw TextTableError(file: file, problem: .noSuchColumn(name, columns: columns))
        }
        isKept[index] = false
      } else {
        for column in columns where column.name == name {
          droppedNames.insert(name)
          isKept[column.index] = content == .labels && isLabel(column.index)
        }
      }
    }
    guard isKept.contains(true) else {
      throw TextTableError(file: file, problem: .nothingLeft)
    }
  }

  /// - Throws: `TextTableError` unless each column has one name, or there are none.
  func checkHeader() throws {
    guard head.firstLine == .names, let count = head.names?.count, count != isKept.count else {
      return
    }
    if count == isKept.count - 1, !isKept[0] { return }
    throw TextTableError(
      file: file,
      problem: .headerWidth(line: head.lines[0], names: count, columns: isKept.count))
  }

  private func isLabel(_ index: Int) -> Bool {
    column(index).name.map(ColumnNames.isLabel) ?? false
  }

  /// Keeps the one column of several that is named as labels are.
  mutating func keepLabels() {
    guard kept.count > 1 else { return }
    let labels = kept.filter { isLabel($0.index) }
    guard labels.count == 1 else { return }
    for column in kept where column != labels[0] {
      isKept[column.index] = false
      leftOut.append(column)
    }
  }

  /// Checks that no column holds text, and that names of columns allow any numbers.
  ///
  /// - Throws: `TextTableError` naming the first column that is something else.
  func checkTexts(as content: NumberTable.Content, takesAll: Bool) throws {
    let kept = kept
    for column in kept where !takesAll {
      guard let name = column.name, let meaning = ColumnNames.meaning(of: name, among: head.names)
      else { continue }
      if content == .labels, kept.count == 1, name.isEmpty || ColumnNames.isLabel(name) { continue }
      guard content == .labels || meaning.isMeasure || head.texts[column.index] != nil else {
        continue
      }
      throw TextTableError(
        file: file, problem: .notAClass(column, reason: meaning.reason, isCertain: true))
    }
    for column in kept {
      guard let text = head.texts[column.index] else { continue }
      throw TextTableError(file: file, problem: problem(with: text, in: column, of: content))
    }
  }

  private func problem(
    with text: SampleText, in column: Column, of content: NumberTable.Content
  ) -> TextTableError.Problem {
    if OddNumber(text.text) != nil {
      return .notANumber(line: text.line, column, found: text.text)
    }
    if kept.count > 1 { return .text(column, line: text.line, example: text.text) }
    return content == .labels
      ? .classNames(line: text.line, found: text.text)
      : .notANumber(line: text.line, column, found: text.text)
  }
}
