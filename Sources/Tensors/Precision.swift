/// How precisely the products of convolutions are computed, in the words of PyTorch's
/// `set_float32_matmul_precision`.
///
/// Values are stored, and products are summed, in float32 at every precision.
package enum Precision: String, CaseIterable, Sendable, Codable {
  /// Factors are float32.
  case highest
  /// Factors are sums of two bfloat16, at least 16 bits of a number.
  case high
  /// Factors are rounded to bfloat16, 8 bits of a number.
  case medium
}
