import Tensors

/// A tensor of numbers uniform in [−1, 1), the same for the same name.
func randomTensor(_ name: String, _ shape: [Int]) -> Tensor {
  var random = RandomStream(seed: 1, purpose: name)
  return Tensor(shape, (0..<shape.reduce(1, *)).map { _ in Float(random.uniform(-1, 1)) })
}

/// The derivative of `function` at each element, by central differences in Double.
///
/// With step h the truncation error is h²/6 · f‴ and the rounding error 2⁻⁵³·|f|/h: h = 1e-4 keeps
/// both near 1e-9 for functions of order one.
func centralDifferences(
  at point: [Double], step: Double = 1e-4, _ function: ([Double]) -> Double
) -> [Double] {
  point.indices.map { index in
    var (above, below) = (point, point)
    above[index] += step
    below[index] -= step
    return (function(above) - function(below)) / (2 * step)
  }
}
