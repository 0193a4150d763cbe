import Scoring
import Tensors
import TestSupport
import Testing

struct BootstrapTests {
  private static let scorer = Scorer(threadCount: 2)

  @Test func `a draw is N images from the stream of its number`() throws {
    let bootstrap = try Bootstrap(imageCount: 37, drawCount: 19, seed: 5)
    for draw in 0..<19 {
      var random = RandomStream(seed: 5, purpose: "bootstrap", major: draw)
      let expected = (0..<37).map { _ in random.integer(in: 0..<37) }.sorted()
      #expect(bootstrap.images(ofDraw: draw) == expected)
    }
    let more = try Bootstrap(imageCount: 37, drawCount: 100, seed: 5)
    #expect(more.images(ofDraw: 18) == bootstrap.images(ofDraw: 18))
    let other = try Bootstrap(imageCount: 37, drawCount: 100, seed: 6)
    #expect(other.images(ofDraw: 18) != bootstrap.images(ofDraw: 18))
  }

  @Test func `one image is drawn again and again`() throws {
    let bootstrap = try Bootstrap(imageCount: 1, drawCount: 3)
    #expect(bootstrap.images(ofDraw: 2) == [0])
    let logits = try Problem(seed: 11, labelSeed: 111, rows: 1, members: 2, classes: 10).draw()
    let scored = try Self.scorer.rows(of: .ensemble, in: logits)
    let loss = try bootstrap.distributions(of: [scored.rows])[0][.negativeLogLikelihood]
    #expect(loss?.values == [Double](repeating: scored.rows[0].negativeLogLikelihood, count: 3))
  }

  static let problems = [
    Problem(seed: 1, labelSeed: 101, rows: 257, members: 1, classes: 10),
    Problem(seed: 2, labelSeed: 102, rows: 300, members: 2, classes: 2, quantum: 16, bonus: 4),
    Problem(seed: 3, labelSeed: 103, rows: 200, members: 2, classes: 10, exponent: -8, bonus: 800),
    Problem(seed: 4, labelSeed: 104, rows: 40, members: 1, classes: 3, quantum: 18),
    Problem(seed: 5, labelSeed: 105, rows: 30, members: 2, classes: 1000, bonus: 40),
    Problem(seed: 13, labelSeed: 113, rows: 100, members: 2, classes: 10, labels: "right"),
    Problem(seed: 14, labelSeed: 114, rows: 100, members: 1, classes: 7, skill: 0, labels: "wrong"),
  ]

  @Test(arguments: problems)
  func `weighted metrics are those of the drawn rows`(problem: Problem) throws {
    let scored = try Self.scorer.rows(of: .ensemble, in: problem.draw())
    let bootstrap = try Bootstrap(imageCount: problem.rows, drawCount: 21, seed: problem.seed)
    let weighted = try bootstrap.distributions(of: [scored.rows])[0]
    try Self.expectDrawn(weighted, scored, bootstrap, images: Array(0..<problem.rows))
  }

