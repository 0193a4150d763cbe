import Formats
import Foundation
import Reports
import Runs
import Scoring
import TestSupport
import Testing

struct FindingsTests {
  /// An ensemble as an evaluation might find it.
  private static var fixture: FindingFixture {
    var run = FindingFixture()
    run.set("clean", "accuracy", .init(0.95, 0.935, 0.962))
    run.set("cells/macro", "accuracy", .init(0.8, 0.78, 0.82))
    run.set("cells/macro", "accuracy_minus(clean)", .init(-0.15, -0.165, -0.135))
    for (part, value) in [("weather", 0.85), ("noise", 0.7)] {
      run.set("cells/\(part)", "accuracy", .init(value, value - 0.02, value + 0.02))
    }
    run.set("cells/weather", "accuracy_minus(noise)", .init(0.15, 0.13, 0.17))
    for (part, value) in [("fog", 0.9), ("snow", 0.8), ("shot_noise", 0.7)] {
      run.set("cells/\(part)", "accuracy", .init(value, value - 0.02, value + 0.02))
    }
    run.set("cells/fog", "accuracy_minus(shot_noise)", .init(0.2, 0.18, 0.22))
    run.set("cells/snow", "accuracy_minus(shot_noise)", .init(0.1, -0.01, 0.21))
    for (part, value) in [("severity-1", 0.88), ("severity-3", 0.72)] {
      run.set("cells/\(part)", "accuracy", .init(value, value - 0.02, value + 0.02))
    }
    run.set("cells/severity-1", "accuracy_minus(severity-3)", .init(0.16, 0.14, 0.18))
    run.set("clean", "overconfidence", .init(0.001, -0.012, 0.014))
    run.set("cells/macro", "overconfidence", .init(0.09, 0.07, 0.11))
    run.set("clean", "overconfidence", .init(-0.03, -0.04, -0.02), calibration: "temperature")
    run.set(
      "cells/macro", "overconfidence", .init(0.12, 0.1, 0.14), calibration: "temperature")
    for (place, metric, number) in [
      ("clean", "nll", .init(-0.05, -0.07, -0.03)), ("clean", "ece", .init(-0.02, -0.03, -0.01)),
      ("cells/macro", "nll", .init(0.4, 0.3, 0.5)),
      ("cells/macro", "ece", .init(0.001, -0.004, 0.006)),
    ] as [(String, String, FindingFixture.Number)] {
      run.set(place, "\(metric)_minus(none)", number, calibration: "temperature")
      run.set(place, metric, .init(0.3, 0.2, 0.4))
      run.set(place, metric, .init(0.3 + number.value, 0.2, 0.4), calibration: "temperature")
    }
    run.set("clean", "accuracy_minus(members-mean)", .init(0.004, 0.001, 0.007))
    run.set("cells/macro", "accuracy_minus(members-mean)", .init(0.002, -0.001, 0.005))
    run.set("clean", "auroc_misclassification", .init(0.9, 0.87, 0.93))
    run.set("cells/macro", "auroc_misclassification", .init(0.8, 0.78, 0.82))
    return run
  }

