import Formats
import Foundation
import TestSupport
import Testing

/// Pickles that Python wrote (`Fixtures/make_pickles.py`).
struct PickleReaderTests {
  private func value(_ name: String) throws -> PickleValue {
    try PickleReader.value(contentsOf: fixture("pickle/\(name).pkl"))
  }

  @Test(arguments: 0...5)
  func `values of every kind in every protocol`(version: Int) throws {
    let value = try value("values-\(version)")
    #expect(
      value.items?.map(\.key.text) == [
        "none", "truth", "integers", "floats", "texts", "bytes", "tuples", "nested", "shared",
        "ordered", "long",
      ])
    #expect(value["none"] == PickleValue.none)
    #expect(value["truth"] == .list([.bool(true), .bool(false)]))
    let integers: [Int] = [
      0, 255, 256, 65535, 65536, -1, 1 << 31 - 1, -1 << 31, 1 << 31, .max, .min,
    ]
    #expect(value["integers"] == .list(integers.map(PickleValue.int)))
    #expect(value["floats"] == .list([.float(0.1), .float(.infinity), .float(-0.0)]))
    let texts = ["", "naïve ∑", String(repeating: "x", count: 300)]
    #expect(value["texts"] == .list(texts.map(PickleValue.string)))
    let one = PickleValue.int(1)
    let tuples = [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]].map { $0.map(PickleValue.int) }
    #expect(value["tuples"] == .list(tuples.map(PickleValue.tuple)))
    #expect(value["nested"]?["list"] == .list([.list([]), .list([.list([one])])]))
    #expect(value["nested"]?.items?[1] == PickleItem(key: .int(7), value: .dictionary([])))
    let shared = PickleValue.list([.string("a"), .float(1.5)])
    #expect(value["shared"] == .list([shared, shared]))
    let entries = [
      PickleItem(key: .string("b"), value: one), PickleItem(key: .string("a"), value: .int(2)),
    ]
    #expect(value["ordered"] == .orderedDictionary(entries))
    #expect(value["ordered"]?.items == entries)
    #expect(value["long"] == .list((0..<2500).map(PickleValue.int)))
  }

  @Test(arguments: 0...5)
  func `bytes, which protocols before 3 write as a call`(version: Int) throws {
    guard case .list(let bytes)? = try value("values-\(version)")["bytes"] else {
      Issue.record("no list of bytes")
      return
    }
    #expect(
      bytes.map(\.byteString) == [[0, 255], Array(repeating: UInt8(ascii: "y"), count: 300)])
  }

  @Test func `a text that many calls turn into bytes takes memory once`() throws {
    let call = "c_codecs\nencode\nh\0X\u{6}\0\0\0latin1\u{86}R"
    let pickle = "\u{80}\u{2}X\u{3}\0\0\0a\u{C3}\u{BF}q\0](\(call)\(call)e\u{86}."
      .unicodeScalars.map { UInt8($0.value) }
    guard case .tuple(let parts) = try PickleReader.value(of: pickle, file: "x.pkl"),
      case .list(let values) = parts[1], case .bytes(let first) = values[0],
      case .bytes(let second) = values[1]
    else {
      Issue.record("no list of bytes")
      return
    }
    #expect(first == [UInt8(ascii: "a"), 255] && second == first)
    #expect(first.withUnsafeBytes { $0.baseAddress } == second.withUnsafeBytes { $0.baseAddress })
  }

  @Test(arguments: 0...5)
  func `arrays and numbers of NumPy`(version: Int) throws {
    let value = try value("numpy-\(version)")
    func array(_ key: String) throws -> NumPyArray {
      try NumPyArray(pickled: value[key] ?? .none, file: key)
    }
    #expect(try array("array").shape == [2, 3])
    #expect(try array("array").values(of: Float.self) == [0, 1, 2, 3, 4, 5])
    #expect(try array("big").values(of: Int16.self) == [0, 1, 2, 3, 4, 5])
    #expect(try array("number").shape == [])
    #expect(try array("number").values(of: Double.self) == [0.1])
    #expect(throws: NumPyError(file: "absent", problem: .notAPickledArray)) { try array("absent") }
  }

  @Test(arguments: 2...5)
  func `objects of other kinds are described under their names`(version: Int) throws {
    let value = try value("objects-\(version)")
    func callee(_ key: String) -> String? {
      if case .object(let object)? = value[key] { object.callee.description } else { nil }
    }
    #expect(callee("namespace") == "argparse.Namespace")
    #expect(callee("counter") == "collections.Counter")
    #expect(value["default"]?["a"] == .int(1))
    #expect(["builtins.set", "__builtin__.set"].contains(callee("set")))
    #expect(["builtins.frozenset", "__builtin__.frozenset"].contains(callee("frozen")))
    #expect(["builtins.complex", "__builtin__.complex"].contains(callee("complex")))
    #expect(value["array"] == .bytes(Array("ab".utf8)) && value["empty"] == .bytes([]))
    #expect(value["large"] == .largeInteger(Array(repeating: 0, count: 12) + [0xF0]))
    #expect(value["huge"] == .largeInteger(Array(repeating: 0, count: 500) + [1]))
    #expect(callee("path") == "pathlib.PurePosixPath")
    #expect(callee("registered") == "copyreg.extension 5")
    // Before protocol 4, which has an opcode for it, a partial function is called.
    #expect(
      callee("keywords") == (version < 4 ? "functools.result of a call" : "__main__.Keywords"))
    #expect(callee("inner") == "__main__.Outer.Inner")
    guard case .list(let labels)? = value["labels"] else {
      Issue.record("no labels")
      return
    }
    let numbers = try labels.flatMap { try NumPyArray(pickled: $0, file: "").wholeNumbers() }
    #expect(numbers == [3, 4])
  }

  @Test func `objects of old classes have their names and states`() throws {
    let name = PickleGlobal("__main__", "Old")
    let item = PickleItem(key: .string("a"), value: .int(1))
    let first = PickleObject(
      callee: name, arguments: [.string("a")], state: .dictionary([item]))
    let second = PickleObject(callee: name, arguments: [.string("a")])
    #expect(try value("old-objects") == .list([.object(first), .object(second)]))
  }

  @Test func `a dictionary of CIFAR as Python 2 wrote it`() throws {
    let value = try value("python2-cifar")
    let images = try NumPyArray(pickled: value["data"] ?? .none, file: "data")
    #expect(images.shape == [2, 6])
    #expect(try images.values(of: UInt8.self) == Array(0..<12))
    #expect(value["labels"] == .list([.int(6), .int(9)]))
    #expect(value["batch_label"]?.text == "testing")
  }

  @Test(
    arguments: [
      ("S'a\\x00\\'\\n\\\\\\xff'\n", .bytes(Array("a\0'\n\\".utf8) + [255])),
      ("S\"it's\"\n", .bytes(Array("it's".utf8))), ("S''\n", .bytes([])),
      ("Va\\u000a\\\\u0041\\U0001F600\u{E9}\n", .string("a\n\\\\u0041😀é")),
      ("I-5\n", .int(-5)), ("L12L\n", .int(12)), ("I01\n", .bool(true)),
      ("F-1.5e3\n", .float(-1500)), ("(I1\nI2\nt", .tuple([.int(1), .int(2)])),
    ] as [(String, PickleValue)])
  func `values as Python 2 writes them on lines`(text: String, expected: PickleValue) throws {
    // Put into the memo, popped, and recalled into a list.
    let list = "(lp9\n\(text)p0\n0g0\na.".unicodeScalars.map { UInt8($0.value) }
    #expect(try PickleReader.value(of: list, file: "x.pkl") == .list([expected]))
  }

  @Test func `an empty file and a missing one`() throws {
    #expect(throws: problem(.truncated(expected: 1, found: 0), at: 0)) {
      try PickleReader.value(of: [], file: "x.pkl")
    }
    let missing = fixture("pickle/missing.pkl")
    #expect(throws: FileError.unreadable(missing, ENOENT)) {
      try PickleReader.value(contentsOf: missing)
    }
  }

  private func problem(_ problem: PickleError.Problem, at offset: Int) -> PickleError {
    PickleError(file: "x.pkl", offset: offset, problem: problem)
  }
}

