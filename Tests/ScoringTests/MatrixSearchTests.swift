import Foundation
import Scoring
import Tensors
import TestSupport
import Testing

/// The searches of `matrix` and `dirichlet` on many rows, which begin in Float32, against Newton's method on few.
struct MatrixSearchTests {
  private static let classCount = 30
  private static let rowCount = 1000

  /// Rows of two members: logits of unequal scale, with noise.
  private static func draw() throws -> (logits: [Float], labels: [Int]) {
    var stream = RandomStream(seed: 3, purpose: "matrix search")
    let labels = (0..<rowCount).map { _ in stream.integer(in: 0..<classCount) }
    let logits = labels.flatMap { label in
      (0..<2).flatMap { _ in
        (0..<classCount).map { c in
          Float(stream.uniform(-2, 2) * (1 + Double(c % 3)) + (c == label ? 2.5 : 0))
        }
      }
    }
    return (logits, labels)
  }

  private static func repeated(_ logits: [Float], _ labels: [Int]) throws -> LabeledLogits {
    let count = 600
    return try LabeledLogits(
      [[Float]](repeating: logits, count: count).flatMap { $0 }, memberCount: 2,
      classCount: classCount, labels: [[Int]](repeating: labels, count: count).flatMap { $0 })
  }

  /// The mean loss with the penalty, which the fit makes least.
  private static func objective(
    _ predictor: Predictor, _ scaling: MatrixScaling, _ map: CalibrationMap, _ rows: LabeledLogits
  ) throws -> Double {
    let scores = try Scorer(threadCount: 2).rowScores(of: predictor, in: rows, calibration: map)
    let count = Double(scaling.classCount)
    let squares = scaling.weights.enumerated().reduce(0.0) { sum, element in
      let isOwn = element.offset % (scaling.classCount + 1) == 0
      return isOwn ? sum : sum + element.element * element.element
    }
    return scores.reduce(0) { $0 + $1.negativeLogLikelihood } / Double(scores.count)
      + 0.01 * squares / (count * (count - 1))
      + 0.01 * scaling.biases.reduce(0) { $0 + $1 * $1 } / count
  }

  /// The same rows many times over have the same least loss, and are so many numbers that Float32 is used.
  @Test func `many rows are fitted as well as few, and the same on any number of threads`() throws {
    let (logits, labels) = try Self.draw()
    let few = try LabeledLogits(
      logits, memberCount: 2, classCount: Self.classCount, labels: labels)
    let many = try Self.repeated(logits, labels)
    let rows = [few, many].map { FittingRows($0, threadCount: 2) }
    let matrices = try rows.map { try MatrixCalibrator().scaling(of: .ensemble, on: $0) }
    let losses = try matrices.map { try Self.objective(.ensemble, $0, .logits($0), few) }
    // The last step promises a share of 1e-8; what would follow is some hundred times as much.
    #expect(abs(losses[1] - losses[0]) <= 1e-5 * losses[0])
    let onThree = try MatrixCalibrator().scaling(
      of: .ensemble, on: FittingRows(many, threadCount: 3))
    #expect(onThree.weights == matrices[1].weights && onThree.biases == matrices[1].biases)
    let others = try rows.map { try DirichletCalibrator().scaling(of: .ensemble, on: $0) }
    let lossesOfOthers = try others.map {
      try Self.objective(.ensemble, $0, .logarithms($0), few)
    }
    #expect(abs(lossesOfOthers[1] - lossesOfOthers[0]) <= 1e-5 * lossesOfOthers[0])
  }

  @Test(arguments: [0, 1, 2, 1023, 1024, 5000])
  func `isotonic curves do not depend on the order of rows`(count: Int) {
    var stream = RandomStream(seed: 4, purpose: "isotonic", major: count)
    let rows = (0..<count).map { i -> (confidence: Double, isRight: Bool) in
      let ends = [0.0, -0.0, 1, .leastNonzeroMagnitude, 0.5]
      let confidence = i % 4 == 0 ? ends[i / 4 % ends.count] : stream.nextUniform()
      return (confidence, stream.nextUniform() < confidence)
    }
    let curve = IsotonicRegression(rows)
    #expect(curve == IsotonicRegression(rows.reversed()))
    #expect(curve.confidences == curve.confidences.sorted())
    #expect(curve.accuracies == curve.accuracies.sorted())
  }
}
