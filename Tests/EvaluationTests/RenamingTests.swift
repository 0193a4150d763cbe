import Evaluation
import Formats
import Runs
import Scoring
import TestSupport
import Testing

/// Tables are the same bytes whatever the members and the classes are called.
struct RenamingTests {
  /// What predictions are made of.
  enum Numbers: String, CaseIterable, Sendable {
    /// Logits from −3 to 3.
    case integers
    /// Logits that are counts of five votes.
    case votes
    /// Logits in half precision.
    case halves
    /// Probabilities that are eighths.
    case eighths
    /// Shares of three or seven votes, in single precision.
    case shares
  }

  private static let rowCount = 24

  /// Predictions of some rows, as rows of members of classes, and labels.
  struct Predictions {
    var values: [[[Float]]]  // [N, M, K]
    var labels: [Int]
    let numbers: Numbers

    var isProbabilities: Bool { numbers == .eighths || numbers == .shares }

    func logits() throws -> LabeledLogits {
      // Float32 and Float64 take different ways.
      guard isProbabilities || numbers == .votes else {
        return try LabeledLogits(
          Array(values.joined().joined()), memberCount: values[0].count,
          classCount: values[0][0].count, labels: labels)
      }
      return try LabeledLogits(
        float64: values.joined().joined().map(Double.init),
        as: isProbabilities ? .probabilities : .logits, memberCount: values[0].count,
        classCount: values[0][0].count, labels: labels)
    }

    /// Member j is the one that was `order[j]`.
    func renamingMembers(_ order: [Int]) -> Predictions {
      var other = self
      other.values = values.map { row in order.map { row[$0] } }
      return other
    }

    /// Class c is the one that was `order[c]`.
    func renamingClasses(_ order: [Int]) -> Predictions {
      var other = self
      other.values = values.map { row in row.map { member in order.map { member[$0] } } }
      other.labels = labels.map { order.firstIndex(of: $0) ?? 0 }
      return other
    }
  }

  /// Predictions whose first class is nowhere tied with another, by any predictor.
  ///
  /// There the lowest index decides. `labels` are drawn where they are nil.
  private static func predictions(
    _ numbers: Numbers, members: Int, classes: Int, labels: [Int]? = nil,
    _ generator: inout SeededGenerator
  ) throws -> Predictions {
    var made = Predictions(values: [], labels: [], numbers: numbers)
    while made.values.count < rowCount {
      let label = labels?[made.values.count] ?? Int.random(in: 0..<classes, using: &generator)
      let row = (0..<members).map { _ in
        member(numbers, classes: classes, label: label, &generator)
      }
      let one = Predictions(values: [row], labels: [label], numbers: numbers)
      guard try isDecided(one) else { continue }
      made.values.append(row)
      made.labels.append(label)
    }
    return made
  }

  private static func member(
    _ numbers: Numbers, classes: Int, label: Int, _ generator: inout SeededGenerator
  ) -> [Float] {
    // Three in four votes are for the label.
    func votes(_ count: Int) -> [Float] {
      var votes = [Float](repeating: 0, count: classes)
      for _ in 0..<count {
        let isRight = Int.random(in: 0..<4, using: &generator) > 0
        votes[isRight ? label : Int.random(in: 0..<classes, using: &generator)] += 1
      }
      return votes
    }
    switch numbers {
    case .integers:
      return (0..<classes).map {
        Float(Int.random(in: -3...2, using: &generator) + ($0 == label ? 1 : 0))
      }
    case .votes: return votes(5)
    case .halves:
      return (0..<classes).map {
        Float(Float16(Float.random(in: -3...3, using: &generator))) + ($0 == label ? 1 : 0)
      }
    case .eighths: return votes(8).map { $0 / 8 }
    case .shares:
      let count = Bool.random(using: &generator) ? 3 : 7
      return votes(count).map { $0 / Float(count) }
    }
  }

  /// Whether every predictor has one most probable class, by more than rounding.
  private static func isDecided(_ row: Predictions) throws -> Bool {
    let logits = try row.logits()
    let order = Array((0..<logits.classCount).reversed())
    let reversed = try row.renamingClasses(order).logits()
    return try Predictor.predicting(memberCount: logits.memberCount).allSatisfy { predictor in
      let found = try [logits, reversed].map {
        try Scorer(threadCount: 1).rowScores(of: predictor, in: $0)[0].predictedClass
      }
      return order[found[1]] == found[0]
    }
  }

