import Foundation

/// A text that the kernel makes while it is read.
enum SystemText {
  /// The whole text of a file such as `/proc/self/maps`, of which each read gives a part, and whose size
  /// the system does not tell; empty where it cannot be read.
  static func read(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let count = fread(&part, 1, part.count, file)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += part.prefix(count)
    }
  }
}