  @Test func `some images, and several rows of an image, are weighed by their image`() throws {
    let scored = try Self.scorer.rows(of: .ensemble, in: Self.problems[0].draw())
    let bootstrap = try Bootstrap(imageCount: 60, drawCount: 17)
    for images in [(0..<257).map { $0 % 60 }, (0..<257).map { 7 * $0 % 40 + 20 }] {
      let weighted = try bootstrap.distributions(of: [scored.rows], images: images)[0]
      try Self.expectDrawn(weighted, scored, bootstrap, images: images)
      let means = try bootstrap.means(
        of: [scored.rows.map(\.negativeLogLikelihood), scored.rows.map(\.brierScore)],
        images: images)
      // Sums of 257 positive numbers in another order.
      try expectClose(
        #require(means[0]).values, #require(weighted[.negativeLogLikelihood]).values,
        absolute: 1e-13)
      try expectClose(
        #require(means[1]).values, #require(weighted[.brierScore]).values, absolute: 1e-13)
    }
  }

  /// Compares with metrics of the rows, each repeated as often as its image was drawn.
  private static func expectDrawn(
    _ weighted: [Metric: BootstrapDistribution], _ scored: ScoredRows, _ bootstrap: Bootstrap,
    images: [Int]
  ) throws {
    let byImage = Dictionary(grouping: images.indices) { images[$0] }
    let drawn = (0..<bootstrap.drawCount).map { draw in
      bootstrap.images(ofDraw: draw).flatMap { image in
        (byImage[image] ?? []).map { scored.rows[$0] }
      }
    }
    let values = drawn.map { rows in
      ScoredRows(rows, classCount: scored.classCount).values()
    }
    for metric in Bootstrap.weightedMetrics where metric != .riskCoverageArea {
      let expected = BootstrapDistribution(values.map { $0[metric] })
      switch metric {
      case .accuracy, .misclassificationAUROC:
        #expect(weighted[metric] == expected, "\(metric)")
      default:
        // Sums of 300 terms, plain here and compensated there; losses reach 1e3.
        #expect((weighted[metric] == nil) == (expected == nil), "\(metric)")
        guard let found = weighted[metric], let expected else { continue }
        expectClose(found.values, expected.values, absolute: 1e-11, metric.name)
      }
    }
    // A trapezium a tie, with 300 of them at most.
    try expectClose(
      #require(weighted[.riskCoverageArea]).values, drawn.map(riskCoverageArea), absolute: 1e-13)
  }

  /// The area by its definition: trapezia between the coverages of distinct ranks.
  private static func riskCoverageArea(_ rows: [RowScore]) -> Double {
    let curve = Set(rows.map(\.rankingScore)).sorted(by: >).map { threshold in
      let covered = rows.filter { $0.rankingScore >= threshold }
      let wrong = covered.count { !$0.isRight }
      return (
        coverage: Double(covered.count) / Double(rows.count),
        risk: Double(wrong) / Double(covered.count)
      )
    }
    let inner = zip(curve, curve.dropFirst()).reduce(0) { sum, ends in
      sum + (ends.1.coverage - ends.0.coverage) * (ends.1.risk + ends.0.risk) / 2
    }
    return curve[0].coverage * curve[0].risk + inner
  }

  @Test func `any value can be resampled the slow way`() throws {
    let scored = try Self.scorer.rows(of: .ensemble, in: Self.problems[0].draw())
    let bootstrap = try Bootstrap(imageCount: 257, drawCount: 40)
    let weighted = try bootstrap.distributions(of: [scored.rows])[0]
    let slow = try bootstrap.distribution { images in
      ConfidenceRanking(images.map { scored.rows[$0] }).areaUnderROC
    }
    #expect(slow == weighted[.misclassificationAUROC])
    #expect(try bootstrap.distribution { $0.contains(3) ? 1 : nil } == nil)
  }

  @Test func `a metric that one draw lacks has no distribution`() throws {
    // One of ten rows is wrong: about a third of the draws are all right.
    let values = (0..<10).flatMap { $0 == 3 ? [0, 1] : [1, 0] as [Float] }
    let logits = try LabeledLogits(
      values, memberCount: 1, classCount: 2, labels: [Int](repeating: 0, count: 10))
    let rows = try Self.scorer.rows(of: .ensemble, in: logits).rows
    let distributions = try Bootstrap(imageCount: 10).distributions(of: [rows])[0]
    #expect(distributions[.misclassificationAUROC] == nil)
    #expect(distributions[.accuracy]?.values.count == 1000)
    // Images that some draw misses altogether.
    let few = try Bootstrap(imageCount: 10)
    #expect(try few.means(of: [[1]], images: [3]) == [nil])
    #expect(try few.distributions(of: [[rows[3]]], images: [3])[0].isEmpty)
  }

  @Test func `a macro mean needs one column of the images' means`() throws {
    let cells = try [6, 7, 8].map {
      try Self.scorer.rows(
        of: .ensemble,
        in: Problem(seed: $0, labelSeed: 9, rows: 120, members: 2, classes: 5).draw()
      ).rows
    }
    let bootstrap = try Bootstrap(imageCount: 120)
    let macro = BootstrapDistribution.mean(
      of: try bootstrap.distributions(of: cells).map { $0[.negativeLogLikelihood] })
    let column = (0..<120).map { image in
      cells.reduce(0) { $0 + $1[image].negativeLogLikelihood } / 3
    }
    let means = try bootstrap.means(of: [column])
    // Sums of 360 losses below 8, grouped otherwise.
    try expectClose(#require(means[0]).values, #require(macro).values, absolute: 1e-13)
  }

  @Test func `any number of threads gives the same bits`() throws {
    let rows = try Self.scorer.rows(of: .ensemble, in: Self.problems[0].draw()).rows
    let columns = (0..<300).map { c in rows.map { $0.entropy * Double(c) } }
    func values(_ threads: Int) throws -> [[Double]?] {
      let bootstrap = try Bootstrap(imageCount: 257, drawCount: 101, threadCount: threads)
      let weighted = try bootstrap.distributions(of: [rows, rows])
      let slow = try bootstrap.distribution { $0.reduce(0) { $0 + rows[$1].entropy } }
      return try Bootstrap.weightedMetrics.map { weighted[1][$0]?.values }
        + bootstrap.means(of: columns).map { $0?.values } + [slow?.values]
    }
    let single = try values(1)
    #expect(try values(2) == single)
    #expect(try values(3) == single)
  }

  @Test func `rows without their images are refused`() throws {
    #expect(throws: ScoringError.nothingToResample(images: 0, draws: 5)) {
      try Bootstrap(imageCount: 0, drawCount: 5)
    }
    #expect(throws: ScoringError.nothingToResample(images: 5, draws: 0)) {
      try Bootstrap(imageCount: 5, drawCount: 0)
    }
    let bootstrap = try Bootstrap(imageCount: 4, drawCount: 5)
    #expect(throws: ScoringError.imagesOfOtherRows(expected: 3, found: 4)) {
      try bootstrap.means(of: [[1, 2, 3]])
    }
    #expect(throws: ScoringError.imagesOfOtherRows(expected: 1, found: 2)) {
      try bootstrap.means(of: [[1, 2], [1]], images: [0, 1])
    }
    #expect(throws: ScoringError.noSuchImage(4, images: 4)) {
      try bootstrap.means(of: [[1, 2]], images: [0, 4])
    }
    #expect(throws: ScoringError.imagesOfOtherRows(expected: 0, found: 4)) {
      try bootstrap.distributions(of: [[]])
    }
    #expect(try bootstrap.means(of: []).isEmpty)
  }
}