  @Test func `sentences say what numbers hold, and what they do not`() throws {
    let findings = Findings(try Self.fixture.tables)
    #expect(
      findings.all.map(\.sentence) == [
        "95.0 % (95 % interval 93.5 to 96.2) of clean images are right, and 80.0 % (78.0 to 82.0) "
          + "of corrupted ones: 15.0 points fewer (13.5 to 16.5).",
        "Accuracy is lowest for the family noise (70.0 %, 68.0 to 72.0), for the corruption shot_noise (70.0 %, "
          + "68.0 to 72.0; not clearly below snow) and at severity 3 (72.0 %, 70.0 to 74.0).",
        "Without calibration the ensemble is overconfident under corruption (confidence 9.0 points "
          + "above accuracy, 7.0 to 11.0); for clean images it is unclear (+0.1 points, \u{2212}1.2 "
          + "to 1.4); with temperature it is underconfident on clean images (3.0 points below, 2.0 to "
          + "4.0) and overconfident under corruption (12.0 points above, 10.0 to 14.0).",
        "Calibration by temperature: on clean images it helps (NLL \u{2212}0.050, \u{2212}0.070 to "
          + "\u{2212}0.030; ECE \u{2212}0.020, \u{2212}0.030 to \u{2212}0.010); under corruption it harms "
          + "NLL (+0.40, 0.30 to 0.50), for ECE (+0.001, \u{2212}0.004 to 0.006) it is unclear.",
        "The ensemble is 0.4 points more accurate on clean images (0.1 to 0.7) than its members on "
          + "average; for corrupted images it is unclear (+0.2 points, \u{2212}0.1 to 0.5).",
        "Of a right and a wrong answer the right one has the higher confidence, on clean images in "
          + "90.0 % (87.0 to 93.0) and under corruption in 80.0 % (78.0 to 82.0) of pairs (AUROC).",
      ])
    #expect(
      findings.shown.map(\.topic) == [
        .accuracy, .weakness, .confidence, .calibration, .ensemble,
      ])
    #expect(findings.remarks.isEmpty)
  }

  @Test func `one network is no ensemble, and clean images have no corruption`() throws {
    var run = Self.fixture
    run.predictors = ["ensemble"]
    run.corruptions = []
    run.calibrations = ["none"]
    run.numbers = run.numbers.filter {
      $0.key[0] == "clean" && $0.key[2] == "none" && !$0.key[3].contains("minus")
    }
    let findings = Findings(try run.tables)
    #expect(findings.all.map(\.topic) == [.accuracy, .confidence, .ranking])
    #expect(findings.shown.count == 3)
    #expect(!findings.all.contains { $0.sentence.contains("ensemble") })
    #expect(
      findings.all[1].sentence
        == "Without calibration it is unclear whether the network is over- or underconfident on "
        + "clean images (+0.1 points, \u{2212}1.2 to 1.4).")
  }

  @Test func `sentences about several runs group them by what is claimed of each`() throws {
    var (b, c) = (Self.fixture, Self.fixture)
    b.set("cells/macro", "overconfidence", .init(-0.03, -0.05, -0.01))
    b.set("cells/macro", "nll_minus(none)", .init(-0.2, -0.3, -0.1), calibration: "temperature")
    b.isAtBound = true
    c.set("cells/macro", "overconfidence", .init(0.01, -0.01, 0.03))
    c.calibrations = ["none"]
    let runs = try [Self.fixture, b, c].map { try $0.tables }
    let found = SharedFindings(zip(["a", "b", "c"], runs).map { ($0, $1) }, scope: .corrupted)
    #expect(
      found.confidence
        == "Under corruption, without calibration, a (+9.0 points, 7.0 to 11.0) is overconfident, "
        + "b (\u{2212}3.0 points, \u{2212}5.0 to \u{2212}1.0) is underconfident, for c (+1.0 points, "
        + "\u{2212}1.0 to 3.0) it is unclear.")
    #expect(
      found.calibration
        == "Under corruption, with calibration by temperature, in NLL a (+0.40, 0.30 to 0.50) is worse, b "
        + "(\u{2212}0.20, \u{2212}0.30 to \u{2212}0.10) is better; in ECE for a (+0.001, \u{2212}0.004 to "
        + "0.006) and b (+0.001, \u{2212}0.004 to 0.006) it is unclear.")
    #expect(found.doubts.count == 1 && found.doubts[0].hasPrefix("b: The fitted temperature"))
    let equal = SharedFindings([("a", runs[0]), ("b", runs[0])], scope: .corrupted)
    #expect(
      equal.confidence?.hasSuffix(
        "both runs are overconfident: a (+9.0 points, 7.0 to 11.0) and b (+9.0 points, 7.0 to 11.0)."
      )
        == true)
  }

  @Test func `few images are no ground for a claim`() throws {
    var run = Self.fixture
    run.images = FindingTables.fewestImages - 1
    let findings = Findings(try run.tables)
    #expect(findings.all.flatMap(\.numbers).allSatisfy { $0.claim ?? .untold == .untold })
    // Wilson's interval holds for any number of images.
    #expect(findings.all[0].sentence.contains("95.0 % (95 % interval 93.5 to 96.2)"))
    #expect(findings.remarks.count == 1)
  }

  @Test func `tables without differences claim where two intervals do not overlap`() throws {
    var run = Self.fixture
    run.numbers = run.numbers.filter { !$0.key[3].contains("_minus(") }
    let findings = Findings(try run.tables)
    #expect(findings.all[0].sentence.contains("15.0 points fewer (11.5 to 18.2)"))
    #expect(findings.remarks.count == 1 && findings.remarks[0].contains("do not overlap"))
  }

  /// A fixture with random numbers and intervals in every place that findings look at.
  private static func random(_ seed: UInt64) -> FindingFixture {
    var (run, generator) = (FindingFixture(), SeededGenerator(seed: seed))
    func number() -> FindingFixture.Number {
      let value = Double.random(in: -0.2...0.2, using: &generator)
      guard Int.random(in: 0..<8, using: &generator) > 0 else { return .init(value) }
      // An end at 0 itself is part of the interval.
      let ends = (0..<2).map { _ in
        Bool.random(using: &generator) ? 0 : Double.random(in: 0...0.2, using: &generator)
      }
      return .init(value, min(value - ends[0], value), max(value + ends[1], value))
    }
    run.images = [10, 29, 30, 5000][Int.random(in: 0..<4, using: &generator)]
    run.isAtBound = Bool.random(using: &generator)
    let parts = [
      "macro", "weather", "noise", "fog", "snow", "shot_noise", "severity-1", "severity-3",
    ]
    let metrics = ["accuracy", "nll", "ece", "overconfidence", "auroc_misclassification", "brier"]
    for place in ["clean"] + parts.map({ "cells/\($0)" }) {
      for predictor in run.predictors {
        for calibration in run.calibrations {
          for metric in metrics {
            run.set(place, metric, number(), predictor: predictor, calibration: calibration)
            for reference in ["none", "members-mean", "clean"] + parts
            where Int.random(in: 0..<4, using: &generator) > 0 {
              run.set(
                place, "\(metric)_minus(\(reference))", number(), predictor: predictor,
                calibration: calibration)
            }
          }
        }
      }
    }
    return run
  }

  @Test(arguments: 0..<300)
  func `no finding claims what its interval denies`(seed: UInt64) throws {
    let findings = Findings(try Self.random(seed).tables)
    #expect(findings.all.count >= 5)
    for finding in findings.all {
      for number in finding.numbers {
        switch number.claim {
        case .above: #expect(try #require(number.low) > 0, "\(finding)")
        case .below: #expect(try #require(number.high) < 0, "\(finding)")
        case .untold:
          #expect(number.low.map { $0 <= 0 } ?? true && number.high.map { $0 >= 0 } ?? true)
        case nil: break
        }
      }
      // A doubt claims all that it says.
      let isUntold = finding.numbers.contains { $0.claim == .untold }
      let saysSo = finding.sentence.contains(/unclear|not clearly/)
      #expect(saysSo == isUntold, "\(finding)")
      #expect(finding.topic != .doubt || !isUntold)
    }
    let order = findings.all.map { $0.topic == .doubt ? 0 : 1 }
    #expect(order == order.sorted() && findings.shown.count <= Findings.shownCount)
  }

  @Test(arguments: 0..<50)
  func `words agree with the sides of their numbers`(seed: UInt64) throws {
    for finding in Findings(try Self.random(seed).tables).all where finding.topic == .confidence {
      let sides = finding.numbers.map(\.claim)
      // "over- or underconfident" is said where neither is.
      let text = finding.sentence.replacing("over- or underconfident", with: "")
      #expect(text.contains("overconfident") == sides.contains(.above), "\(finding)")
      #expect(text.contains("underconfident") == sides.contains(.below), "\(finding)")
    }
  }

  @Test func `what is implausible comes first`() throws {
    var run = Self.fixture
    run.isAtBound = true
    run.set("clean", "accuracy", .init(0.1, 0.083, 0.12))
    run.set("cells/macro", "accuracy_minus(clean)", .init(0.7, 0.68, 0.72))
    run.set("cells/severity-1", "accuracy", .init(0.6, 0.58, 0.62))
    run.set("cells/severity-3", "accuracy_minus(severity-1)", .init(0.12, 0.1, 0.14))
    let labels = (0..<1000).map { $0 / 2 % 10 }
    run.answers = AnswerCounts(
      answers: labels.map { ($0 + 1) % 10 }, labels: labels, classCount: 10)
    let findings = Findings(try run.tables)
    #expect(
      findings.all.filter { $0.topic == .doubt }.map(\.rule) == [
        "renamed-classes", "chance", "better-under-corruption", "better-at-higher-severity",
        "temperature-at-bound",
      ])
    #expect(findings.shown.prefix(5).allSatisfy { $0.topic == .doubt })
    #expect(
      findings.all[0].sentence.hasPrefix(
        "The labels look permuted: under other names of 10 of 10 classes 100.0 % (99.6 to 100.0)"))
    run.answers = AnswerCounts(
      answers: labels.map { _ in 3 }, labels: labels, classCount: 10)
    #expect(Findings(try run.tables).all[0].rule == "one-answer")
    // A good classifier of unbalanced labels that beats the most frequent one is no doubt.
    run.isAtBound = false
    run = Self.fixture
    run.answers = AnswerCounts(
      answers: labels.map { $0 == 0 ? 0 : 1 }, labels: labels.map { $0 == 0 ? 0 : 1 }, classCount: 2
    )
    #expect(Findings(try run.tables).all[0].topic == .accuracy)
  }

  @Test
  func `where no predictions are at hand, chance is one of as many classes as Brier scores say`()
    throws
  {
    var run = Self.fixture
    run.set("clean", "accuracy", .init(0.25, 0.22, 0.28))
    run.set("clean", "brier", .init(0.9))
    run.set("clean", "brier_per_class", .init(0.9 / 4))
    #expect(Findings(try run.tables).all[0].rule == "chance")
    run.set("clean", "accuracy", .init(0.29, 0.26, 0.32))
    #expect(Findings(try run.tables).all[0].topic == .accuracy)
  }

  /// An ensemble of which nearly every rule of tables says that it is implausible.
  private static var implausible: FindingFixture {
    get throws {
      var run = fixture
      run.set("clean", "accuracy", .init(0.1, 0.083, 0.12))
      run.set("cells/macro", "accuracy_minus(clean)", .init(0.7, 0.68, 0.72))
      let labels = (0..<1000).map { $0 / 2 % 10 }
      run.answers = AnswerCounts(
        answers: labels.map { ($0 + 1) % 10 }, labels: labels, classCount: 10)
      return run
    }
  }

  @Test(
    arguments: [
      (.chance, ["renamed-classes", "better-under-corruption"]),
      (.renamed, ["better-under-corruption"]),
      (.betterAtSeverity5, ["renamed-classes", "chance"]),
      (.equalCells, ["renamed-classes", "chance", "better-under-corruption"]),
    ] as [(RunRecord.Doubt.Rule, [String])])
  func `what was recorded is said once, in its words`(
    rule: RunRecord.Doubt.Rule, others: [String]
  ) throws {
    var run = try Self.implausible
    run.doubts = [RunRecord.Doubt(rule, "What was recorded.")]
    let found = Findings(try run.tables).all.filter { $0.topic == .doubt }
    #expect(found.map(\.rule) == [rule.rawValue] + others)
    #expect(found[0].sentence == "What was recorded.")
  }

  @Test func `doubts of a rule that is not known are said`() throws {
    var run = Self.fixture
    let text = #"{"rule": "of-tomorrow", "sentence": "Something is odd."}"#
    run.doubts = [try JSONDecoder().decode(RunRecord.Doubt.self, from: Data(text.utf8))]
    let finding = Findings(try run.tables).all[0]
    #expect(finding.rule == "of-tomorrow" && finding.sentence == "Something is odd.")
    let shared = SharedFindings(
      [("a", try run.tables), ("b", try Self.fixture.tables)], scope: .clean)
    #expect(shared.doubts == ["a: Something is odd."])
  }

  @Test func `the file has every number of the sentences`() throws {
    let tables = try Self.fixture.tables
    let findings = Findings(tables)
    let text = try FindingsFile([.init("run", tables, findings)], version: "1").text
    let file = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let runs = try #require(file["runs"] as? [[String: Any]])
    let written = try #require(runs.first?["findings"] as? [[String: Any]])
    #expect(written.map { $0["sentence"] as? String } == findings.all.map(\.sentence))
    let numbers = try #require(written[0]["numbers"] as? [[String: Any]])
    #expect(numbers[0]["value"] as? Double == 0.95 && numbers[0]["low"] as? Double == 0.935)
    #expect(numbers[2]["metric"] as? String == "accuracy_minus(clean)")
    #expect(numbers[2]["claim"] as? String == "below")
    #expect(numbers[2]["over"] as? String == "cells/macro")
  }

  @Test func `the sheet marks what is not told to be worse`() throws {
    var run = Self.fixture
    let lines = FindingsText(try run.tables).text.split(separator: "\n").map(String.init)
    // NLL: calibration helps on clean images, and harms under corruption.
    let row = try #require(lines.first { $0.hasPrefix("NLL ") })
    #expect(
      row.split(separator: " ") == ["NLL", "0.3000", "0.3000*", "0.2500*", "0.7000", "–", "–"])
    #expect(lines.last == "corrupted: mean of 6 cells; * best, or not clearly worse")
    run.corruptions = ["fog", "frost(substitute)"]
    #expect(
      ScoreSheet(try run.tables).lines.suffix(2) == [
        "corrupted: mean of 4 cells †; * best, or not clearly worse",
        "† with a substitute for frost, not comparable with published values",
      ])
    #expect(lines.allSatisfy { $0.count <= 100 })
  }

  @Test func `findings of a run are those of its evaluation`() throws {
    let folder = try TemporaryFolder()
    try ReportedRun.write(to: folder.url)
    let run = try Run(folder: RunFolder(folder.url), label: "run")
    let findings = Findings(try FindingTables(run, scorer: Scorer(threadCount: 1)))
    #expect(Set(findings.all.map(\.topic)).isSuperset(of: [.accuracy, .weakness, .calibration]))
    for number in findings.all.flatMap(\.numbers) {
      let place = number.over.split(separator: "/").map(String.init)
      let key = [
        place[0], place.last ?? "", number.predictor, number.calibration, number.metric,
      ]
      #expect(run.summary[key, "value"]?.value == number.value, "\(key)")
      #expect(run.summary[key, "low"]?.value == number.low, "\(key)")
    }
  }
}
