import Scoring
import TestSupport
import Testing

struct ReliabilityTableTests {
  private static func occupiedBin(_ confidence: Double) -> Int? {
    var table = ReliabilityTable()
    table.add(confidence: confidence, isRight: true)
    return table.bins.firstIndex { $0.count == 1 }
  }

  @Test func `a confidence of zero joins the first bin and one the last`() {
    #expect(Self.occupiedBin(0) == 0)
    #expect(Self.occupiedBin(.leastNonzeroMagnitude) == 0)
    #expect(Self.occupiedBin(1) == 14)
    #expect(Self.occupiedBin(1.0.nextDown) == 14)
  }

  @Test(arguments: 1..<15)
  func `an inner edge belongs to the bin below it`(edge: Int) {
    let confidence = Double(edge) / 15
    #expect(Self.occupiedBin(confidence) == edge - 1)
    #expect(Self.occupiedBin(confidence.nextDown) == edge - 1)
    #expect(Self.occupiedBin(confidence.nextUp) == edge)
  }

  @Test(arguments: [1, 2, 7, 25, 49, 1000])
  func `any number of bins splits at its edges`(binCount: Int) {
    for edge in 1...binCount {
      var table = ReliabilityTable(binCount: binCount)
      table.add(confidence: Double(edge) / Double(binCount), isRight: false)
      #expect(table.bins[edge - 1].count == 1)
      #expect(table.bins[edge - 1].upper == Double(edge) / Double(binCount))
    }
  }

  @Test func `bins hold counts, mean confidence and accuracy, and empty bins nothing`() {
    var table = ReliabilityTable(binCount: 4)
    table.add(confidence: 0.625, isRight: true)
    table.add(confidence: 0.75, isRight: false)
    #expect(table.bins.map(\.count) == [0, 0, 2, 0])
    #expect(table.bins[2].lower == 0.5)
    #expect(table.bins[2].meanConfidence == 0.6875)
    #expect(table.bins[2].accuracy == 0.5)
    #expect(table.bins[0].meanConfidence == nil)
    #expect(table.bins[0].accuracy == nil)
  }

  @Test func `calibration error weighs the bins by their rows`() throws {
    var table = ReliabilityTable(binCount: 2)
    table.add(confidence: 0.25, isRight: true)
    table.add(confidence: 0.75, isRight: false)
    table.add(confidence: 1, isRight: true)
    // (1·|0.25 − 1| + 2·|0.875 − 0.5|) / 3 and (0.25 + 1.75 − 2) / 3, in exact binary fractions.
    #expect(table.expectedCalibrationError == 0.5)
    #expect(table.overconfidence == 0)
  }

  @Test func `the largest error of a bin does not weigh its rows`() {
    var table = ReliabilityTable(binCount: 4)
    for isRight in [true, true, false, false] { table.add(confidence: 0.5, isRight: isRight) }
    table.add(confidence: 0.75, isRight: false)
    #expect(table.maximumCalibrationError == 0.75)
  }

  @Test func `the bias of each bin is taken off its square`() throws {
    var table = ReliabilityTable()
    for isRight in [true, false, false, false] { table.add(confidence: 0.6, isRight: isRight) }
    for _ in 0..<4 { table.add(confidence: 0.9, isRight: true) }
    // (0.35² − 0.25·0.75/3 + 0.1²) / 2, in a few roundings of numbers below 1.
    expectClose(
      try #require(table.debiasedCalibrationError), 0.035.squareRoot(), absolute: 1e-15)
  }

  @Test func `bins of one row say nothing of the bias`() {
    var table = ReliabilityTable()
    table.add(confidence: 0.5, isRight: true)
    table.add(confidence: 0.9, isRight: true)
    #expect(table.debiasedCalibrationError == nil)
    // Two of them in one bin have no gap but their variance: clipped.
    for isRight in [true, false] { table.add(confidence: 0.25, isRight: isRight) }
    #expect(table.debiasedCalibrationError == 0)
  }

  @Test func `no rows have no calibration error`() {
    #expect(ReliabilityTable().expectedCalibrationError == nil)
    #expect(ReliabilityTable().maximumCalibrationError == nil)
    #expect(ReliabilityTable().debiasedCalibrationError == nil)
    #expect(ReliabilityTable().overconfidence == nil)
  }
}
