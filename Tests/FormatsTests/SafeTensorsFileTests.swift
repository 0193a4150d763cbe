import Formats
import Foundation
import TestSupport
import Testing

/// Files that the reference library wrote (`Fixtures/make_safetensors.py`).
struct SafeTensorsFileTests {
  private func file(_ name: String) throws -> SafeTensorsFile {
    try SafeTensorsFile(contentsOf: fixture("safetensors/\(name).safetensors"))
  }

  private func bytes(_ values: [some BitwiseCopyable]) -> [UInt8] {
    values.withUnsafeBytes { Array($0) }
  }

  /// The tensors of `types.safetensors`.
  private var types: [SafeTensor] {
    let floats: [Double] = [0, -1.5, 3.140625, 65504, .infinity, 0x1p-14]
    // bfloat16 is rounded to the nearest: 65504 is nearer to 65536 than to the number below.
    let upper: [UInt16] = [0, 0xBFC0, 0x4049, 0x4780, 0x7F80, 0x3880]
    return [
      SafeTensor("int64", .int64, shape: [4], bytes: bytes([Int64.min, .max, -1, 2])),
      SafeTensor("single", .int64, shape: [], bytes: bytes([782])),
      SafeTensor("float64", .float64, shape: [2, 3], bytes: bytes(floats)),
      SafeTensor("empty", .float32, shape: [0, 3], bytes: []),
      SafeTensor("float32", .float32, shape: [2, 3], bytes: bytes(floats.map { Float($0) })),
      SafeTensor("int32", .int32, shape: [4], bytes: bytes([Int32.min, .max, -1, 2])),
      SafeTensor("bfloat16", .bfloat16, shape: [2, 3], bytes: bytes(upper)),
      SafeTensor("float16", .float16, shape: [2, 3], bytes: bytes(floats.map { Float16($0) })),
      SafeTensor("int16", .int16, shape: [4], bytes: bytes([Int16.min, .max, -1, 2])),
      SafeTensor("int8", .int8, shape: [4], bytes: bytes([Int8.min, .max, -1, 2])),
      SafeTensor("uint8", .uint8, shape: [3], bytes: [0, 255, 3]),
      SafeTensor("bool", .bool, shape: [2], bytes: [1, 0]),
    ]
  }

  private func expectEqual(_ found: [SafeTensor], _ expected: [SafeTensor]) {
    #expect(found.map(\.name) == expected.map(\.name))
    for (tensor, expected) in zip(found, expected) {
      #expect(tensor.elementType == expected.elementType, "\(tensor.name)")
      #expect(tensor.shape == expected.shape, "\(tensor.name)")
      let contents = [tensor, expected].map { $0.withBytes { Array($0) } }
      #expect(contents[0] == contents[1], "\(tensor.name)")
    }
  }

  @Test func `elements of every type, a single one, none`() throws {
    let file = try file("types")
    expectEqual(file.tensors, types)
    #expect(file.metadata == ["format": "pt"])
  }

  @Test func `tensors of types that are not read are passed over`() throws {
    let file = try file("other-types")
    #expect(file.tensors.map(\.name) == ["uint64", "weight", "uint32", "uint16", "bias"])
    #expect(file.tensors.map(\.elementType) == [.uint64, .float32, .uint32, .uint16, .uint8])
    for index in [0, 2, 3] { #expect(file.tensors[index].withBytes { $0.first } == 200) }
    #expect(
      file.others.map(\.name) == [
        "complex64", "float8_e5m2fnuz", "float8_e4m3fnuz", "float8_e8m0fnu", "float8_e4m3fn",
        "float8_e5m2", "float4_e2m1fn_x2",
      ])
    #expect(
      file.others.map(\.typeName) == [
        "C64", "F8_E5M2FNUZ", "F8_E4M3FNUZ", "F8_E8M0", "F8_E4M3", "F8_E5M2", "F4",
      ])
    let folder = try TemporaryFolder()
    let url = folder.file("a.safetensors")
    try SafeTensorsFile.write(file.tensors, to: url)
    expectEqual(try SafeTensorsFile(contentsOf: url).tensors, file.tensors)
  }

  @Test func `names that JSON escapes, and a file of nothing`() throws {
    let names = try file("names")
    #expect(names.tensors.map(\.name) == [#"a "quoted" \ name"#, "naïve ∑\n\u{1}"])
    #expect(names.metadata == [:])
    #expect(try file("nothing").tensors.isEmpty)
  }

  @Test func `what is written is byte for byte what the reference library writes`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("a.safetensors")
    try SafeTensorsFile.write(types.reversed(), metadata: ["format": "pt"], to: url)
    #expect(Array(try Data(contentsOf: url)) == (try fixtureBytes("safetensors/types.safetensors")))
    for name in ["names", "nothing"] {
      try SafeTensorsFile.write(file(name).tensors, to: url)
      #expect(
        Array(try Data(contentsOf: url)) == (try fixtureBytes("safetensors/\(name).safetensors")))
    }
  }

  @Test func `every escape of JSON, spaces, any order of keys and of tensors`() throws {
    let header = """
       { "b\\u00e9\\ud83d\\ude00\\"\\\\\\/\\b\\f\\n\\r\\t" : {"shape":[ 1 , 2 ],\t"data_offsets":[1,3],
      "dtype":"U8"}, "a":{"data_offsets":[0,1],"dtype":"I8","shape":[]},"__metadata__":{"k":""}}
      """
    let bytes = withUnsafeBytes(of: UInt64(header.utf8.count)) { Array($0) } + header.utf8
    let file = try SafeTensorsFile(bytes: bytes + [9, 8, 7], file: "x")
    #expect(file.tensors.map(\.name) == ["a", "bé😀\"\\/\u{8}\u{C}\n\r\t"])
    #expect(file.tensors[1].withBytes { Array($0) } == [8, 7])
    #expect(file.metadata == ["k": ""])
  }

  @Test func `what cannot be written is refused, and the old file stays`() throws {
    let folder = try TemporaryFolder()
    let url = try folder.file("a.safetensors", holding: [1])
    func expect(_ tensors: [SafeTensor], _ name: String, _ problem: SafeTensorsError.Problem) {
      let error = SafeTensorsError(file: url.path, tensor: name, problem: problem)
      #expect(throws: error) { try SafeTensorsFile.write(tensors, to: url) }
    }
    let good = SafeTensor("a", .uint8, shape: [1], bytes: [1])
    expect([good, good], "a", .duplicateName)
    expect(
      [good, SafeTensor("__metadata__", .int8, shape: [], bytes: [1])], "__metadata__",
      .reservedName)
    expect(
      [SafeTensor("b", .float32, shape: [2], bytes: [1])], "b",
      .wrongByteCount(expected: 8, found: 1))
    expect([SafeTensor("c", .int8, shape: [-1], bytes: [])], "c", .shapeTooLarge([-1]))
    #expect(try Data(contentsOf: url) == Data([1]))
    #expect(try folder.names == ["a.safetensors"])
  }
}
