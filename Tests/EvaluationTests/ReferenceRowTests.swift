import Evaluation
import Foundation
import Runs
import Scoring
import TestSupport
import Testing

/// Rows of the protocol imagenet-c15, which divide errors by those of a reference model.
struct ReferenceRowTests {
  private static let classCount = 10
  private static let kinds = (0..<16).map { index in
    CorruptionKind(
      name: index == 0 ? "frost" : "c\(index)", family: "noise", isBenchmark: index < 15,
      reference: index == 15 ? nil : reference(index))
  }

  private static func reference(_ index: Int) -> ReferenceError {
    ReferenceError(
      model: "Old", classCount: classCount, error: 0.5 + 0.02 * Double(index), cleanError: 0.25)
  }

  private static func logits(_ cell: Cell) throws -> LabeledLogits {
    var generator = SeededGenerator(
      seed: UInt64(cell.name.utf8.reduce(7) { ($0 &* 31 &+ Int($1)) & 0xFFFF }))
    let labels = (0..<24).map { $0 % 10 }
    let values = (0..<24 * 10).map { place in
      Float.random(in: -1...1, using: &generator)
        + (place % 10 == labels[place / 10] ? 1.5 - 0.3 * Float(cell.severity) : 0)
    }
    return try LabeledLogits(values, memberCount: 1, classCount: 10, labels: labels)
  }

  private static func cube(
    frost: String = "frost", kinds: [CorruptionKind] = kinds
  ) throws -> ScoreCube {
    let cells =
      [Cell.clean]
      + kinds.flatMap { kind in
        (1...5).map { Cell(corruption: kind.name == "frost" ? frost : kind.name, severity: $0) }
      }
    return try CubeScorer(
      ScoringSettings(calibrations: [.none, .temperature], drawCount: 30, seed: 3, kinds: kinds),
      threadCount: 2
    ).score(cells, logits: logits, report: { _ in })
  }

  private static func rows(_ cube: ScoreCube) -> [SummaryValue] {
    cube.summary.filter { $0.protocolName == "imagenet-c15" && $0.calibration == .none }
  }

  @Test func `errors over all corruptions and over each are divided, with intervals`() throws {
    let cube = try Self.cube()
    let rows = Self.rows(cube)
    #expect(
      rows.map(\.metric).prefix(4) == [
        "mean_corruption_error", "relative_mean_corruption_error",
        "mean_corruption_error_relative_to(Old)", "relative_mean_corruption_error_relative_to(Old)",
      ])
    #expect(rows.count == 4 + 2 * 15 && rows.allSatisfy { $0.value != nil && $0.interval != nil })
    func error(_ cell: Cell) -> Double {
      1 - (cube.cells.first { $0.cell == cell }?.scores[0].predictors[0].values[.accuracy] ?? .nan)
    }
    let ratios = Self.kinds.prefix(15).map { kind in
      let errors = (1...5).map { error(Cell(corruption: kind.name, severity: $0)) }
      return errors.reduce(0, +) / 5 / (kind.reference?.error ?? .nan)
    }
    // Sums of 75 numbers below 2.
    expectClose(rows[2].value ?? .nan, ratios.reduce(0, +) / 15, absolute: 1e-13)
    for (ratio, kind) in zip(ratios, Self.kinds) {
      let row = rows.first {
        $0.aggregate == kind.name && $0.metric == "mean_corruption_error_relative_to(Old)"
      }
      expectClose(row?.value ?? .nan, ratio, absolute: 1e-14)
      #expect(row?.interval.map { $0.low <= ratio && ratio <= $0.high } ?? false)
    }
    let plain = cube.summary.first {
      $0.protocolName == "c15" && $0.metric == "mean_corruption_error"
    }
    #expect(plain?.value == rows[0].value && plain?.interval == rows[0].interval)
    #expect(cube.protocolNames == ["clean", "c15", "imagenet-c15"])
  }

  @Test func `the sentence has the mean error too, and says that images were generated`() throws {
    let cube = try Self.cube()
    let text = try #require(cube.noteOnReference(imageCount: 50_000, isGenerated: false))
    #expect(text.hasPrefix("imagenet-c15: mCE ") && text.contains("% of Old's errors"))
    #expect(text.contains("the mean error itself is ") && !text.contains("generated"))
    let generated = try #require(cube.noteOnReference(imageCount: 50_000, isGenerated: true))
    #expect(generated.hasPrefix(text) && generated.contains("these images were generated"))
    let few = try #require(cube.noteOnReference(imageCount: 24, isGenerated: false))
    #expect(few.hasSuffix("They are of 24 images, not of the 50000 of ImageNet-C"))
  }

  @Test func `a substitute, other classes and suites without errors leave no rows`() throws {
    let marked = try Self.cube(frost: "frost(substitute)")
    #expect(
      Self.rows(marked).isEmpty
        && marked.noteOnReference(imageCount: 50_000, isGenerated: true) == nil)
    #expect(
      marked.notes.contains(
        "imagenet-c15 is undefined: substitutes stand in for frost"))
    let others = Self.kinds.map { kind in
      CorruptionKind(
        name: kind.name, family: kind.family, isBenchmark: kind.isBenchmark,
        reference: kind.reference.map {
          ReferenceError(
            model: $0.model, classCount: 1000, error: $0.error, cleanError: $0.cleanError)
        })
    }
    #expect(try Self.rows(Self.cube(kinds: others)).isEmpty)
    let bare = Self.kinds.map {
      CorruptionKind(name: $0.name, family: $0.family, isBenchmark: $0.isBenchmark)
    }
    let cube = try Self.cube(kinds: bare)
    #expect(Self.rows(cube).isEmpty && !cube.notes.contains { $0.contains("imagenet") })
  }
}