struct PickleWriterTests {
  /// Python pickled the same values (`Fixtures/make_pickles.py`), so that what we read of its file
  /// and of our own rewriting of that must agree.
  @Test(arguments: ["values-2", "numpy-2", "objects-2", "objects-5", "numpy-5", "old-objects"])
  func `what Python wrote comes back the same`(name: String) throws {
    let value = try PickleReader.value(contentsOf: fixture("pickle/\(name).pkl"))
    let bytes = PickleWriter.bytes(of: value)
    #expect(try PickleReader.value(of: bytes, file: name) == value)
    #expect(PickleWriter.bytes(of: value) == bytes)
  }

  /// The opcodes are those that `pickle.dumps(value, 2)` writes, less its memo.
  @Test(arguments: [
    (PickleValue.none, "N"), (.bool(true), "\u{88}"), (.int(5), "K\u{5}"),
    (.int(256), "M\u{0}\u{1}"), (.int(-2), "J\u{FE}\u{FF}\u{FF}\u{FF}"),
    (.int(1 << 32), "\u{8A}\u{8}\0\0\0\0\u{1}\0\0\0"),
    (.float(1), "G\u{3F}\u{F0}\0\0\0\0\0\0"), (.string("ab"), "X\u{2}\0\0\0ab"),
    (.list([]), "]"), (.list([.int(1)]), "](K\u{1}e"), (.tuple([.none, .none]), "NN\u{86}"),
    (.tuple(Array(repeating: .none, count: 4)), "(NNNNt"),
    (.dictionary([PickleItem(key: .int(1), value: .none)]), "}(K\u{1}Nu"),
    (.orderedDictionary([]), "ccollections\nOrderedDict\n)R"),
    (.persistent(.tuple([.none])), "N\u{85}Q"),
  ])
  func `opcodes of protocol 2`(value: PickleValue, opcodes: String) {
    let expected = "\u{80}\u{2}\(opcodes).".unicodeScalars.map { UInt8($0.value) }
    #expect(PickleWriter.bytes(of: value) == expected)
  }

  @Test func `bytes are written as a call and read back as bytes`() throws {
    let bytes: [UInt8] = Array(0...255)
    let pickle = PickleWriter.bytes(of: .bytes(bytes))
    #expect(try PickleReader.value(of: pickle, file: "").byteString == bytes)
  }
}
