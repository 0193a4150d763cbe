import Foundation
import Scoring
import TestSupport
import Testing

/// Properties of given probabilities, and of logits in Float64.
struct GivenProbabilityTests {
  private let scorer = Scorer(threadCount: 1)

  /// Random distributions, each a multiple of 2⁻⁴⁰, with labels drawn by the first.
  private func draw(
    _ seed: UInt64, rows: Int = 60, members: Int = 2, classes: Int = 5, zeros: Bool = false
  ) -> (values: [Double], labels: [Int]) {
    var source = SeededGenerator(seed: seed)
    var labels: [Int] = []
    let values = (0..<rows * members).flatMap { index in
      var cuts = Set<Int>()
      while cuts.count < classes - 1 { cuts.insert(Int(source.next() % (1 << 40 - 1)) + 1) }
      let ends = [0] + cuts.sorted() + [1 << 40]
      var row = (0..<classes).map { Double(ends[$0 + 1] - ends[$0]) * 0x1p-40 }
      if zeros, source.next() % 2 == 0 { (row[0], row[1]) = (row[0] + row[1], 0) }
      if index % members == 0 {
        let share = source.nextUnit()
        labels.append(row.indices.first { row[...$0].reduce(0, +) > share } ?? classes - 1)
      }
      return row
    }
    return (values, labels)
  }

  private func labeled(
    _ values: [Double], _ labels: [Int], members: Int = 2, as numbers: PredictionNumbers
  ) throws -> LabeledLogits {
    try LabeledLogits(
      float64: values, as: numbers, memberCount: members,
      classCount: values.count / members / labels.count, labels: labels)
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `without zeros they score as their logarithms do as logits`(seed: UInt64) throws {
    let (values, labels) = draw(seed)
    let asked = [Calibration.none, .temperature, .memberTemperatures, .temperatureAfterAveraging]
    let all = try [
      labeled(values, labels, as: .probabilities),
      labeled(values.map { log($0) }, labels, as: .logits),
    ].map { try scorer.score($0, with: scorer.fit(asked, on: $0)) }
    for (given, logits) in zip(all[0], all[1]) {
      for (one, other) in zip(given.predictors, logits.predictors) {
        // The logarithms are those of two libraries, and a temperature is found to 1e-12.
        expectValues(
          one.values,
          Dictionary(uniqueKeysWithValues: Metric.all.map { ($0.name, other.values[$0]) }),
          relative: 1e-10, "\(given.calibration.name) \(one.predictor.name)")
      }
    }
  }

  @Test func `equal confidences stay equal, whatever the order of classes and rows`() throws {
    let (values, labels) = draw(5, members: 1, classes: 4, zeros: true)
    let order = [2, 0, 3, 1]
    let turned = stride(from: 0, to: values.count, by: 4).flatMap { row in
      order.map { values[row + $0] }
    }
    let turnedLabels = labels.map { label in order.firstIndex(of: label) ?? 0 }
    let first = try scorer.rowScores(
      of: .ensemble, in: labeled(values, labels, members: 1, as: .probabilities))
    let second = try scorer.rowScores(
      of: .ensemble, in: labeled(turned, turnedLabels, members: 1, as: .probabilities))
    #expect(first.map(\.confidence) == second.map(\.confidence))
    #expect(first.map(\.negativeLogLikelihood) == second.map(\.negativeLogLikelihood))
    let reversed = try labeled(values, labels, members: 1, as: .probabilities)
      .selecting(rows: labels.indices.reversed())
    #expect(try scorer.rowScores(of: .ensemble, in: reversed) == first.reversed())
  }

  @Test(arguments: 1...5)
  func `members that agree have their own probabilities as the mean`(members: Int) throws {
    let one: [[Double]] = [[0.6, 0.3, 0.1], [1.0 / 3, 0.1, 17.0 / 30], [1, 0, 0]]
    let values = one.flatMap { row in (0..<members).flatMap { _ in row } }
    let given = try labeled(values, [0, 1, 2], members: members, as: .probabilities)
    let predictor = members > 1 ? Predictor.ensembleProbabilities : .ensemble
    let rows = try scorer.rowScores(of: predictor, in: given)
    #expect(rows.map(\.confidence) == [0.6, 17.0 / 30, 1])
    #expect(rows.map(\.labelRank) == [0, 2, 2])
    #expect(rows[2].negativeLogLikelihood == .infinity)
  }

  /// Calibrations whose formulas are of probabilities, of which 0 is one like any other.
  private static let ofProbabilities: [Calibration] = [
    .ensembleTemperature, .classwiseIsotonic, .classwiseHistogram,
  ]

  @Test func `a probability of 0 stays 0 under maps of logits, and fits leave its rows out`()
    throws
  {
    let (values, labels) = draw(6, members: 1, zeros: true)
    // Half of the rows give class 1 nothing; some of them have it as the label.
    let wrong = labels.indices.map { values[5 * $0 + 1] == 0 && $0 % 4 < 2 ? 1 : labels[$0] }
    let given = try labeled(values, wrong, members: 1, as: .probabilities)
    let possible = wrong.indices.filter { values[5 * $0 + wrong[$0]] > 0 }
    try #require(possible.count < wrong.count)
    let all = try scorer.fit(Calibration.all, onValidationSet: given)
    let some = try scorer.fit(
      Calibration.all, onValidationSet: given.selecting(rows: possible))
    for calibration in [Calibration.temperature, .vector, .matrix, .dirichlet] {
      let map = try #require(all.maps(of: calibration, for: .network).first)
      let same = try #require(some.maps(of: calibration, for: .network).first)
      let rows = try scorer.rowScores(of: .ensemble, in: given, calibration: map)
      #expect(rows == (try scorer.rowScores(of: .ensemble, in: given, calibration: same)))
      #expect(
        rows.indices.filter { rows[$0].negativeLogLikelihood.isFinite } == possible,
        "\(calibration.name)")
    }
    for scores in try scorer.score(given, with: all) where scores.calibration.defines(.entropy) {
      guard let row = scores.predictors.first,
        !Self.ofProbabilities.contains(scores.calibration)
      else { continue }
      #expect(row.infiniteLossCount == wrong.count - possible.count)
      for metric in [Metric.negativeLogLikelihood, .calibrationLoss, .refinementLoss] {
        #expect(row.values[metric] == nil, "\(scores.calibration.name) \(metric.name)")
      }
      #expect(row.values[.entropy] != nil && row.values[.brierScore] != nil)
      let draws = try scorer.resample(
        scores, of: given, by: Bootstrap(imageCount: wrong.count, drawCount: 9, threadCount: 1))
      #expect(draws[.network]?[.negativeLogLikelihood] == nil)
      #expect(draws[.network]?[.brierScore] != nil)
    }
  }

