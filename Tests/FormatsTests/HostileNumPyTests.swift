import Formats
import Foundation
import TestSupport
import Testing

/// Headers and lengths that NumPy would not write.
struct HostileNumPyTests {
  /// A version 1 file with this dictionary and data.
  private func file(_ dictionary: String, data: Int = 0, headerLength: Int? = nil) -> [UInt8] {
    let length = headerLength ?? dictionary.utf8.count
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
      + Array(dictionary.utf8) + Array(repeating: 0, count: data)
  }

  private func expect(
    _ bytes: [UInt8], _ expected: NumPyError.Problem,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(throws: NumPyError(file: "x.npy", problem: expected), sourceLocation: sourceLocation) {
      try NumPyArray(bytes: bytes, file: "x.npy")
    }
  }

  @Test func `what does not begin as an array`() {
    expect([], .notAnArray)
    expect(Array("PK".utf8), .notAnArray)
    var bytes = file("{'descr': '|u1', 'fortran_order': False, 'shape': ()}", data: 1)
    bytes[6] = 4
    expect(bytes, .unsupportedVersion(major: 4, minor: 0))
  }

  @Test func `headers that reach beyond the file`() {
    expect(Array(file("{}").prefix(9)), .truncatedHeader(expected: 12, found: 9))
    expect(file("{}  ", headerLength: 0xFFFF), .truncatedHeader(expected: 65545, found: 14))
    var version2 = file("{}  ")
    version2[6] = 2
    version2[8...11] = [255, 255, 255, 255]
    expect(version2, .truncatedHeader(expected: 12 + 0xFFFF_FFFF, found: 14))
  }

  @Test func `shapes whose size overflows`() {
    let huge = 1 << 62
    expect(
      file("{'descr': '<f4', 'fortran_order': False, 'shape': (\(huge), 2)}"),
      .shapeTooLarge([huge, 2]))
    expect(
      file("{'descr': '<f4', 'fortran_order': False, 'shape': (\(huge), \(huge), 0)}"),
      .shapeTooLarge([huge, huge, 0]))
    expect(
      file("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}"),
      .malformedHeader(offset: 61, expected: "the extent of a dimension"))
    expect(
      file("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"),
      .malformedHeader(offset: 61, expected: "the extent of a dimension"))
    let ones = String(repeating: "1,", count: 65)
    expect(
      file("{'descr': '<f4', 'fortran_order': True, 'shape': (\(ones))}", data: 4),
      .shapeTooLarge(Array(repeating: 1, count: 65)))
  }

  @Test func `data shorter or longer than the shape`() {
    let dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}"
    expect(file(dictionary, data: 23), .wrongByteCount(expected: 24, found: 23))
    expect(file(dictionary, data: 25), .wrongByteCount(expected: 24, found: 25))
    expect(
      file("{'descr': '<f8', 'fortran_order': False, 'shape': (\(1 << 59),)}"),
      .wrongByteCount(expected: 1 << 62, found: 0))
  }

  @Test(arguments: [
    "", "{", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
    "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
    "{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}",
    "{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,)}",
  ])
  func `a dictionary that NumPy does not write`(dictionary: String) {
    let error = #expect(throws: NumPyError.self) {
      try NumPyArray(bytes: file(dictionary, data: 4), file: "x.npy")
    }
    guard case .malformedHeader = error?.problem else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `spaces, quotes, order of keys and long integers as old NumPy wrote them`() throws {
    let bytes = file(#"{"shape":(2L,),"descr":"=i2",'fortran_order':False,}  "# + "\n", data: 4)
    #expect(try NumPyArray(bytes: bytes, file: "").values(of: Int.self) == [0, 0])
  }

  @Test func `mutated files are read or refused, never a crash`() throws {
    var generator = SeededGenerator(seed: 5)
    for name in ["i4-big", "f8-little", "version-3", "cube", "fortran-cube", "single", "empty"] {
      let original = try fixtureBytes("numpy/\(name).npy")
      for _ in 0..<1000 {
        let bytes = original.mutated(using: &generator)
        do {
          let array = try NumPyArray(bytes: bytes, file: name)
          _ = try array.values(of: Double.self)
        } catch is NumPyError {}
      }
    }
  }

  @Test func `messages name the file and say what to do`() {
    let error = NumPyError(file: "a.npy", problem: .wrongByteCount(expected: 24, found: 23))
    #expect(error.description == "a.npy: the shape needs 24 bytes of data, found 23")
  }

  @Test func `a missing file and a folder`() throws {
    let missing = fixture("numpy/missing.npy")
    #expect(throws: FileError.unreadable(missing, ENOENT)) { try NumPyArray(contentsOf: missing) }
    let folder = fixture("numpy")
    let error = #expect(throws: FileFormError.self) { try NumPyArray(contentsOf: folder) }
    #expect(error?.found.kind == .folder)
  }
}
