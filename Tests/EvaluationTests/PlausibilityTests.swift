import Evaluation
import Foundation
import Runs
import Scoring
import TestSupport
import Testing

/// What is said of predictions that cannot be what they are taken for, and of others not.
struct PlausibilityTests {
  /// The predictions of an honest model: the logit of the label is raised by `strength`.
  struct HonestModel {
    var rows = 400
    var members = 1
    var classes = 10
    var strength = 4.0
    var seed: UInt64 = 1

    var labels: [Int] { (0..<rows).map { ($0 * 7 + $0 / classes) % classes } }

    /// Logits [N, M, K] under a severity, which lowers the strength.
    func logits(severity: Int = 0) -> [Float] {
      var generator = SeededGenerator(seed: seed * 31 + UInt64(severity))
      let labels = labels
      return (0..<rows * members * classes).map { index in
        Float.random(in: -1.5...1.5, using: &generator)
          + (index % classes == labels[index / (members * classes)]
            ? Float(strength * (1 - 0.15 * Double(severity))) : 0)
      }
    }

    func labeled(_ logits: [Float], labels: [Int]? = nil) throws -> LabeledLogits {
      try LabeledLogits(
        logits, memberCount: members, classCount: classes, labels: labels ?? self.labels)
    }
  }

  private func doubts(_ clean: LabeledLogits) throws -> [RunRecord.Doubt] {
    try Plausibility.doubts(ofClean: clean, threadCount: 2)
  }

  /// The one sentence said of predictions, which scoring them says too.
  private func sentence(_ clean: LabeledLogits) throws -> String {
    let doubts = try doubts(clean)
    let cube = try Self.cube([.clean]) { _ in clean }
    #expect(cube.doubts == doubts)
    return doubts.map(\.sentence).joined(separator: "|")
  }

  private static func cube(
    _ cells: [Cell], calibrations: [Calibration] = [.none, .temperature],
    logits: @escaping (Cell) throws -> LabeledLogits
  ) throws -> ScoreCube {
    try CubeScorer(ScoringSettings(calibrations: calibrations, drawCount: 0), threadCount: 2)
      .score(cells, logits: logits, report: { _ in })
  }

  // MARK: The clean cell

