import Scoring
import TestSupport
import Testing

struct CorruptionAggregateTests {
  static let families = [
    "noise": ["gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise"],
    "blur": ["defocus_blur", "glass_blur", "motion_blur", "zoom_blur", "gaussian_blur"],
    "weather": ["snow", "frost", "fog", "brightness", "spatter"],
    "digital": ["contrast", "elastic_transform", "pixelate", "jpeg_compression", "saturate"],
  ]
  static let extra: Set = ["speckle_noise", "gaussian_blur", "spatter", "saturate"]
  static let kinds = ["noise", "blur", "weather", "digital"].flatMap { family in
    (families[family] ?? []).map {
      CorruptionKind(name: $0, family: family, isBenchmark: !extra.contains($0))
    }
  }

  static func standard(_ name: CorruptionProtocol.Name) throws -> CorruptionProtocol {
    try #require(CorruptionProtocol(name, of: kinds))
  }

  /// An error for every cell: eighths of the severity, and more for the extra corruptions.
  static let errors = Dictionary(
    uniqueKeysWithValues: kinds.flatMap { kind in
      (1...5).map { severity in
        (
          Cell(corruption: kind.name, severity: severity),
          Double(severity) / 8 + (kind.isBenchmark ? 0 : 0.25)
        )
      }
    })

  @Test func `protocols have their cells, and nothing less is one`() throws {
    #expect(try Self.standard(.c15).cells().count == 75)
    #expect(try Self.standard(.c19).cells().count == 95)
    #expect(try Self.standard(.mixmo).cells().count == 95)
    let benchmark = Self.kinds.filter(\.isBenchmark)
    #expect(CorruptionProtocol(.c15, of: benchmark) != nil)
    #expect(CorruptionProtocol(.c19, of: benchmark) == nil)
    #expect(CorruptionProtocol(.c15, of: Array(benchmark.dropLast())) == nil)
    #expect(CorruptionProtocol(.mixmo, of: Array(Self.kinds.dropFirst())) == nil)
    #expect(CorruptionProtocol(.c15, of: benchmark.dropLast() + [benchmark[0]]) == nil)
  }

  @Test func `aggregates are listed as summaries hold them`() throws {
    let names = try Self.standard(.c15).aggregates.map(\.name)
    #expect(names.prefix(6) == ["macro", "pooled", "noise", "blur", "weather", "digital"])
    #expect(names[6...20] == Self.kinds.filter(\.isBenchmark).map(\.name)[...])
    #expect(names.suffix(5) == (1...5).map { "severity-\($0)" }[...])
    #expect(try Self.standard(.mixmo).aggregates == [.pooled])
  }

  @Test func `means are over the cells of each aggregate`() throws {
    let (c15, c19) = (try Self.standard(.c15), try Self.standard(.c19))
    #expect(c15.mean(Self.errors) == 0.375)
    // 4 of 19 corruptions have 0.25 more; one rounding of each of 95 compensated terms.
    expectClose(try #require(c19.mean(Self.errors)), 0.375 + 1 / 19.0, absolute: 1e-15)
    #expect(c15.mean(Self.errors, over: .severity(2)) == 0.25)
    #expect(c15.mean(Self.errors, over: .corruption("fog")) == 0.375)
    #expect(c15.mean(Self.errors, over: .corruption("spatter")) == nil)
    #expect(c19.mean(Self.errors, over: .corruption("spatter")) == 0.625)
    #expect(c19.mean(Self.errors, over: .family("noise")) == 0.4375)
    #expect(c15.mean(Self.errors, over: .family("noise")) == 0.375)
    #expect(c15.mean(Self.errors, over: .family("none")) == nil)
    #expect(c15.mean(Self.errors, over: .pooled) == nil)
  }

  @Test func `a substitute stands in for nothing`() throws {
    let c15 = try Self.standard(.c15)
    #expect(c15.lacking(Self.errors.keys) == nil)
    var errors = Self.errors
    for severity in 1...5 {
      errors[Cell(corruption: "frost", severity: severity)] = nil
      errors[Cell(corruption: "frost(substitute)", severity: severity)] = 0.5
    }
    #expect(c15.mean(errors) == nil)
    #expect(c15.mean(errors, over: .family("weather")) == nil)
    #expect(c15.mean(errors, over: .severity(1)) == nil)
    #expect(c15.mean(errors, over: .family("blur")) == 0.375)
    #expect(c15.meanCorruptionError(CorruptionErrors(cells: errors)) == nil)
    #expect(
      c15.lacking(errors.keys)
        == "c15 is undefined: 5 of 75 cells are missing (frost-1, frost-2, frost-3, frost-4, frost-5)"
    )
  }

