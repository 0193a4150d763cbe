import Formats
import Foundation
import TestSupport
import Testing

/// Headers that the reference library would not write.
struct HostileSafeTensorsTests {
  /// A file with this header, and zeros as data.
  private func file(_ header: [UInt8], data: Int = 0, length: UInt64? = nil) -> [UInt8] {
    withUnsafeBytes(of: (length ?? UInt64(header.count)).littleEndian) { Array($0) } + header
      + Array(repeating: 0, count: data)
  }

  private func expect(
    _ header: String, data: Int = 0, _ problem: SafeTensorsError.Problem, of tensor: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expect(
      file(Array(header.utf8), data: data), problem, of: tensor, sourceLocation: sourceLocation)
  }

  private func expect(
    _ bytes: [UInt8], _ problem: SafeTensorsError.Problem, of tensor: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = SafeTensorsError(file: "x", tensor: tensor, problem: problem)
    #expect(throws: error, sourceLocation: sourceLocation) {
      try SafeTensorsFile(bytes: bytes, file: "x")
    }
  }

  /// The header of tensors `a`, `b`, … of bytes at these offsets.
  private func header(_ offsets: [(Int, Int)]) -> String {
    let members = zip("abcdef", offsets).map { name, offsets in
      "\"\(name)\":{\"dtype\":\"U8\",\"shape\":[\(offsets.1 - offsets.0)],"
        + "\"data_offsets\":[\(offsets.0),\(offsets.1)]}"
    }
    return "{\(members.joined(separator: ","))}"
  }

  @Test func `header lengths beyond the file, the format, and counting`() {
    expect([], .truncated(expected: 8, found: 0))
    expect([1, 0, 0, 0, 0, 0, 0], .truncated(expected: 8, found: 7))
    expect(file(Array("{}".utf8), length: 3), .truncated(expected: 11, found: 10))
    expect(
      file(Array("{}".utf8), length: 100_000_000), .truncated(expected: 100_000_008, found: 10))
    for length in [100_000_001, 1 << 62, 1 << 63, UInt64.max] {
      expect(
        file(Array("{}".utf8), length: length),
        .headerTooLarge(found: length, maximum: 100_000_000))
    }
  }

  @Test func `tensors that overlap, leave holes, or do not end with the file`() {
    expect(header([(0, 4), (3, 6)]), data: 6, .overlap(end: 4, next: 3), of: "b")
    expect(header([(0, 4), (0, 4)]), data: 4, .overlap(end: 4, next: 0), of: "b")
    expect(header([(0, 8), (2, 4)]), data: 8, .overlap(end: 8, next: 2), of: "b")
    expect(header([(0, 4), (5, 6)]), data: 6, .gap(end: 4, next: 5), of: "b")
    expect(header([(4, 6), (1, 4)]), data: 6, .gap(end: 0, next: 1), of: "b")
    expect(header([(0, 4)]), data: 5, .wrongDataSize(expected: 4, found: 5))
    expect(header([(0, 4)]), data: 3, .wrongDataSize(expected: 4, found: 3))
    expect(header([(0, .max)]), data: 3, .wrongDataSize(expected: .max, found: 3))
    expect("{}", data: 1, .wrongDataSize(expected: 0, found: 1))
  }

  @Test(arguments: [
    ("-1,0", 41), ("0.0,1", 42), ("0,1e0", 44), ("00,1", 41), ("+0,1", 41), ("0x0,1", 42),
    ("9223372036854775808,1", 41), ("0,99999999999999999999999999", 43), ("\"0\",1", 41),
    ("null,1", 41), ("[0],1", 41), ("0,,1", 43),
  ])
  func `offsets that are not integers`(offsets: String, position: Int) {
    let text = "{\"a\":{\"shape\":[],\"data_offsets\":[\(offsets)],\"dtype\":\"U8\"}}"
    let error = #expect(throws: SafeTensorsError.self) {
      try SafeTensorsFile(bytes: file(Array(text.utf8), data: 1), file: "x")
    }
    guard case .malformedHeader(let offset, _) = error?.problem else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(offset == position)
  }

  @Test func `offsets that turn back or do not fit the shape, shapes beyond counting`() {
    func tensor(_ shape: String, _ offsets: String, _ type: String = "F32") -> String {
      "{\"a\":{\"dtype\":\"\(type)\",\"shape\":[\(shape)],\"data_offsets\":[\(offsets)]}}"
    }
    expect(tensor("1", "4,0"), data: 4, .backwards(begin: 4, end: 0), of: "a")
    expect(tensor("2", "0,4"), data: 4, .wrongByteCount(expected: 8, found: 4), of: "a")
    expect(tensor("0,2", "0,4"), data: 4, .wrongByteCount(expected: 0, found: 4), of: "a")
    let huge = 1 << 62
    expect(tensor("\(huge)", "0,4"), data: 4, .shapeTooLarge([huge]), of: "a")
    expect(tensor("\(huge),2,0", "0,0"), .shapeTooLarge([huge, 2, 0]), of: "a")
    for (type, count, size) in [("F8_E4M3", 4, 4), ("C64", 1, 8), ("F4", 7, 4), ("F6_E2M3", 2, 2)] {
      expect(
        tensor("\(count)", "0,\(size + 1)", type), data: size + 1,
        .wrongByteCount(expected: size, found: size + 1), of: "a")
      let huge = Int.max / 2 + 1
      expect(tensor("\(huge),2", "0,4", type), data: 4, .shapeTooLarge([huge, 2]), of: "a")
    }
  }

  @Test func `names that come twice, also when they are spelled differently`() {
    let entry = "{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}"
    expect("{\"a\":\(entry),\"a\":\(entry)}", .duplicateName, of: "a")
    expect("{\"a\":\(entry),\"\\u0061\":\(entry)}", .duplicateName, of: "a")
    let metadata = "\"__metadata__\":{}"
    expect("{\(metadata),\(metadata)}", .duplicateName, of: "__metadata__")
    expect("{\"__metadata__\":{\"k\":\"\",\"k\":\"\"}}", .duplicateName, of: "__metadata__/k")
  }

  @Test(arguments: [
    "", " ", "{", "[]", "{}x", "{}{}", "{\"a\"}", "{\"a\":1}", "{\"a\":{}}", "{,}",
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[0]}}",
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0]}}",
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0,0]}}",
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"more\":1}}",
    "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}",
    "{\"a\":{\"dtype\":8,\"shape\":[0],\"data_offsets\":[0,0]}}",
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},}",
    "{\"__metadata__\":{\"k\":1}}", "{\"__metadata__\":{\"k\":{}}}", "{\"__metadata__\":[]}",
    "{\"\\x\":1}", "{\"\\u12\":1}", "{\"\\ud800\":1}", "{\"\\ud800\\u0041\":1}", "{\"\\udc00\":1}",
    "{\"a\nb\":1}", "{\"a", "{\"a\\", "{'a':1}", "\u{FEFF}{}",
  ])
  func `JSON that is none, or not that of the format`(text: String) {
    expectMalformed(Array(text.utf8))
  }

  private func expectMalformed(_ header: [UInt8]) {
    let error = #expect(throws: SafeTensorsError.self) {
      try SafeTensorsFile(bytes: file(header), file: "x")
    }
    guard case .malformedHeader(let offset, _) = error?.problem else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect((8...8 + header.count).contains(offset))
  }

  @Test func `depth, lists without end, and bytes that are not UTF-8`() {
    for (open, count) in [("{\"a\":", 200_000), ("[", 1_000_000), ("{\"a\":[", 200_000)] {
      expectMalformed(Array(String(repeating: open, count: count).utf8))
    }
    expectMalformed(Array("{\"a\":{\"shape\":[\(String(repeating: "1,", count: 100_000))".utf8))
    expectMalformed(Array("{\"".utf8) + [0xFF, 0xFE] + Array("\":1}".utf8))
    expectMalformed(Array("{\"".utf8) + [0xC0, 0x80] + Array("\":1}".utf8))
  }

  @Test func `as many tensors and texts are read as a header holds`() throws {
    let entry = "{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}"
    let tensors = (0..<40_000).map { "\"\($0)\":\(entry)" }.joined(separator: ",")
    let texts = (0..<40_000).map { "\"\($0)\":\"\"" }.joined(separator: ",")
    let header = "{\(tensors),\"__metadata__\":{\(texts)}}"
    let file = try SafeTensorsFile(bytes: file(Array(header.utf8)), file: "x")
    #expect(file.tensors.count == 40_000 && file.metadata.count == 40_000)
  }

  @Test func `every file cut short is refused, mutated ones are read or refused`() throws {
    let original = try fixtureBytes("safetensors/types.safetensors")
    for count in original.indices {
      #expect(throws: SafeTensorsError.self) {
        try SafeTensorsFile(bytes: Array(original.prefix(count)), file: "x")
      }
    }
    var generator = SeededGenerator(seed: 61)
    for name in ["types", "names"] {
      let original = try fixtureBytes("safetensors/\(name).safetensors")
      for _ in 0..<3000 {
        do {
          let file = try SafeTensorsFile(bytes: original.mutated(using: &generator), file: "x")
          for tensor in file.tensors { _ = tensor.withBytes { $0.reduce(0, ^) } }
        } catch let error as SafeTensorsError {
          #expect(!error.description.contains("\n"))
        }
      }
    }
  }

  @Test func `messages stay on one line and name the tensor`() {
    let overlap = SafeTensorsError(file: "a", tensor: "w", problem: .overlap(end: 4, next: 3))
    #expect(
      overlap.description
        == "a: w: begins at data byte 3, expected 4: it overlaps the tensor before it")
    let type = SafeTensorsError(file: "a", tensor: "x\n\u{1B}\u{2028}[2J", problem: .duplicateName)
    #expect(type.description == "a: x\u{FFFD}\u{FFFD}\u{FFFD}[2J: duplicate name")
  }
}