  @Test func `accuracy that is not above chance is named`() throws {
    var model = HonestModel()
    model.strength = 0
    let sentence = try sentence(try model.labeled(model.logits()))
    #expect(
      sentence.wholeMatch(
        of:
          #/
      Accuracy\ on\ clean\ images,\ \d+\.\d\ %\ of\ 400,\ is\ not\ above\ chance,\ 1\d\.\d\ %:\ the\ order\ of
      \ classes\ or\ the\ preparation\ of\ images\ may\ be\ wrong\.
      /#) != nil, "\(sentence)")
  }

  @Test(arguments: [2, 10, 100])
  func `another order of the classes is found`(classCount: Int) throws {
    let model = HonestModel(rows: 2000, classes: classCount, strength: 6)
    let labels = model.labels.map { ($0 + 1) % classCount }
    let sentence = try sentence(try model.labeled(model.logits(), labels: labels))
    #expect(
      sentence.hasPrefix("Accuracy on clean images, 0.0 % of 2000, is not above chance, "),
      "\(sentence)")
    #expect(
      sentence.hasSuffix(
        "%: the order of classes or the preparation of images may be wrong; with "
          + "\(classCount) of \(classCount) classes in another order it would be 100.0 %."),
      "\(sentence)")
  }

  @Test func `an order that leaves some classes in their places is found`() throws {
    let model = HonestModel(rows: 1000, strength: 6)
    let names = [0, 1, 2, 9, 3, 4, 5, 6, 7, 8]
    let sentence = try sentence(
      try model.labeled(model.logits(), labels: model.labels.map { names[$0] }))
    #expect(
      sentence
        == "Accuracy on clean images, 30.0 %, would be 100.0 % with 7 of 10 classes in another "
        + "order: the order of classes may be wrong.")
  }

  @Test func `probabilities that are scored as logits are asked about`() throws {
    let model = HonestModel(members: 2)
    func softmax(_ logits: [Float], members: Set<Int> = [0, 1]) -> [Float] {
      stride(from: 0, to: logits.count, by: 10).flatMap { start in
        let row = logits[start..<start + 10]
        guard members.contains(start / 10 % 2) else { return Array(row) }
        let sum = row.reduce(0) { $0 + exp($1) }
        return row.map { exp($0) / sum }
      }
    }
    let question =
      "scored as logits, but all are from 0 to 1 and nearly all rows sum to about 1; are they "
      + "probabilities? --probabilities takes them as such"
    #expect(
      try sentence(try model.labeled(softmax(model.logits())))
        == "Clean images: the numbers are \(question)")
    #expect(
      try sentence(try model.labeled(softmax(model.logits(), members: [1])))
        == "Clean images: the numbers of member 1 are \(question)")
    let given = try LabeledLogits(
      float64: softmax(model.logits()).map(Double.init), as: .probabilities, memberCount: 2,
      classCount: 10, labels: model.labels)
    #expect(try sentence(given) == "")
    // One row whose sum is off by more than 1e-3 is enough to be none.
    var others = softmax(model.logits())
    for member in 0..<2 { others[10 * member + 3] += 0.01 }
    #expect(try sentence(try model.labeled(others)) == "")
  }

  @Test func `a model that ignores its input is named`() throws {
    let model = HonestModel()
    let row = Array(model.logits().prefix(10))
    let doubts = try doubts(try model.labeled((0..<400).flatMap { _ in row }))
    #expect(doubts.map(\.rule) == ["chance", "equal-rows"])
    #expect(
      doubts.last?.sentence
        == "All rows of the clean images are alike: the model ignores its input.")
    let labels = [Int](repeating: 2, count: 400)
    #expect(try sentence(try model.labeled((0..<400).flatMap { _ in row }, labels: labels)) == "")
  }

  @Test func `members that are the same are named`() throws {
    let model = HonestModel(members: 4)
    func copies(_ sources: [Int]) throws -> LabeledLogits {
      let logits = model.logits()
      var copies: [Float] = []
      for row in 0..<400 {
        for source in sources {
          let start = (row * 4 + source) * 10
          copies += logits[start..<start + 10]
        }
      }
      return try model.labeled(copies)
    }
    #expect(
      try sentence(try copies([2, 2, 2, 2]))
        == "The predictions of all 4 members are byte-identical: it is an ensemble of one.")
    #expect(
      try sentence(try copies([0, 1, 0, 3]))
        == "The predictions of members 0 and 2 are byte-identical: they are one member of the ensemble."
    )
    #expect(
      try sentence(try copies([0, 1, 0, 1]))
        == "The predictions of members 0 and 2 and members 1 and 3 are byte-identical: each group is one "
        + "member of the ensemble.")
    #expect(try sentence(try copies([0, 1, 2, 3])) == "")
  }

  @Test func `right answers without confidence are named`() throws {
    let model = HonestModel()
    let sentence = try sentence(try model.labeled(model.logits().map { $0 / 100 }))
    #expect(
      sentence.hasPrefix(
        "Mean confidence on clean images, 10.4 %, is hardly above that of a guess, 10.0 %"))
    #expect(
      sentence.hasSuffix("of answers are right: logits may have been scaled, or normalized twice."))
  }

  // MARK: Several cells

  private static let cells =
    [Cell.clean]
    + ["fog", "snow"].flatMap { name in (1...5).map { Cell(corruption: name, severity: $0) } }

  private func sentences(
    _ calibrations: [Calibration] = [.none], _ logits: @escaping (Cell) throws -> LabeledLogits
  ) throws -> [String] {
    try Self.cube(Self.cells, calibrations: calibrations, logits: logits).doubts.map(\.sentence)
  }

  private func predictions(_ cell: Cell) throws -> LabeledLogits {
    var model = HonestModel()
    let logits = model.logits()
    if !cell.isClean { model.seed = UInt64(cell.corruption.count) }
    return try model.labeled(cell.isClean ? logits : model.logits(severity: cell.severity))
  }

  @Test(arguments: [[.none], [.temperature, .oracle], [.histogram]] as [[Calibration]])
  func `cells with the same predictions are named`(calibrations: [Calibration]) throws {
    let same = [
      Cell(corruption: "fog", severity: 1): Cell.clean,
      Cell(corruption: "snow", severity: 4): Cell(corruption: "fog", severity: 2),
      Cell(corruption: "snow", severity: 5): Cell(corruption: "fog", severity: 2),
    ]
    #expect(
      try sentences(calibrations) { try predictions(same[$0] ?? $0) } == [
        "The predictions of clean-0 and fog-1; of fog-2, snow-4 and snow-5 are byte-identical: were "
          + "corrupted images used?"
      ])
    #expect(try sentences(calibrations, predictions) == [])
    let all = try sentences(calibrations) { _ in try predictions(.clean) }
    #expect(
      all == [
        "The predictions of clean-0, fog-1, fog-2, fog-3, fog-4, fog-5 and 5 more are byte-identical: "
          + "were corrupted images used?"
      ])
  }

  @Test func `predictions that differ in one bit are not the same`() throws {
    var logits = HonestModel().logits()
    let clean = try HonestModel().labeled(logits)
    logits[3999] = logits[3999].nextUp
    let other = try HonestModel().labeled(logits)
    #expect(clean.hasSameNumbers(as: clean) && !clean.hasSameNumbers(as: other))
    let float64 = try LabeledLogits(
      float64: clean.float64Values, memberCount: 1, classCount: 10, labels: clean.labels)
    #expect(!clean.hasSameNumbers(as: float64))
  }

  @Test func `accuracy that is higher at severity 5 is named`() throws {
    let sentences = try sentences { cell in
      var model = HonestModel()
      model.seed = UInt64(cell.corruption.count * 10 + cell.severity)
      guard cell.isClean else { return try model.labeled(model.logits(severity: 2)) }
      // Half of the clean images stand beside another's label.
      let rows = (0..<400).map { $0 % 2 == 0 ? $0 : ($0 + 2) % 400 }
      return try model.labeled(try model.labeled(model.logits()).selecting(rows: rows).values)
    }
    try #require(sentences.count == 1, "\(sentences)")
    #expect(
      sentences[0].wholeMatch(
        of:
          #/
        Mean\ accuracy\ at\ severity\ 5,\ \d\d\.\d\ %,\ is\ above\ that\ on\ clean\ images,\ \d\d\.\d\ %\ \(95\ %
        \ interval\ up\ to\ \d\d\.\d\ %\):\ are\ images\ and\ labels\ in\ the\ same\ order\?
        /#) != nil, "\(sentences)")
  }

  @Test func `corrupted cells of equal rows are named`() throws {
    let sentences = try sentences { cell in
      guard cell.severity == 5 else { return try predictions(cell) }
      let row = try predictions(cell).values.prefix(10)
      return try HonestModel().labeled((0..<400).flatMap { _ in row })
    }
    #expect(
      sentences == [
        "All rows of fog-5 and snow-5 are alike: the model ignores its input there."
      ])
  }

  // MARK: Honest predictions

  @Test(arguments: 0..<60)
  func `nothing is said of honest models`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let classes = [2, 3, 5, 10, 43, 100, 200][Int(seed) % 7]
    let model = HonestModel(
      rows: [10, 31, 100, 1000][Int.random(in: 0..<4, using: &generator)],
      members: Int.random(in: 1...3, using: &generator), classes: classes,
      strength: .random(in: 2.5...12, using: &generator), seed: seed + 1)
    // Under heavy corruption the answers are those of chance.
    let cube = try Self.cube(Self.cells) { cell in
      var other = model
      if cell.corruption == "snow" { other.strength *= 0.2 }
      other.seed += UInt64(cell.corruption.count)
      return try model.labeled(other.logits(severity: cell.severity))
    }
    #expect(cube.doubts == [], "\(model)")
  }

  @Test func `nothing is said of perfect models, of few images and of one class`() throws {
    for classes in [2, 3, 10, 200] {
      for rows in [2, 10, 29, 300] {
        var model = HonestModel(rows: rows, classes: classes, strength: 30)
        #expect(try sentence(try model.labeled(model.logits())) == "", "\(model)")
        let labels = [Int](repeating: 1, count: rows)
        #expect(try sentence(try model.labeled(model.logits(), labels: labels)) == "", "\(model)")
        model.strength = 1
        guard rows < 30 else { continue }
        #expect(try sentence(try model.labeled(model.logits())) == "", "\(model)")
      }
    }
  }

  @Test func `nothing is said of rare classes and of overconfident or cautious models`() throws {
    let model = HonestModel(rows: 1000, classes: 5, strength: 3)
    // 95 % of the labels are one class.
    let labels = (0..<1000).map { $0 % 20 == 0 ? 1 + $0 / 20 % 4 : 0 }
    var generator = SeededGenerator(seed: 5)
    let logits = (0..<5000).map { index in
      Float.random(in: -1.5...1.5, using: &generator) + (labels[index / 5] == index % 5 ? 3 : 0)
    }
    #expect(try sentence(try model.labeled(logits, labels: labels)) == "")
    for scale in [0.2, 0.5, 3, 30] as [Float] {
      #expect(try sentence(try model.labeled(model.logits().map { scale * $0 })) == "", "\(scale)")
    }
  }
}