  @Test func `where every label is impossible nothing is fitted`() throws {
    let given = try labeled([1, 0, 1, 0], [1, 1], members: 1, as: .probabilities)
    let fitted = try scorer.fit(Calibration.all, onValidationSet: given)
    #expect(fitted.maps(of: .temperature, for: .network).first?.temperature == 1)
    for scores in try scorer.score(given, with: fitted)
    where !Self.ofProbabilities.contains(scores.calibration) {
      #expect(scores.predictors.allSatisfy { $0.values[.negativeLogLikelihood] == nil })
    }
    // Of rows whose label is impossible, the uniform distribution is the best mixture.
    let mixture = try scorer.score(given, with: fitted).first {
      $0.calibration == .ensembleTemperature
    }
    #expect(mixture?.predictors.first?.values[.negativeLogLikelihood] == log(2))
  }

  @Test func `sums are divided by only where rounding does not explain them`() throws {
    let exact: [Double] = [0.7001, 0.2003, 0.0996000001234, 0.5, 0.3, 0.2]
    func sums(_ values: [Double]) throws -> (ProbabilitySums, [RowScore]) {
      let given = try labeled(values, [0, 0], members: 1, as: .probabilities)
      return (try #require(given.sums), try scorer.rowScores(of: .ensemble, in: given))
    }
    let (scaled, rows) = try sums(exact.map { $0 * 1.001 })
    #expect(scaled.dividedCount == 2 && scaled.count == 2)
    expectClose(scaled.largestDifference, 1e-3, absolute: 1e-9)
    let total = exact[0] + exact[1] + exact[2]
    // A product, a sum and a quotient.
    expectClose(rows.map(\.confidence), [0.7001 / total, 0.5], absolute: 1e-15)
    for rounded in [
      exact.map { Double(Float($0)) }, exact.map { Double(Float16($0)) },
      exact.map { ($0 * 1000).rounded() / 1000 }, [0.333, 0.333, 0.333, 0.33, 0.34, 0.33],
      [0.33, 0.33, 0.33, 0.5, 0.3, 0.2],
    ] {
      let (sums, rows) = try sums(rounded)
      #expect(sums.dividedCount == 0)
      #expect(rows.map(\.confidence) == [rounded[..<3].max(), rounded[3...].max()])
    }
    // Float32 as the shortest text that gives it again, and six digits.
    for format in ["%.9g", "%.6g"] {
      let source: [Float] = [0.70012337, 0.29987353, 3.0986e-6, 0.5, 0.3, 0.2]
      let texts = source.compactMap { Double(String(format: format, Double($0))) }
      let (sums, rows) = try sums(texts)
      #expect(sums.dividedCount == 0 && sums.largestDifference > 1e-10, "\(format)")
      #expect(rows.map(\.confidence) == [texts[0], texts[3]])
    }
    let (above, certain) = try sums([1.0000001, 0, 0, 0.5, 0.3, 0.2])
    #expect(above.dividedCount == 1 && certain.map(\.confidence) == [1, 0.5])
    for wrong in [[0.5, 0.25, 0.1, 0.5, 0.3, 0.2], [0.312, 0.323, 0.341, 0.5, 0.3, 0.2]] {
      #expect(throws: ScoringError.self) { try sums(wrong) }
    }
  }

  /// A probability as it is written in one of several ways.
  private func written(_ probability: Double, _ form: Int) -> Double {
    let texts = ["%.6g", "%.9g", "%.1f", "%.2f", "%.3f", "%.5f", "%.8f"]
    switch form {
    case 0: return probability
    case 1: return Double(Float(probability))
    case 2: return Double(Float16(probability))
    case 3: return probability * 1.0001
    case 4: return probability * (1 - 1e-9)
    default: return Double(String(format: texts[form - 5], probability)) ?? .nan
    }
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `each member is scored as alone, whatever the precision of others`(seed: UInt64) throws {
    var source = SeededGenerator(seed: seed)
    let (rows, members, classes) = (
      9, Int.random(in: 2...4, using: &source), Int.random(in: 2...6, using: &source)
    )
    let (exact, labels) = draw(seed, rows: rows, members: members, classes: classes)
    let forms = (0..<members).map { _ in Int.random(in: 0..<12, using: &source) }
    let written = exact.indices.map { self.written(exact[$0], forms[$0 / classes % members]) }
    let alone: [[Double]] = (0..<members).map { member in
      (0..<rows).flatMap { row in
        let start = (row * members + member) * classes
        return written[start..<start + classes]
      }
    }
    func sums(_ values: [Double], _ members: Int) -> LabeledLogits? {
      try? labeled(values, labels, members: members, as: .probabilities)
    }
    let separate = alone.map { sums($0, 1) }
    // Numbers of one decimal can be no probabilities, together as alone.
    guard let together = sums(written, members) else {
      #expect(separate.contains { $0 == nil })
      return
    }
    for (member, values) in separate.enumerated() {
      let values = try #require(values)
      #expect(
        try scorer.rowScores(of: .member(member), in: together)
          == scorer.rowScores(of: .ensemble, in: values))
      #expect(together.sums?.roundings[member] == values.sums?.roundings[0])
      #expect(together.sums?.dividedCounts[member] == values.sums?.dividedCount)
    }
  }

  @Test func `logits in Float64 are those in Float32, and more`() throws {
    let problem = try Problem(seed: 3, labelSeed: 4, rows: 40, members: 3, classes: 9).draw()
    let wide = try LabeledLogits(
      float64: problem.float64Values, memberCount: 3, classCount: 9, labels: problem.labels)
    for (first, second) in zip(
      try scorer.score(problem, with: scorer.fit(Calibration.all, on: problem)),
      try scorer.score(wide, with: scorer.fit(Calibration.all, on: wide)))
    {
      #expect(first.predictors.map(\.values) == second.predictors.map(\.values))
      #expect(first.diversity.map(\.values) == second.diversity.map(\.values))
    }
    let close = try labeled([0, 1e-12, 0, 0], [1, 0], members: 1, as: .logits)
    let rows = try scorer.rowScores(of: .ensemble, in: close)
    #expect(rows[0].predictedClass == 1 && rows[0].confidence > 0.5 && rows[1].confidence == 0.5)
    #expect(throws: ScoringError.tooLarge(count: 1, row: 0, member: 0, class: 1)) {
      try labeled([0, 1e39], [0], members: 1, as: .logits)
    }
  }

  @Test func `sets of both kinds are not put together`() throws {
    let values = [0.5, 0.5]
    let (logits, given) = (
      try labeled(values, [0], members: 1, as: .logits),
      try labeled(values, [0], members: 1, as: .probabilities)
    )
    #expect(throws: ScoringError.otherNumbers(.probabilities)) {
      try LabeledLogits(concatenating: [logits, given])
    }
    let narrow = try LabeledLogits([0.1, 0.2], memberCount: 1, classCount: 2, labels: [0])
    let mixed = try LabeledLogits(concatenating: [narrow, logits])
    #expect(mixed.float64Values == [Double(0.1 as Float), Double(0.2 as Float), 0.5, 0.5])
    let both = try LabeledLogits(concatenating: [given, given])
    #expect(both.numbers == .probabilities && both.sums?.count == 2)
  }
}
