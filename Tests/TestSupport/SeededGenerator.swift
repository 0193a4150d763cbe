/// A reproducible generator for tests: SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable
/// pseudorandom number generators").
///
/// Programs that make fixtures draw the same words.
package struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
}

extension Array where Element == UInt8 {
  /// These bytes after one to four random changes: a byte set, one removed, one inserted, a run
  /// repeated, or the end cut off.
  package func mutated(using generator: inout SeededGenerator) -> [UInt8] {
    var bytes = self
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
      let index = Int.random(in: bytes.indices, using: &generator)
      let byte = UInt8.random(in: 0...255, using: &generator)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0, 1: bytes[index] = byte
      case 2: bytes.remove(at: index)
      case 3: bytes.insert(byte, at: index)
      case 4: bytes.insert(contentsOf: bytes[index...].prefix(Int(byte)), at: index)
      default: bytes.removeSubrange(index...)
      }
    }
    return bytes
  }
}