  private static func tables(_ cells: [Predictions]) throws -> [[[String]]] {
    let names = cells.indices.map {
      $0 == 0 ? Cell.clean : Cell(corruption: "fog", severity: $0)
    }
    let cube = try CubeScorer(
      ScoringSettings(calibrations: Calibration.all, drawCount: 20, seed: 3), threadCount: 2
    ).score(names) { cell in
      try cells[cell.severity].logits()
    } report: { _ in
    }
    let tables = ResultTables(
      runName: "run", datasetName: "data", fitting: "clean-halves", cube: cube)
    return [tables.cells, tables.diversity, tables.reliability, tables.summary].map { table in
      table.text.split(whereSeparator: \.isNewline).map { line in
        line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
    }
  }

  /// The rows of tables of which member j was called `order[j]`, under those names.
  private static func restored(_ tables: [[[String]]], _ order: [Int]) -> [[[String]]] {
    func restored(_ field: String) -> String {
      let parts = field.split(separator: "-")
      if parts.count == 2, parts[0] == "member", let member = Int(parts[1]) {
        return "member-\(order[member])"
      }
      guard parts.count == 2, let first = Int(parts[0]), let second = Int(parts[1]) else {
        return field
      }
      return [order[first], order[second]].sorted().map(String.init).joined(separator: "-")
    }
    return tables.map { table in
      let (pair, first, second) = (
        table[0].firstIndex(of: "pair"), table[0].firstIndex(of: "conditional_accuracy"),
        table[0].firstIndex(of: "conditional_accuracy_mirror")
      )
      return table.map { row in
        var row = row
        // The second member where the first is right, and the first where the second is.
        if let pair, let first, let second, let members = memberPair(row[pair]),
          order[members.0] > order[members.1]
        {
          row.swapAt(first, second)
        }
        return row.enumerated().map { $0 < 8 ? restored($1) : $1 }
      }
    }
  }

  private static func memberPair(_ name: String) -> (Int, Int)? {
    let members = name.split(separator: "-").compactMap { Int($0) }
    return members.count == 2 ? (members[0], members[1]) : nil
  }

  /// The fields in which rows of `found`, in any order, differ from those of `expected`; the first
  /// fields name a row.
  private static func differences(
    _ found: [[String]], _ expected: [[String]], keys: Range<Int>
  ) -> [String] {
    let rows = Dictionary(
      found.map { (Array($0[keys]), $0) }, uniquingKeysWith: { first, _ in first })
    guard found.count == expected.count, rows.count == found.count else { return ["other rows"] }
    return expected.flatMap { row -> [String] in
      let name = row[keys].joined(separator: ",")
      guard let other = rows[Array(row[keys])] else { return ["no row \(name)"] }
      return row.indices.filter { other[$0] != row[$0] }
        .map { "\(name) \(expected[0][$0]): \(other[$0]), expected \(row[$0])" }
    }
  }

  /// The predictors and calibrations whose temperature is at a bound in one of the cells: at the lowest,
  /// members vote, and votes tie for the first place.
  private static func atBound(_ cells: [[String]]) -> Set<[String]> {
    let isAtBound = cells[0].firstIndex(of: "temperature_at_bound") ?? 0
    return Set(cells.filter { $0[isAtBound] == "1" }.map { Array($0[4..<6]) })
  }

  @Test(arguments: Numbers.allCases, 1...5)
  func `renaming members and classes changes no table`(numbers: Numbers, members: Int) throws {
    var generator = SeededGenerator(seed: UInt64(members * 10 + numbers.rawValue.count))
    let classes = Bool.random(using: &generator) ? 3 : Int.random(in: 2...20, using: &generator)
    let clean = try Self.predictions(numbers, members: members, classes: classes, &generator)
    let fog = try Self.predictions(
      numbers, members: members, classes: classes, labels: clean.labels, &generator)
    let expected = try Self.tables([clean, fog])
    let ties = Self.atBound(expected[0])
    let memberOrder = (0..<members).shuffled(using: &generator)
    let classOrder = (0..<classes).shuffled(using: &generator)
    let byMember = Self.restored(
      try Self.tables([clean, fog].map { $0.renamingMembers(memberOrder) }), memberOrder)
    let byClass = try Self.tables([clean, fog].map { $0.renamingClasses(classOrder) })
    for (table, keys) in [(0, 0..<6), (1, 0..<6), (2, 0..<7), (3, 0..<7)] {
      for (found, order) in [(byClass, classOrder), (byMember, memberOrder)] {
        let differences = Self.differences(found[table], expected[table], keys: keys)
          .filter { difference in !ties.contains { difference.contains($0.joined(separator: ",")) }
          }
          // Curves of classes have shares of few rows as values, a matrix makes members certain, which then
          // vote, and gives rows of votes equal logits: all tie in the first place.
          .filter { difference in
            order != classOrder
              || !["-classwise", ",matrix"].contains { difference.contains($0) }
          }
        #expect(
          differences.prefix(3) == [],
          "\(differences.count) in table \(table) of \(classes) classes, order \(order)")
      }
    }
  }
}
