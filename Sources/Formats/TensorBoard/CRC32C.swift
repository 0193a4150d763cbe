/// The checksum of event files: CRC-32 with Castagnoli's polynomial, as RFC 3720 defines it.
package enum CRC32C {
  /// The checksum of `bytes`.
  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
  }

  /// The checksum as it stands beside the bytes, so disguised that a checksum taken over it is
  /// still worth something: rotated right by 15 bits, plus a constant.
  package static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let checksum = checksum(bytes)
    return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
  }

  /// The remainder that each byte leaves; the polynomial's bits are in reverse.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(byte) { remainder, _ in
      remainder >> 1 ^ (remainder & 1 == 0 ? 0 : 0x82F6_3B78)
    }
  }
}