/// Whether intervals and p-values hold what they promise, by simulation.
struct BootstrapCoverageTests {
  private static let repetitions = 300
  // 300 trials at 0.95 scatter by √(300 · 0.95 · 0.05) = 3.8; three times that on either side.
  private static let promised = 273.6...296.4

  private static func normals(_ count: Int, _ repetition: Int, _ purpose: String) -> [Double] {
    var random = RandomStream(seed: 1, purpose: purpose, major: repetition)
    return (0..<count).map { _ in random.nextNormal() }
  }

  private static func mean(_ sample: [Double], seed: Int) throws -> BootstrapDistribution {
    let bootstrap = try Bootstrap(imageCount: sample.count, drawCount: 400, seed: UInt64(seed))
    return try #require(bootstrap.means(of: [sample])[0])
  }

  @Test func `a 95 % interval of a mean holds it in 95 of 100 samples`() throws {
    let hits = try (0..<Self.repetitions).count {
      let interval = try Self.mean(Self.normals(200, $0, "sample"), seed: $0).interval()
      return interval.low <= 0 && 0 <= interval.high
    }
    #expect(Self.promised.contains(Double(hits)))
  }

  @Test func `two runs that are as good differ by chance in 95 of 100 samples`() throws {
    let accepted = try (0..<Self.repetitions).count {
      let (first, second) = (Self.normals(200, $0, "first"), Self.normals(200, $0, "second"))
      // Most of an image's score is the image's own.
      let shared = Self.normals(200, $0, "image")
      let runs = [first, second].map { zip($0, shared).map { $0 + 5 * $1 } }
      let (a, b) = (try Self.mean(runs[0], seed: $0), try Self.mean(runs[1], seed: $0))
      let difference = a - b
      let interval = difference.interval()
      let isIn = interval.low <= 0 && 0 <= interval.high
      // Both count draws on either side of 0; they may part at the edge by a draw.
      #expect(isIn == (difference.pValue > 0.05) || abs(difference.pValue - 0.05) < 0.01)
      return isIn
    }
    #expect(Self.promised.contains(Double(accepted)))
  }

  @Test func `a pair's shared images make a small difference plain`() throws {
    let shared = Self.normals(200, 0, "image")
    let better = Self.normals(200, 1, "sample").map { 0.1 * $0 + 0.1 }
    let (a, b) = (
      try Self.mean(zip(shared, better).map(+), seed: 3), try Self.mean(shared, seed: 3)
    )
    #expect((a - b).pValue < 0.01)
    #expect(a.interval().low < b.interval().high)
  }
}
