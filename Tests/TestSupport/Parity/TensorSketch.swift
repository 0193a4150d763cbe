/// What a fixture keeps of a tensor: enough to tell a wrong one, however large it is.
///
/// The norm and the projections see every element; the samples say where.
package struct TensorSketch: Decodable, Sendable {
  /// The square root of the sum of squares.
  package let norm: Double
  /// The largest magnitude.
  package let largest: Double
  /// Eight sums of the elements under random signs.
  package let projections: [Double]
  /// Every element of a tensor of 64 or fewer, else 32 of them.
  package let samples: [Double]

  /// Sketches the tensor `name` with `values` in PyTorch's order.
  package init(name: String, values: [Float]) {
    norm = values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    largest = Double(values.reduce(0) { max($0, $1.magnitude) })
    projections = (0..<8).map { Self.projection(values, "\(name)#projection \($0)") }
    samples = Self.indices(name, count: values.count).map { Double(values[$0]) }
  }

  /// How far this sketch lies from another of the same name and shape.
  package func difference(from other: TensorSketch) -> Difference {
    Difference(
      largest: Self.largestDifference(samples, other.samples),
      norm: abs(norm - other.norm),
      projection: Self.largestDifference(projections, other.projections))
  }

  /// Bit 63 of a word means minus.
  private static func projection(_ values: [Float], _ name: String) -> Double {
    var words = SeededGenerator(seed: SeededTensor.hash(name))
    return values.reduce(0) { $0 + (words.next() >> 63 == 1 ? -Double($1) : Double($1)) }
  }

  private static func indices(_ name: String, count: Int) -> [Int] {
    guard count > 64 else { return Array(0..<count) }
    var words = SeededGenerator(seed: SeededTensor.hash("\(name)#samples"))
    return (0..<32).map { _ in Int(words.next() % UInt64(count)) }
  }

  /// Infinite where the counts differ or a number is not one, so that no bound admits it.
  private static func largestDifference(_ first: [Double], _ second: [Double]) -> Double {
    guard first.count == second.count else { return .infinity }
    let differences = zip(first, second).map { abs($0 - $1) }
    return differences.allSatisfy(\.isFinite) ? differences.max() ?? 0 : .infinity
  }
}

extension TensorSketch {
  /// How far one computation of a tensor lies from another.
  ///
  /// A fixture records it over whole tensors. Between two sketches `largest` sees the samples alone
  /// and `norm` is the difference of the norms: neither can exceed the one over whole tensors.
  package struct Difference: Decodable, Sendable {
    /// The largest magnitude of the difference.
    package let largest: Double
    /// The norm of the difference.
    package let norm: Double
    /// The largest magnitude of the eight projections of the difference.
    package let projection: Double
  }
}
