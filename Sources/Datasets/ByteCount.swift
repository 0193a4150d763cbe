import Foundation

/// Sizes in units that are easy to read.
package enum ByteCount {
  /// The size in bytes, kB, MB or GB, which are powers of 1000.
  package static func text(_ count: Int) -> String {
    guard count >= 1000 else { return "\(count) bytes" }
    let power = min(Int(log10(Double(count)) / 3), 3)
    let value = Double(count) / pow(1000, Double(power))
    return String(format: "%.1f ", value) + ["kB", "MB", "GB"][power - 1]
  }
}
