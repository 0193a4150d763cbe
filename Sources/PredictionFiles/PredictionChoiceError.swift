import Formats
import TextTables

/// Files of predictions or labels that can be read in several ways, or need an option to be read.
package struct PredictionChoiceError: Error, CustomStringConvertible, Equatable {
  package enum Problem: Sendable, Equatable {
    /// Neither an array nor a text table, by its name.
    case unknownForm
    /// An archive without one array that is meant; what was looked for, the option that names one,
    /// and the arrays that there are.
    case arrays(of: String, option: String, found: [String])
    /// An archive without the array that an option names.
    case noSuchArray(String, option: String, found: [String])
    /// One number for each row, and nothing that says what it means.
    case oneOutput(shape: [Int])
    /// Several numbers for each row where one is expected.
    case severalOutputs(shape: [Int])
    /// A number that is no probability of class 1; rows count from 0.
    case notProbability(row: Int, value: Double)
    /// Probabilities, by the name of their array, beside other files.
    case notAllProbabilities(array: String)
    /// A first line that may be a row or names.
    case firstLine(String, of: NumberTable.Content)
    /// A row more than labels or predictions have, which may be names; counts with that row.
    case oneRowMore(rows: Int, labels: Int, of: NumberTable.Content)
    /// A column of an array that is no class.
    case notAClass(column: Int, reason: String, member: Int?)
    /// One-hot labels of another number of classes.
    case oneHotClasses(expected: Int, found: Int)
    /// Labels of which all say that there is none.
    case allIgnored(label: Int, count: Int)
    /// Labels in the form of text or objects.
    case notNumbers(descr: String)
    /// An option for text tables, where there are none.
    case noTable(option: String)
    /// An option for archives, where there are none.
    case noArchive(option: String)
    /// An option for several members, where there is one.
    case oneMember(option: String)
    /// Five times as many rows of predictions as labels, or a multiple of that.
    case severalCells(rows: Int, labels: Int)
    /// A file that is named as five severities of a corruption are, with labels of five equal blocks.
    case severities(of: String, rows: Int)
  }

  package let file: String
  package let problem: Problem

  package init(file: String, problem: Problem) {
    self.file = file
    self.problem = problem
  }

  package var description: String { "\(file): \(message)".withoutControlCharacters }

  private var message: String {
    switch problem {
    case .unknownForm: "expected a file named .npy, .npz, .csv, .tsv, .txt or .dat"
    case .arrays(let content, let option, let found):
      "expected one array of \(content), found " + (found.isEmpty ? "none" : found.listed())
        + "; \(option) chooses one"
    case .noSuchArray(let name, let option, let found):
      "\(option): expected one of \(found.listed()), found \"\(name.oneLine)\""
    case .oneOutput(let shape):
      "found one number for each row, in shape \(shape); if they are a binary classifier's, --binary "
        + "takes them as logits of class 1 or, with --probabilities, as its probabilities p; else give a "
        + "column for each class, such as 0 and the logit, or 1 - p and p"
    case .severalOutputs(let shape):
      "--binary: expected one number for each row, in shape [rows], [rows, 1] or [rows, members, 1], "
        + "found \(shape); predictions with a column for each class need no --binary"
    case .notProbability(let row, let value):
      "row \(row): expected the probability of class 1, found \(value); are they logits, "
        + "or in percent?"
    case .notAllProbabilities(let array):
      "the array \(array.oneLine) is named as probabilities are, the other files hold something else; "
        + "say --probabilities or --no-probabilities"
    case .firstLine(let text, .classes):
      "the first line, \(text.oneLine), can be names of columns or a row; say --header or --no-header"
    case .firstLine(let text, .labels):
      "the first line, \(text.oneLine), seems to name the column, but the predictions have as many rows with "
        + "it; say --header or --no-header of these, or remove it"
    case .oneRowMore(let rows, let labels, let content):
      "expected \(rows) labels, one for each row of predictions, found \(labels); "
        + (content == .classes
          ? "if the first line names the columns, say --header"
          : "if the first line names the column, remove it")
    case .notAClass(let column, let reason, let member):
      "column \(column)\(member.map { " of member \($0)" } ?? "") \(reason), which is no class; save the array "
        + "without it, or say with --all-columns that every column is a class"
    case .oneHotClasses(let expected, let found):
      "expected one-hot labels of \(expected) classes, as the predictions have, found \(found)"
    case .allIgnored(let label, let count):
      "expected labels of classes, found \(label) in all \(count) rows, which says that there is none; "
        + "--ignore-label names another one"
    case .notNumbers(let descr):
      "elements of type \(descr.oneLine), expected numbers: the index of each row's class, from 0"
    case .noTable(let option): "\(option) is for text tables, found none"
    case .noArchive(let option): "\(option) is for .npz files, found none"
    case .oneMember(let option): "\(option) is for several members, found one"
    case .severalCells(let rows, let labels):
      "expected \(labels) rows, one for each label, found \(rows), \(rows / labels) times as many: "
        + "severities one after the other? Give the folder of such files with --cells, each named by its "
        + "corruption, such as fog.npy (all five severities) or fog-3.npy"
    case .severities(let corruption, let rows):
      "expected the predictions of one cell, found \(rows) rows with labels of five equal blocks, as five "
        + "severities of \(corruption.oneLine) have; give the folder of this file with --cells"
    }
  }
}
