/// Numbers that Swift and Python make alike from a name and a seed.
///
/// They spare the fixtures the weights. The Python twin, `seeded_tensors.py` in
/// `Tests/Fixtures/reference`, states the rule.
package enum SeededTensor {
  /// Multiples of 2⁻²⁴ in [0, 1).
  package static func uniform(seed: UInt64, name: String, count: Int) -> [Double] {
    var words = SeededGenerator(seed: hash(name) ^ seed)
    return (0..<count).map { _ in Double(words.next() >> 40) * 0x1p-24 }
  }

  /// A parameter or running statistic of a network, in PyTorch's order.
  package static func state(seed: UInt64, name: String, shape: [Int]) -> [Float] {
    let (lower, upper) = bounds(name: name, shape: shape)
    return uniform(seed: seed, name: name, count: shape.reduce(1, *))
      .map { Float(lower + (upper - lower) * $0) }
  }

  /// The range of a network's tensor: its name and shape say what it is.
  private static func bounds(name: String, shape: [Int]) -> (lower: Double, upper: Double) {
    let fanIn = Double(shape.dropFirst().reduce(1, *))
    if shape.count == 4 {  // convolution [out, in, kh, kw]: Kaiming uniform
      let upper = (6 / fanIn).squareRoot()
      return (-upper, upper)
    }
    if shape.count == 2 {  // linear [out, in]
      let upper = 1 / fanIn.squareRoot()
      return (-upper, upper)
    }
    if name.hasSuffix(".bias") || name.hasSuffix(".running_mean") {
      return (-0.1, 0.1)
    }
    return (0.5, 1.5)  // batch norm's weight and running_var
  }

  /// The 64-bit FNV-1a hash of the UTF-8 bytes.
  package static func hash(_ name: String) -> UInt64 {
    name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// The sum of (i + 1) · bits of element i, modulo 2⁶⁴, which the order of the elements changes.
  package static func checksum(_ values: [Float]) -> UInt64 {
    zip(1..., values).reduce(into: 0) { $0 &+= UInt64($1.0) &* UInt64($1.1.bitPattern) }
  }
}
