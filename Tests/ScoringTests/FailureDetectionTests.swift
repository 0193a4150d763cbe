import Scoring
import Tensors
import TestSupport
import Testing

struct FailureDetectionTests {
  /// The definition, pair by pair.
  private static func pairwise(_ right: [Double], _ wrong: [Double]) -> Double {
    let wins = right.map { r in wrong.map { r > $0 ? 2 : r == $0 ? 1 : 0 }.reduce(0, +) }
    return Double(wins.reduce(0, +)) / Double(2 * right.count * wrong.count)
  }

  @Test(arguments: [2, 4, 8, 1 << 30])
  func `the area is the share of pairs won, with half of the ties`(levels: Int) {
    var random = RandomStream(seed: 5, purpose: "confidences", major: levels)
    for size in [1, 2, 10, 60] {
      let confidences = (0..<2 * size).map { _ in
        Double(random.integer(in: 0..<levels)) / Double(levels)
      }
      var detection = FailureDetection()
      for (i, confidence) in confidences.enumerated() {
        detection.add(confidence: confidence, isRight: i < size)
      }
      let expected = Self.pairwise(Array(confidences[..<size]), Array(confidences[size...]))
      #expect(detection.areaUnderROC == expected)
    }
  }

  @Test func `perfect order is one, reversed zero, all tied a half`() {
    func area(_ right: Double, _ wrong: Double) -> Double? {
      var detection = FailureDetection()
      detection.add(confidence: right, isRight: true)
      detection.add(confidence: wrong, isRight: false)
      return detection.areaUnderROC
    }
    #expect(area(0.9, 0.1) == 1)
    #expect(area(0.1, 0.9) == 0)
    #expect(area(0.5, 0.5) == 0.5)
  }

  @Test(arguments: [true, false])
  func `all right or all wrong has no area`(isRight: Bool) {
    var detection = FailureDetection()
    #expect(detection.areaUnderROC == nil)
    detection.add(confidence: 0.5, isRight: isRight)
    detection.add(confidence: 0.7, isRight: isRight)
    #expect(detection.areaUnderROC == nil)
  }
}
