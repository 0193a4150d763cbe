import Foundation

/// The softmax of one row of logits at temperature 1/scale.
///
/// exp(scale·(z − z_max)) / sum, where the sum is kept as 1 + rest: log1p(rest) then keeps all
/// digits of the loss of a confident prediction.
struct Softmax {
  /// The lowest index of the largest logit.
  let largest: Int
  private let rest: Double

  var sum: Double { 1 + rest }
  var logSum: Double { log1p(rest) }

  /// Writes the `count` numerators to `exponentials`.
  @inline(__always)
  init(
    _ logits: UnsafeMutablePointer<Double>, count: Int, scale: Double,
    exponentials: UnsafeMutablePointer<Double>
  ) {
    var largest = 0
    for c in 1..<count where logits[c] > logits[largest] { largest = c }
    let maximum = logits[largest]
    var rest = 0.0
    for c in 0..<count {
      exponentials[c] = exp(scale * (logits[c] - maximum))
      rest += c == largest ? 0 : exponentials[c]
    }
    self.largest = largest
    self.rest = rest
  }
}

/// The logarithm of the mean of `exp(values[m * stride])` over `count` values.
@inline(__always)
func logMeanExponential(_ values: UnsafeMutablePointer<Double>, count: Int, stride: Int) -> Double {
  var maximum = values[0]
  for m in 1..<count { maximum = max(maximum, values[m * stride]) }
  var sum = 0.0
  for m in 0..<count { sum += exp(values[m * stride] - maximum) }
  return maximum + log(sum / Double(count))
}
