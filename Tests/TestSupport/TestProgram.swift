import Foundation

/// A program in Python that answers batches, or does what a mode of it says.
package enum TestProgram {
  private static let file = TestPackage.url.appending(
    path: "Tests/TestSupport/Programs/program.py")

  /// The command of the shell that starts it.
  package static func command(_ mode: String, seed: Int = 0) -> String {
    "python3 '\(file.path)' \(mode) \(seed)"
  }

  /// The logits that it answers an image with: the bytes after the first, by member and class.
  package static func logits(_ pixels: [UInt8], classCount: Int, member: Int = 0) -> [Float] {
    (0..<classCount).map { Float(pixels[$0 + 1 + member]) + Float($0) / 4 }
  }

  /// Whether no process of the system has these words in its command, or none has them any more within some
  /// seconds: what was killed takes a moment to go.
  package static func isGone(_ words: String, within seconds: Double = 5) -> Bool {
    let limit = Date(timeIntervalSinceNow: seconds)
    while !processes(with: words).isEmpty {
      if Date() > limit { return false }
      usleep(10_000)
    }
    return true
  }

  /// Kills the processes of the system that have these words in their command.
  package static func kill(with words: String) {
    for process in processes(with: words) { Foundation.kill(process, SIGKILL) }
  }

  private static func processes(with words: String) -> [Int32] {
    let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return numbers.compactMap { Int32($0) }.filter { number in
      // What has ended but was not waited for has no command.
      let command = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") ?? Data()
      return String(decoding: command, as: UTF8.self).replacing("\0", with: " ").contains(words)
    }
  }
}
