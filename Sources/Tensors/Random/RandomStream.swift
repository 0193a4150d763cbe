import Foundation

/// A reproducible stream of random numbers.
///
/// The numbers are a function of (seed, purpose, major, minor) alone, so that an image gets the
/// same draws alone, in a batch and on any number of threads. The generator is Philox4x32-10
/// (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3").
package struct RandomStream: RandomSource {
  private var counter: SIMD4<UInt32>
  private let key: SIMD2<UInt32>
  private var block = SIMD4<UInt32>()
  private var used = 4
  private var spareNormal: Double?

  /// The stream for one `purpose` and one pair of indices, such as (epoch, position) or
  /// (severity, image).
  package init(seed: UInt64, purpose: String, major: Int = 0, minor: Int = 0) {
    key = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)]
    counter = [
      0, UInt32(truncatingIfNeeded: minor), UInt32(truncatingIfNeeded: major), Self.hash(purpose),
    ]
  }

  /// The next 32 random bits.
  package mutating func nextWord() -> UInt32 {
    if used == 4 {
      block = Self.philox(counter: counter, key: key)
      counter.x &+= 1
      used = 0
    }
    defer { used += 1 }
    return block[used]
  }

  /// A multiple of 2⁻⁵³, uniform in [0, 1).
  package mutating func nextUniform() -> Double {
    let high = UInt64(nextWord() >> 5)
    let low = UInt64(nextWord() >> 6)
    return Double(high << 26 | low) * 0x1p-53
  }

  /// By Box and Muller's transform, which gives two numbers at a time.
  package mutating func nextNormal() -> Double {
    if let spare = spareNormal {
      spareNormal = nil
      return spare
    }
    let radius = (-2 * log(1 - nextUniform())).squareRoot()
    let angle = 2 * Double.pi * nextUniform()
    spareNormal = radius * sin(angle)
    return radius * cos(angle)
  }

  /// Ten rounds of Philox4x32.
  package static func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var (x, y, z, w) = (counter.x, counter.y, counter.z, counter.w)
    var (keyX, keyY) = (key.x, key.y)
    for _ in 0..<10 {
      let first = UInt64(x) &* 0xD251_1F53
      let second = UInt64(z) &* 0xCD9E_8D57
      x = UInt32(truncatingIfNeeded: second >> 32) ^ y ^ keyX
      y = UInt32(truncatingIfNeeded: second)
      z = UInt32(truncatingIfNeeded: first >> 32) ^ w ^ keyY
      w = UInt32(truncatingIfNeeded: first)
      keyX &+= 0x9E37_79B9
      keyY &+= 0xBB67_AE85
    }
    return [x, y, z, w]
  }

  /// The 32-bit FNV-1a hash, which gives each purpose its own streams.
  private static func hash(_ purpose: String) -> UInt32 {
    purpose.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }
}
