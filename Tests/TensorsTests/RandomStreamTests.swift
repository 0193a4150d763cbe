import Tensors
import TestSupport
import Testing

struct RandomStreamTests {
  /// Known answers of the Random123 distribution, `kat_vectors`, `philox4x32 10`.
  @Test(arguments: [
    (
      SIMD4<UInt32>(repeating: 0), SIMD2<UInt32>(repeating: 0),
      SIMD4<UInt32>(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)
    ),
    (
      SIMD4<UInt32>(repeating: .max), SIMD2<UInt32>(repeating: .max),
      SIMD4<UInt32>(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
    ),
    (
      SIMD4<UInt32>(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
      SIMD2<UInt32>(0xa409_3822, 0x299f_31d0),
      SIMD4<UInt32>(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
    ),
  ])
  func `philox gives the published answers`(
    counter: SIMD4<UInt32>, key: SIMD2<UInt32>, expected: SIMD4<UInt32>
  ) {
    #expect(RandomStream.philox(counter: counter, key: key) == expected)
  }

  @Test func `a different seed, purpose or address gives other numbers`() {
    func first(_ seed: UInt64, _ purpose: String, _ major: Int, _ minor: Int) -> Double {
      var stream = RandomStream(seed: seed, purpose: purpose, major: major, minor: minor)
      return stream.nextUniform()
    }
    let numbers = [
      first(1, "crop", 0, 0), first(2, "crop", 0, 0), first(1, "flip", 0, 0),
      first(1, "crop", 1, 0), first(1, "crop", 0, 1), first(1 << 32, "crop", 0, 0),
    ]
    #expect(Set(numbers).count == numbers.count)
    #expect(first(1, "crop", 0, 0) == numbers[0])
  }

  @Test func `moments of the uniform and the normal`() {
    var stream = RandomStream(seed: 7, purpose: "moments")
    let count = 200_000
    let uniform = (0..<count).map { _ in stream.nextUniform() }
    let normal = (0..<count).map { _ in stream.nextNormal() }
    // Five standard errors of each mean: sd/√n with sd² = 1/12, 1, 2 (of z²).
    let error = 5 / Double(count).squareRoot()
    expectClose(uniform.reduce(0, +) / Double(count), 0.5, absolute: error * 0.2887)
    expectClose(normal.reduce(0, +) / Double(count), 0, absolute: error)
    expectClose(normal.map { $0 * $0 }.reduce(0, +) / Double(count), 1, absolute: error * 1.4143)
    #expect(uniform.allSatisfy { (0..<1).contains($0) })
  }

  @Test func `a permutation holds every index once`() {
    var stream = RandomStream(seed: 3, purpose: "order")
    let order = stream.permutation(1000)
    #expect(order.sorted() == Array(0..<1000))
    #expect(order != Array(0..<1000))
  }
}