  @Test func `corruption errors are relative to what their name says`() throws {
    let c15 = try Self.standard(.c15)
    let run = CorruptionErrors(cells: Self.errors, clean: 0.125)
    let twice = CorruptionErrors(cells: Self.errors.mapValues { $0 * 2 }, clean: 0)
    #expect(c15.meanCorruptionError(run) == 0.375)
    #expect(c15.relativeMeanCorruptionError(run) == 0.25)
    #expect(c15.meanCorruptionError(run, relativeTo: twice) == 0.5)
    #expect(c15.meanCorruptionError(run, relativeTo: run) == 1)
    // Σ (severity/8 − 1/8) = 1.25 against Σ severity/4 = 3.75, one division rounded.
    expectClose(
      try #require(c15.relativeMeanCorruptionError(run, relativeTo: twice)), 1 / 3.0,
      absolute: 1e-16)
    let unknown = CorruptionErrors(cells: Self.errors)
    #expect(c15.relativeMeanCorruptionError(unknown) == nil)
    #expect(c15.relativeMeanCorruptionError(run, relativeTo: unknown) == nil)
    let perfect = CorruptionErrors(cells: Self.errors.mapValues { _ in 0 }, clean: 0)
    #expect(c15.meanCorruptionError(run, relativeTo: perfect) == nil)
    #expect(c15.meanCorruptionError(perfect, relativeTo: run) == 0)
    #expect(c15.relativeMeanCorruptionError(run, relativeTo: perfect) == nil)
    var partly = Self.errors
    partly[Cell(corruption: "fog", severity: 5)] = nil
    #expect(c15.meanCorruptionError(run, relativeTo: CorruptionErrors(cells: partly)) == nil)
  }

  @Test func `differences that sum to 0 have no ratio, however they are rounded`() throws {
    let c15 = try Self.standard(.c15)
    let run = CorruptionErrors(cells: Self.errors, clean: 0.125)
    func ratio(_ wrong: [Int], _ error: (Int) -> Double) -> Double? {
      let cells = Self.errors.map { ($0.key, error(wrong[$0.key.severity - 1])) }
      let baseline = CorruptionErrors(
        cells: Dictionary(uniqueKeysWithValues: cells), clean: error(4))
      return c15.relativeMeanCorruptionError(run, relativeTo: baseline)
    }
    // Of 100 images, 4 of the clean ones: 1 + 7 + 4 + 4 + 4 are as many in five severities.
    for error in [{ Double($0) / 100 }, { 1 - Double(100 - $0) / 100 }] as [(Int) -> Double] {
      #expect(ratio([1, 7, 4, 4, 4], error) == nil)
      // 0.25 over 1/500, which rounding changes by 2⁻⁵⁰ at most.
      expectClose(try #require(ratio([1, 7, 4, 4, 5], error)), 125, absolute: 1e-10)
    }
  }

  @Test func `a mean of ratios weighs corruptions alike, not errors`() throws {
    let c15 = try Self.standard(.c15)
    // The run is twice as bad as the baseline on fog, where both err little, and as good elsewhere.
    var (run, baseline) = (Self.errors, Self.errors)
    for severity in 1...5 {
      run[Cell(corruption: "fog", severity: severity)] = 0.03125
      baseline[Cell(corruption: "fog", severity: severity)] = 0.015625
    }
    let ratio = c15.meanCorruptionError(
      CorruptionErrors(cells: run), relativeTo: CorruptionErrors(cells: baseline))
    // 14 ones and a two over 15, one division rounded.
    expectClose(try #require(ratio), 16 / 15.0, absolute: 2.3e-16)
  }

  @Test func `pooled values are of all rows, which for ECE is no mean of cells`() throws {
    let c15 = try Self.standard(.c15)
    let scorer = Scorer(threadCount: 2)
    let cells = try c15.cells().enumerated().map { i, _ in
      try Problem(
        seed: UInt64(i), labelSeed: 7, rows: 6, members: 2, classes: 4, skill: UInt64(i % 16)
      ).draw()
    }
    let pooled = try scorer.score(LabeledLogits(concatenating: cells)).predictors
    let whole = try scorer.score(
      LabeledLogits(
        cells.flatMap(\.values), memberCount: 2, classCount: 4, labels: cells.flatMap(\.labels)))
    for (pooled, whole) in zip(pooled, whole.predictors) {
      #expect(pooled.sampleCount == 450)
      #expect(pooled.values == whole.values)
    }
    #expect(c15.mean([:], over: .pooled) == nil)
    let errors = try zip(c15.cells(), cells).map { cell, logits in
      (cell, try #require(scorer.score(logits).predictors[0].values[.calibrationError]))
    }
    let macro = c15.mean(Dictionary(uniqueKeysWithValues: errors))
    #expect(try #require(macro) > 2 * #require(pooled[0].values[.calibrationError]))
  }
}
