import Formats
import Foundation
import TestSupport
import Testing

/// Arrays that NumPy wrote (`Fixtures/make_numpy.py`).
struct NumPyArrayTests {
  private func array(_ name: String) throws -> NumPyArray {
    try NumPyArray(contentsOf: fixture("numpy/\(name).npy"))
  }

  private func expectLimits<Value: NumPyElement & FixedWidthInteger>(_: Value.Type) throws {
    for order in ["little", "big"] {
      let array = try array("\(Value.elementType.numPyName ?? "")-\(order)")
      #expect(array.shape == [3, 2])
      #expect(array.elementType == Value.elementType)
      #expect(try array.values(of: Value.self) == [.min, .max, 0, 1, 2, 3])
    }
  }

  @Test func `whole numbers of every size in both byte orders`() throws {
    try expectLimits(Int8.self)
    try expectLimits(Int16.self)
    try expectLimits(Int32.self)
    try expectLimits(Int64.self)
    try expectLimits(UInt8.self)
    try expectLimits(UInt16.self)
    try expectLimits(UInt32.self)
    try expectLimits(UInt64.self)
  }

  private func expectSpecialValues<Value: NumPyElement & BinaryFloatingPoint>(
    _: Value.Type
  ) throws {
    for order in ["little", "big"] {
      let values = try array("\(Value.elementType.numPyName ?? "")-\(order)").values(of: Value.self)
      #expect(values.count == 6)
      #expect(values[0] == -1.5)
      #expect(values[1] == .greatestFiniteMagnitude)
      #expect(values[2] == .infinity)
      #expect(values[3] == 0 && values[3].sign == .minus)
      #expect(values[4].isNaN)
      #expect(values[5] == .leastNonzeroMagnitude)
    }
  }

  @Test func `floating-point numbers of every size in both byte orders`() throws {
    try expectSpecialValues(Float16.self)
    try expectSpecialValues(Float.self)
    try expectSpecialValues(Double.self)
  }

  @Test func `booleans`() throws {
    #expect(try array("b1").values() == [true, false, false, true, true, true])
  }

  @Test func `a wider type holds the same numbers`() throws {
    #expect(try array("u1-big").values(of: Int.self) == [0, 255, 0, 1, 2, 3])
    #expect(try array("i2-big").values(of: Float.self) == [-32768, 32767, 0, 1, 2, 3])
    #expect(try array("u4-big").values(of: Double.self)[1] == 4_294_967_295)
    #expect(try array("b1").values(of: Int.self) == [1, 0, 0, 1, 1, 1])
    #expect(try array("f2-big").values(of: Float.self)[1] == 65504)
    #expect(try array("f4-little").values(of: Double.self)[5] == 0x1p-149)
  }

  @Test func `whole numbers of 64 bits become the nearest Float64`() throws {
    var generator = SeededGenerator(seed: 9)
    let folder = try TemporaryFolder()
    func expectNearest<Value: NumPyElement & FixedWidthInteger>(_: Value.Type) throws {
      let values =
        [.min, .max, 0, 1 << 53 + 1]
        + (0..<500).map { _ in
          Value(truncatingIfNeeded: generator.next()) >> (generator.next() % 64)
        }
      let url = folder.file("\(Value.elementType).npy")
      try NumPyArray.write(values, shape: [values.count], to: url)
      // The C library rounds the digits to the nearest.
      let expected = values.map { strtod("\($0)", nil) }
      #expect(try NumPyArray(contentsOf: url).nearestNumbers() == expected)
    }
    try expectNearest(Int64.self)
    try expectNearest(UInt64.self)
    #expect(try array("u4-big").nearestNumbers() == [0, 4_294_967_295, 0, 1, 2, 3])
    #expect(try array("b1").nearestNumbers() == [1, 0, 0, 1, 1, 1])
  }

