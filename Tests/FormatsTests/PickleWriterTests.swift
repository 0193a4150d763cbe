import Formats
import TestSupport
import Testing

struct PickleWriterTests {
  /// Python pickled the same values (`Fixtures/make_pickles.py`), so that what we read of its file
  /// and of our own rewriting of that must agree.
  @Test(arguments: ["values-2", "numpy-2"])
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
