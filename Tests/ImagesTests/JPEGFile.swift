/// JPEG files put together by hand, in which every coefficient is 0.
enum JPEGFile {
  /// A file with the tables that the scans need, each of a single code: the bit 0.
  static func file(frame: [UInt8], scans: [[UInt8]]) -> [UInt8] {
    let quantization: [UInt8] = [0xFF, 0xDB, 0, 67, 0] + [UInt8](repeating: 1, count: 64)
    return [0xFF, 0xD8] + quantization + frame + table(0x00, symbol: 0) + table(0x10, symbol: 0)
      + table(0x11, symbol: 0xE0) + scans.joined() + [0xFF, 0xD9]
  }

  static func frame(_ marker: UInt8, width: Int, height: Int, components: UInt8) -> [UInt8] {
    let size = [height, width].flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    return [0xFF, marker, 0, 8 + 3 * components, 8] + size + [components]
      + (1...components).flatMap { [$0, 0x11, 0] }
  }

  /// A progressive gray file of this many scans: first the blocks' averages, then each coefficient by
  /// itself, bit by bit.
  static func gray(width: Int, height: Int, scanCount: Int = 1) -> [UInt8] {
    let blocks = min((width + 7) / 8 * ((height + 7) / 8), 1 << 16)
    let averages = scan(first: 0, last: 0, high: 0, low: 0, table: 0) + zeros(blocks)
    return file(
      frame: frame(0xC2, width: width, height: height, components: 1),
      scans: [averages] + refinements(count: scanCount - 1, blocks: blocks))
  }

  /// Scans of no more than 18 bytes that are each a pass over all blocks.
  private static func refinements(count: Int, blocks: Int) -> [[UInt8]] {
    let steps = (UInt8(1)...63).flatMap { coefficient in
      (0...13).reversed().map { (coefficient, UInt8($0)) }
    }
    // A code and the 14 bits behind it pass over 16384 blocks.
    let codes = zeros((blocks + 16383) / 16384 * 15)
    return steps.prefix(count).map { coefficient, bit in
      scan(
        first: coefficient, last: coefficient, high: bit == 13 ? 0 : bit + 1, low: bit, table: 1)
        + codes
    }
  }

  /// A baseline file of three components and one scan, of the first.
  static var colorWithScanOfOneComponent: [UInt8] {
    file(
      frame: frame(0xC0, width: 8, height: 8, components: 3),
      scans: [scan(first: 0, last: 63, high: 0, low: 0, table: 0) + zeros(2)])
  }

  /// The header of a scan of component 1, with the table for coefficients other than the first.
  private static func scan(
    first: UInt8, last: UInt8, high: UInt8, low: UInt8, table: UInt8
  ) -> [UInt8] {
    [0xFF, 0xDA, 0, 8, 1, 1, table, first, last, high << 4 | low]
  }

  /// This number of zeros, filled up with ones to whole bytes.
  private static func zeros(_ count: Int) -> [UInt8] {
    [UInt8](repeating: 0, count: count / 8) + (count % 8 == 0 ? [] : [UInt8(0xFF >> (count % 8))])
  }

  private static func table(_ kind: UInt8, symbol: UInt8) -> [UInt8] {
    [0xFF, 0xC4, 0, 20, kind, 1] + [UInt8](repeating: 0, count: 15) + [symbol]
  }
}