  @Test func `a type that does not hold every number is refused`() throws {
    #expect(throws: problem(.wrongElementType(requested: "Int64", found: .uint64), "u8-big")) {
      try array("u8-big").values(of: Int64.self)
    }
    #expect(throws: problem(.wrongElementType(requested: "UInt8", found: .int8), "i1-big")) {
      try array("i1-big").values(of: UInt8.self)
    }
    #expect(throws: problem(.wrongElementType(requested: "Float", found: .int32), "i4-big")) {
      try array("i4-big").values(of: Float.self)
    }
    #expect(throws: problem(.wrongElementType(requested: "Float", found: .float64), "cube")) {
      try array("cube").values(of: Float.self)
    }
    #expect(throws: problem(.wrongElementType(requested: "Int", found: .float32), "version-2")) {
      try array("version-2").values(of: Int.self)
    }
  }

  @Test(arguments: ["version-2", "version-3"])
  func `versions 2 and 3`(name: String) throws {
    #expect(try array(name).values(of: Float.self) == [0, 1, 2, 3, 4, 5])
  }

  @Test func `no dimensions, no elements, one dimension`() throws {
    let single = try array("single")
    #expect(single.shape == [] && single.rowCount == 1)
    #expect(try single.values(of: Int.self) == [7])
    let empty = try array("empty")
    #expect(empty.shape == [0, 4] && empty.rowCount == 0)
    #expect(try empty.values(of: Float.self) == [])
    #expect(try array("vector").values(of: UInt8.self, rows: 1..<3) == [2, 3])
  }

  @Test func `a block of rows`() throws {
    let cube = try array("cube")
    #expect(cube.rowCount == 2 && cube.rowLength == 12)
    #expect(try cube.values(of: Double.self, rows: 1..<2) == (12..<24).map(Double.init))
    #expect(try cube.values(of: Double.self, rows: 2..<2) == [])
    #expect(throws: problem(.rowsOutOfRange(requested: 1..<3, count: 2), "cube")) {
      try cube.values(of: Double.self, rows: 1..<3)
    }
  }

  @Test(arguments: [
    ("object", NumPyError.Problem.unsupportedType("|O")),
    ("structure", .unsupportedType("structure")), ("text", .unsupportedType("<U3")),
    ("complex", .unsupportedType("<c8")),
  ])
  func `what is not read is refused by name`(name: String, expected: NumPyError.Problem) {
    #expect(throws: problem(expected, name)) { try array(name) }
  }

  @Test func `Fortran order is read as row-major order`() throws {
    #expect(try array("fortran").values(of: Float.self) == [0, 1, 2, 3, 4, 5])
    let cube = try array("fortran-cube")
    #expect(cube.shape == [2, 3, 4])
    #expect(try cube.values(of: Int.self) == Array(0..<24))
    #expect(try cube.values(of: Int.self, rows: 1..<2) == Array(12..<24))
    #expect(try array("fortran-empty").values(of: Float.self) == [])
  }

  @Test(arguments: [2, 3, 4])
  func `pickled arrays in Fortran order`(version: Int) throws {
    let value = try PickleReader.value(contentsOf: fixture("pickle/fortran-\(version).pkl"))
    for (key, expected) in [
      ("columns", [0, 1, 2, 3, 4, 5]), ("reversed", [0, 3, 1, 4, 2, 5]),
    ] as [(String, [Float])] {
      let array = try NumPyArray(pickled: #require(value[key]), file: key)
      #expect(array.shape == (key == "columns" ? [2, 3] : [3, 2]))
      #expect(try array.values(of: Float.self) == expected)
    }
  }

  @Test func `the bytes of rows where they are`() throws {
    func bytes(_ name: String, _ rows: Range<Int>) throws -> [UInt8] {
      try array(name).withRowBytes(rows) { Array($0) }
    }
    #expect(try bytes("vector", 1..<3) == [2, 3])
    #expect(try bytes("vector", 3..<3) == [])
    #expect(try bytes("fortran-images", 1..<2) == Array(12..<24))
    #expect(throws: problem(.rowsOutOfRange(requested: 2..<4, count: 3), "vector")) {
      try bytes("vector", 2..<4)
    }
    for (name, type) in [("i1-big", ElementType.int8), ("b1", .bool), ("cube", .float64)] {
      #expect(throws: problem(.wrongElementType(requested: "UInt8", found: type), name)) {
        try bytes(name, 0..<1)
      }
    }
  }

  @Test func `a block of a large file does not load the file`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("sparse.npy")
    let rowCount = 1 << 24  // 64 GiB of zeros that take no room on the disk
    let shape = [rowCount, 4096]
    let header = header(of: shape, isFortranOrder: false)
    try header.write(to: url)
    #expect(truncate(url.path, header.count + rowCount * 4096) == 0)
    let array = try NumPyArray(contentsOf: url)
    let last = try array.values(of: UInt8.self, rows: rowCount - 1..<rowCount)
    #expect(last == Array(repeating: 0, count: 4096))
  }

  @Test func `an array that cannot be reordered in memory is refused`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("sparse.npy")
    let shape = [1 << 40, 2]  // more than any machine has
    let header = header(of: shape, isFortranOrder: true)
    try header.write(to: url)
    #expect(truncate(url.path, header.count + 1 << 41) == 0)
    #expect(
      throws: NumPyError(file: url.path, problem: .tooLargeToReorder(byteCount: 1 << 41))
    ) { try NumPyArray(contentsOf: url) }
  }

  /// The header of an array of bytes.
  private func header(of shape: [Int], isFortranOrder: Bool) -> Data {
    let order = isFortranOrder ? "True" : "False"
    let dictionary =
      "{'descr': '|u1', 'fortran_order': \(order), 'shape': (\(shape[0]), \(shape[1]))}\n"
    return Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(dictionary.utf8.count), 0])
      + Data(dictionary.utf8)
  }

  private func problem(_ problem: NumPyError.Problem, _ name: String) -> NumPyError {
    NumPyError(file: fixture("numpy/\(name).npy").path, problem: problem)
  }
}
