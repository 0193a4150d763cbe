/// The 8×8 discrete cosine transform in integers, bit for bit that of libjpeg's "slow integer"
/// method.
///
/// Loeffler, Ligtenberg and Moschytz 1989, "Practical fast 1-D DCT algorithms with 11
/// multiplications". A block is eight vectors, one for each row; constants are in units of 2⁻¹³.
enum CosineTransform {
  typealias Block = [SIMD8<Int32>]

  /// Eight times the orthonormal coefficients of a block.
  static func forward(_ block: Block) -> Block {
    let rows = forwardPass(transposed(block), bits: 11, evenShift: -2)
    return forwardPass(transposed(rows), bits: 15, evenShift: 2)
  }

  /// The block of the given orthonormal coefficients.
  static func inverse(_ coefficients: Block) -> Block {
    let columns = inversePass(coefficients, bits: 11)
    return transposed(inversePass(transposed(columns), bits: 18))
  }

  /// Transforms all columns; outputs 0 and 4 need no multiplication, so they have another shift.
  private static func forwardPass(_ x: Block, bits: Int32, evenShift: Int32) -> Block {
    let (t0, t7) = (x[0] &+ x[7], x[0] &- x[7])
    let (t1, t6) = (x[1] &+ x[6], x[1] &- x[6])
    let (t2, t5) = (x[2] &+ x[5], x[2] &- x[5])
    let (t3, t4) = (x[3] &+ x[4], x[3] &- x[4])
    let (e0, e3) = (t0 &+ t3, t0 &- t3)
    let (e1, e2) = (t1 &+ t2, t1 &- t2)
    let even = 4433 &* (e2 &+ e3)
    let z5 = 9633 &* (t4 &+ t6 &+ t5 &+ t7)
    let z1 = -7373 &* (t4 &+ t7)
    let z2 = -20995 &* (t5 &+ t6)
    let z3 = -16069 &* (t4 &+ t6) &+ z5
    let z4 = -3196 &* (t5 &+ t7) &+ z5
    return [
      shifted(e0 &+ e1, evenShift),
      shifted(12299 &* t7 &+ z1 &+ z4, bits),
      shifted(even &+ 6270 &* e3, bits),
      shifted(25172 &* t6 &+ z2 &+ z3, bits),
      shifted(e0 &- e1, evenShift),
      shifted(16819 &* t5 &+ z2 &+ z4, bits),
      shifted(even &- 15137 &* e2, bits),
      shifted(2446 &* t4 &+ z1 &+ z3, bits),
    ]
  }

  private static func inversePass(_ x: Block, bits: Int32) -> Block {
    let even = 4433 &* (x[2] &+ x[6])
    let a0 = (x[0] &+ x[4]) &<< 13
    let a1 = (x[0] &- x[4]) &<< 13
    let a2 = even &- 15137 &* x[6]
    let a3 = even &+ 6270 &* x[2]
    let (b0, b3) = (a0 &+ a3, a0 &- a3)
    let (b1, b2) = (a1 &+ a2, a1 &- a2)
    let z5 = 9633 &* (x[7] &+ x[3] &+ x[5] &+ x[1])
    let z1 = -7373 &* (x[7] &+ x[1])
    let z2 = -20995 &* (x[5] &+ x[3])
    let z3 = -16069 &* (x[7] &+ x[3]) &+ z5
    let z4 = -3196 &* (x[5] &+ x[1]) &+ z5
    let o0 = 2446 &* x[7] &+ z1 &+ z3
    let o1 = 16819 &* x[5] &+ z2 &+ z4
    let o2 = 25172 &* x[3] &+ z2 &+ z3
    let o3 = 12299 &* x[1] &+ z1 &+ z4
    return [
      b0 &+ o3, b1 &+ o2, b2 &+ o1, b3 &+ o0, b3 &- o0, b2 &- o1, b1 &- o2, b0 &- o3,
    ].map { shifted($0, bits) }
  }

  /// `x` / 2^`bits`, with halves rounded up; exact if `bits` is negative.
  private static func shifted(_ x: SIMD8<Int32>, _ bits: Int32) -> SIMD8<Int32> {
    bits < 0
      ? x &<< SIMD8(repeating: -bits)
      : (x &+ (1 << (bits - 1))) &>> SIMD8(repeating: bits)
  }

  private static func transposed(_ block: Block) -> Block {
    (0..<8).map { column in
      var row = SIMD8<Int32>()
      for index in 0..<8 { row[index] = block[index][column] }
      return row
    }
  }
}
