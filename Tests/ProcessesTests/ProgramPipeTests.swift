import Processes
import Testing

struct ProgramPipeTests {
  /// A thread may still be at a pipe that another one closes: its file's number may then be another file's.
  @Test func `a closed end passes nothing to the file that has its number now`() throws {
    let closed = try ProgramPipe(own: .writer)
    closed.closeWriter()
    closed.closeReader()
    let others = try (0..<8).map { _ in try ProgramPipe(own: .writer) }
    #expect(others.contains { [$0.reader, $0.writer].contains(closed.writer) })
    var byte: UInt8 = 1
    withUnsafeBytes(of: &byte) { bytes in
      guard case .closed = closed.write(bytes) else {
        Issue.record("a closed pipe was written to")
        return
      }
    }
    #expect(others.allSatisfy { $0.unreadCount == 0 })
    withUnsafeMutableBytes(of: &byte) { bytes in
      guard case .closed = closed.read(into: bytes, milliseconds: 0) else {
        Issue.record("a closed pipe was read from")
        return
      }
    }
  }
}
