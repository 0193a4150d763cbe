import Formats
import Foundation
import TestSupport
import Testing

/// Arrays that we write, against the bytes of `numpy.save` (`Fixtures/make_numpy.py`).
struct NumPyWritingTests {
  private func expectBytes<Value: NumPyElement>(
    of name: String, _ values: [Value], _ shape: [Int]
  ) throws {
    let folder = try TemporaryFolder()
    let url = folder.file("array.npy")
    try NumPyArray.write(values, shape: shape, to: url)
    #expect(Array(try Data(contentsOf: url)) == (try fixtureBytes("numpy/\(name).npy")))
    #expect(try folder.names == ["array.npy"])
  }

  @Test func `the bytes are those of NumPy`() throws {
    try expectBytes(of: "u1-little", [UInt8](arrayLiteral: 0, 255, 0, 1, 2, 3), [3, 2])
    try expectBytes(of: "i8-little", [.min, .max, 0, 1, 2, 3] as [Int], [3, 2])
    try expectBytes(of: "f4-little", specialValues(Float.self), [3, 2])
    try expectBytes(of: "f8-little", specialValues(Double.self), [3, 2])
    try expectBytes(of: "cube", (0..<24).map(Double.init), [2, 3, 4])
    try expectBytes(of: "vector", [1, 2, 3] as [UInt8], [3])
    try expectBytes(of: "single", [7] as [Int64], [])
    try expectBytes(of: "empty", [] as [Float], [0, 4])
    try expectBytes(of: "b1", [true, false, false, true, true, true], [3, 2])
  }

  private func specialValues<Value: BinaryFloatingPoint>(_: Value.Type) -> [Value] {
    [-1.5, .greatestFiniteMagnitude, .infinity, -0.0, .nan, .leastNonzeroMagnitude]
  }

  @Test func `pieces in turn make the same file as the whole`() throws {
    let folder = try TemporaryFolder()
    let values = (0..<24).map(Double.init)
    let url = folder.file("pieces.npy")
    try NumPyArray.write(Double.self, shape: [2, 3, 4], to: url) { rows in
      try rows.append(Array(values[..<5]))
      try rows.append([])
      try rows.append(Array(values[5...]))
    }
    #expect(Array(try Data(contentsOf: url)) == (try fixtureBytes("numpy/cube.npy")))
  }

  @Test func `too many or too few values leave the old file`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("array.npy")
    try NumPyArray.write([1, 2] as [Float], shape: [2], to: url)
    let old = try Data(contentsOf: url)
    for count in [3, 5] {
      let expected = NumPyError.Problem.wrongValueCount(expected: 4, found: count)
      #expect(throws: NumPyError(file: url.path, problem: expected)) {
        try NumPyArray.write(Array(repeating: Float(1), count: count), shape: [2, 2], to: url)
      }
    }
    #expect(try Data(contentsOf: url) == old)
    #expect(try folder.names == ["array.npy"])
  }

  @Test func `a shape that cannot be counted is refused`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("array.npy")
    for shape in [[1 << 62, 1 << 62], [-1], Array(repeating: 1, count: 65)] {
      #expect(throws: NumPyError(file: url.path, problem: .shapeTooLarge(shape))) {
        try NumPyArray.write([] as [Float], shape: shape, to: url)
      }
    }
  }

  @Test func `a folder that is not there is an error that names the file`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("missing/array.npy")
    #expect(throws: FileError.unwritable(url, ENOENT)) {
      try NumPyArray.write([1] as [Float], shape: [1], to: url)
    }
  }

  /// The body runs in a process of its own, whose files may not grow beyond 64 KiB.
  @Test func `a full disk is an error that leaves the old file`() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let url = folder.file("array.npy")
      try NumPyArray.write([1, 2] as [Float], shape: [2], to: url)
      let old = try Data(contentsOf: url)
      limitFileSize(to: 1 << 16)
      #expect(throws: FileError.unwritable(url, EFBIG)) {
        try NumPyArray.write(Array(repeating: Float(1), count: 100_000), shape: [100_000], to: url)
      }
      #expect(throws: ZipError.self) {
        try ZipArchive.write([("a", Array(repeating: UInt8(1), count: 400_000))], to: url)
      }
      #expect(try Data(contentsOf: url) == old)
      #expect(try folder.names == ["array.npy"])
    }
  }
}

/// Makes a write beyond `byteCount` fail with an error, as on a full disk, in this process.
private func limitFileSize(to byteCount: UInt) {
  signal(SIGXFSZ, SIG_IGN)
  var limit = rlimit(rlim_cur: byteCount, rlim_max: byteCount)
  setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
}
