import Scoring
import TestSupport
import Testing

struct AccumulatorTests {
  @Test func `a mean keeps what plain summation loses`() {
    var mean = RunningMean()
    #expect(mean.value == nil)
    for number in [1, 1e100, 1, -1e100] { mean.add(number) }
    #expect(mean.value == 0.5)
  }

  @Test func `merged means are the mean of all`() {
    var (first, second) = (RunningMean(), RunningMean())
    for number in [1e16, 1, 1] { first.add(number) }
    for number in [-1e16, 1] { second.add(number) }
    first.merge(second)
    #expect(first.count == 5)
    #expect(first.sum == 3)
  }

  @Test(arguments: [0, 1, 100, 299, 300])
  func `batches merge into the scores of all rows`(cut: Int) throws {
    let logits = try Problem(seed: 2, labelSeed: 102, rows: 300, members: 2, classes: 10).draw()
    let scored = try Scorer(threadCount: 1).rows(of: .ensemble, in: logits)
    let whole = ScoreAccumulator(scored)
    var merged = ScoreAccumulator(classCount: 10)
    merged.add(Array(scored.rows[..<cut]))
    var rest = ScoreAccumulator(classCount: 10)
    rest.add(Array(scored.rows[cut...]))
    merged.merge(rest)
    #expect(merged.count == 300)
    #expect(merged.reliability.bins.map(\.count) == whole.reliability.bins.map(\.count))
    for metric in Metric.allCases {
      // Rows alone come without the probabilities of each class.
      let needsClasses = [
        Metric.classwiseCalibrationError, .thresholdedCalibrationError,
      ].contains(metric)
      guard !needsClasses, let value = whole.figures[metric] else {
        #expect(merged.figures[metric] == nil)
        continue
      }
      // Compensated sums of 300 terms below 8 differ by a rounding or two.
      expectClose(merged.figures[metric] ?? .nan, value, absolute: 4e-16, metric.rawValue)
    }
  }

  @Test func `without rows every metric is undefined`() {
    let none = ScoreAccumulator(classCount: 10)
    for metric in Metric.allCases { #expect(none.figures[metric] == nil) }
  }

  @Test func `a mean of figures is undefined where one is`() {
    var (first, second) = (Figures<Metric>(), Figures<Metric>())
    first[.accuracy] = 0.5
    second[.accuracy] = 1
    first[.entropy] = 2
    let mean = Figures.mean([first, second])
    #expect(mean[.accuracy] == 0.75)
    #expect(mean[.entropy] == nil)
    #expect(Figures.mean([second, first])[.entropy] == nil)
  }
}
