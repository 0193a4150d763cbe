import Formats
import Foundation
import Processes

/// Reads arrays that a program writes one after another.
final class AnswerReader {
  /// When bytes came last.
  private(set) var lastTime = ContinuousClock.now
  private let pipe: ProgramPipe

  /// The output has ended.
  struct Closed: Error {}

  /// The characters of what is no array that are shown.
  private static let shownCount = 60

  init(_ pipe: ProgramPipe) { self.pipe = pipe }

  /// Reads the next array.
  ///
  /// - Parameters:
  ///   - check: Called with the header, before memory is taken for the elements.
  ///   - wait: Called about ten times a second while nothing comes.
  /// - Returns: The array.
  /// - Throws: `ProgramFault` for what is no array, `NumPyError`, `Closed`, or what `check` and `wait`
  ///   throw.
  func array(
    checking check: (NumPyArray.Header) throws -> Void, waiting wait: () throws -> Void
  ) throws -> NumPyArray {
    var bytes: [UInt8] = []
    while bytes.count < NumPyArray.Header.prefixCount {
      try read(&bytes, upTo: NumPyArray.Header.prefixCount, wait)
      if !NumPyArray.Header.canBegin(with: bytes) { throw noArray(beginning: bytes) }
    }
    let size = try NumPyArray.Header.byteCount(fromPrefix: bytes, file: "answer")
    while bytes.count < size { try read(&bytes, upTo: size, wait) }
    let header = try NumPyArray.Header(bytes, file: "answer")
    try check(header)
    guard let dataSize = header.elementType.byteCount(of: header.shape) else {
      throw NumPyError(file: "answer", problem: .shapeTooLarge(header.shape))
    }
    bytes.reserveCapacity(size + dataSize)
    while bytes.count < size + dataSize { try read(&bytes, upTo: size + dataSize, wait) }
    return try NumPyArray(bytes: bytes, file: "answer")
  }

  /// Reads what comes after the last answer, until the output ends.
  ///
  /// - Returns: The beginning of it; nil where nothing comes.
  func rest(until limit: Date, isOver: () -> Bool) -> String? {
    var bytes: [UInt8] = []
    do {
      try read(&bytes, upTo: 1) { if isOver() || Date() > limit { throw Closed() } }
    } catch {
      return nil
    }
    guard case .noArray(let text) = noArray(beginning: bytes).problem else { return nil }
    return text
  }

  /// Reads at least one byte, and at most up to a total of `count`.
  private func read(
    _ bytes: inout [UInt8], upTo count: Int, _ wait: () throws -> Void
  ) throws {
    let room = min(count - bytes.count, 1 << 16)
    try withUnsafeTemporaryAllocation(byteCount: room, alignment: 16) { buffer in
      while true {
        switch pipe.read(into: buffer, milliseconds: 100) {
        case .bytes(let count):
          lastTime = .now
          return bytes.append(contentsOf: buffer[..<count])
        case .nothing: try wait()
        case .closed: throw Closed()
        }
      }
    }
  }

  /// That the output begins with what is no array: takes what comes within a moment, to show it.
  private func noArray(beginning bytes: [UInt8]) -> ProgramFault {
    var bytes = bytes
    let limit = Date(timeIntervalSinceNow: 0.3)
    while Self.firstLine(bytes) == nil, bytes.count < Self.shownCount, Date() < limit {
      do {
        try read(&bytes, upTo: Self.shownCount) { if Date() >= limit { throw Closed() } }
      } catch {
        break
      }
    }
    return ProgramFault(.noArray(beginning: Self.shown(bytes)))
  }

  /// The first line that is not empty; nil where it has not ended.
  private static func firstLine(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
    let line = bytes.drop { $0 <= 0x20 }
    return line.firstIndex(of: 0x0A).map { line[..<$0] }
  }

  /// The beginning of the first line, without control characters.
  private static func shown(_ bytes: [UInt8]) -> String {
    let line = (firstLine(bytes) ?? bytes.drop { $0 <= 0x20 }).prefix(shownCount)
    return String(decoding: line, as: UTF8.self).replacing("\t", with: " ")
      .withoutControlCharacters
  }
}
