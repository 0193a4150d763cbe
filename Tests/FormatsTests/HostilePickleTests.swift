import Formats
import Foundation
import TestSupport
import Testing

/// Pickles that try to run code, or to take more memory than their size justifies.
struct HostilePickleTests {
  private func expect(
    _ bytes: [UInt8], _ expected: PickleError.Problem, at offset: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = PickleError(file: "x.pkl", offset: offset, problem: expected)
    #expect(throws: error, sourceLocation: sourceLocation) {
      try PickleReader.value(of: bytes, file: "x.pkl")
    }
  }

  /// A pickle of protocol 2 from texts and bytes.
  private func pickle(_ parts: [UInt8]...) -> [UInt8] {
    [0x80, 2] + parts.joined()
  }

  private func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// The objects in a value, and the names in it that stand alone.
  private func names(in value: PickleValue) -> [PickleGlobal] {
    switch value {
    case .list(let parts), .tuple(let parts): return parts.flatMap(names)
    case .dictionary(let items): return items.flatMap { names(in: $0.key) + names(in: $0.value) }
    case .global(let name): return [name]
    case .persistent(let identifier): return names(in: identifier)
    case .object(let object):
      let parts = object.arguments + object.elements + (object.state.map { [$0] } ?? [])
      let items = object.items.flatMap { [$0.key, $0.value] }
      return [object.callee] + (parts + items).flatMap(names)
    case .none, .bool, .int, .largeInteger, .float, .string, .surrogates, .bytes, .cycle, .omitted:
      return []
    }
  }

  /// The values in a value, its levels, and what was left out of it.
  private func size(
    of value: PickleValue
  ) -> (count: Int, height: Int, omissions: [PickleOmission]) {
    let parts: [PickleValue]
    switch value {
    case .list(let elements), .tuple(let elements): parts = elements
    case .dictionary(let items): parts = items.flatMap { [$0.key, $0.value] }
    case .object(let object):
      parts =
        object.arguments + object.elements + object.items.flatMap { [$0.key, $0.value] }
        + (object.state.map { [$0] } ?? [])
    case .omitted(let omission): return (1, 0, [omission])
    default: parts = []
    }
    return parts.reduce(into: (1, 0, [])) { whole, part in
      let size = size(of: part)
      whole.0 += size.count
      whole.1 = max(whole.1, size.height + 1)
      whole.2 += size.omissions
    }
  }

  /// The most values in what a pickle of this size describes: those that it holds, and as many more as
  /// references may add.
  private func maximumCount(_ bytes: [UInt8]) -> Int { 1 << 18 + 2 * bytes.count }

  @Test(arguments: [
    ("os-system-2", "posix.system"), ("os-system-4", "posix.system"),
    ("eval-2", "builtins.eval"), ("eval-4", "builtins.eval"),
    ("popen-2", "subprocess.Popen"), ("popen-4", "subprocess.Popen"),
    ("nested-2", "posix.system"), ("nested-4", "posix.system"),
  ])
  func `calls that Python pickles are described, and nothing is understood of them`(
    name: String, function: String
  ) throws {
    let value = try PickleReader.value(contentsOf: fixture("pickle/\(name).pkl"))
    let called = names(in: value).filter { $0.description == function }
    #expect(called.count == 1)
    #expect(!PickleGlobal.known.contains(called[0]))
    #expect(throws: NumPyError.self) { try NumPyArray(pickled: value, file: name) }
  }

  /// Every way in which a pickle calls a function to have a file made; the file must not appear.
  @Test func `no form of a call is made`() throws {
    let folder = try TemporaryFolder()
    let mark = folder.file("mark").path
    func text(_ text: String) -> [UInt8] {
      let count = withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { Array($0) }
      return ascii("X") + count + ascii(text)
    }
    let command = text("touch \(mark)")
    let call = ascii("cos\nsystem\n")
    let code = text("__import__('os').system('touch \(mark)')")
    let getattr = ascii("cbuiltins\ngetattr\n") + ascii("cbuiltins\n__import__\n") + text("os")
    let forms: [[UInt8]] = [
      call + command + [0x85] + ascii("R."),  // REDUCE
      ascii("cbuiltins\neval\n") + code + [0x85] + ascii("R."),
      ascii("c__builtin__\nexec\n") + code + [0x85] + ascii("R."),
      text("os") + text("system") + [0x93] + command + [0x85] + ascii("R."),  // STACK_GLOBAL
      call + command + [0x85, 0x81] + ascii("."),  // NEWOBJ
      call + command + [0x85] + ascii("}") + [0x92] + ascii("."),  // NEWOBJ_EX
      ascii("(") + call + command + ascii("o."),  // OBJ
      ascii("(") + command + ascii("ios\nsystem\n."),  // INST
      getattr + [0x86] + ascii("R") + command + [0x85] + ascii("R."),
      ascii("cbuiltins\ngetattr\n") + ascii("ccollections\nabc\n") + text("sys") + [0x86]
        + ascii("R")
        + command + [0x85] + ascii("R."),
      ascii("ccopyreg\n_reconstructor\n") + call + command + ascii("N") + [0x87] + ascii("R."),
      ascii("ccopyreg\n__newobj__\n") + call + command + [0x86] + ascii("R."),
      ascii("cfunctools\npartial\n") + call + [0x85] + ascii("R") + command + [0x85] + ascii("R."),
      ascii("c__main__\nA\n)") + [0x81] + call + command + [0x85] + ascii("Rb."),  // BUILD
      ascii("]") + call + command + [0x85] + ascii("Ra."),
      [0x82, 7] + command + [0x85] + ascii("R."),  // EXT1
      [0x83, 7, 1] + command + [0x85] + ascii("R."),
      [0x84, 7, 1, 0, 0] + command + [0x85] + ascii("R."),
      ascii("Pos.system\n."),  // PERSID
      call + command + [0x85] + ascii("RQ."),  // BINPERSID
    ]
    for form in forms {
      _ = try PickleReader.value(of: pickle(form), file: "x.pkl")
      #expect(!FileManager.default.fileExists(atPath: mark))
    }
  }

  @Test func `names that differ from known ones are not understood`() throws {
    for lines in [
      "os\nsystem", "builtins\neval", "torch.storage\n_load_from_bytes", "numpy\nload",
      "collections\nOrderedDict.fromkeys", "torch._utils\n_rebuild_tensor_v4",
      "torch\nFloatStorage ",
    ] {
      let value = try PickleReader.value(of: pickle(ascii("c\(lines)\n.")), file: "x.pkl")
      guard case .global(let name) = value else {
        Issue.record("\(lines): no name")
        continue
      }
      #expect(!PickleGlobal.known.contains(name))
    }
    // A class in a class, as protocol 2 names it, is never a known name.
    let inner = ascii("cbuiltins\ngetattr\ncos\npath\nX\u{4}\0\0\0join") + [0x86] + ascii("R.")
    let name = PickleGlobal("os", "path.join")
    #expect(try PickleReader.value(of: pickle(inner), file: "x.pkl") == .global(name))
  }

  @Test func `names are bounded, since they are compared for each reference`() {
    let long = String(repeating: "n", count: 1024)
    expect(
      pickle(ascii("c\(long)\nn\n.")), .tooLarge(what: "bytes in a name", maximum: 1024), at: 2)
  }

  @Test func `calls that share their arguments do not multiply them`() throws {
    // 20,000 calls of a known name, or of an unknown one, with the same 20,000 arguments.
    let count = 20_000
    let arguments = ascii("(") + Array(repeating: UInt8(ascii: "N"), count: count) + ascii("tq\0")
    for (callee, opcodes) in [
      ("a\nB", ascii("R")), ("a\nB", ascii("}") + [0x92]), ("numpy\nndarray", ascii("R")),
    ] {
      let calls = Array(repeating: ascii("h\u{1}h\0") + opcodes + ascii("a"), count: count).joined()
      let name = ascii("c\(callee)\nq\u{1}")
      let bytes = pickle(arguments, ascii("0"), name, ascii("0]"), Array(calls), ascii("."))
      let size = size(of: try PickleReader.value(of: bytes, file: "x.pkl"))
      // References that are followed are counted, twice as many as values.
      #expect(size.count <= 2 * maximumCount(bytes))
      #expect(size.omissions.contains(.repetition))
    }
  }

  @Test func `what is nested too deeply is left out where it is, and its neighbors stay`() throws {
    // 60,000 lists in one another beside a number, in a list or as the state of an object.
    let deep =
      Array(repeating: UInt8(ascii: "]"), count: 60_000)
      + Array(repeating: UInt8(ascii: "a"), count: 59_999)
    for bytes in [
      pickle(ascii("]("), deep, ascii("K\u{7}e.")),
      pickle(ascii("ca\nB\n)"), [0x81], ascii("("), deep, ascii("K\u{7}tb.")),
    ] {
      let value = try PickleReader.value(of: bytes, file: "x.pkl")
      let size = size(of: value)
      #expect(size.height <= 251 && size.omissions == [.nesting])
      let parts: PickleValue? = if case .object(let object) = value { object.state } else { value }
      switch parts {
      case .list(let parts)?, .tuple(let parts)?: #expect(parts.last == .int(7))
      default: Issue.record("\(bytes.count) bytes: no parts")
      }
    }
  }

  @Test func `a value stays where it is nearest to the root, whatever else refers to it`() throws {
    // A list in a deep chain that comes first, and again beside the chain.
    let chain =
      Array(repeating: UInt8(ascii: "]"), count: 300) + ascii("]q\0K\u{7}a")
      + Array(repeating: UInt8(ascii: "a"), count: 300)
    let value = try PickleReader.value(
      of: pickle(ascii("]("), chain, ascii("h\0e.")), file: "x.pkl")
    guard case .list(let parts) = value else {
      Issue.record("no list")
      return
    }
    #expect(parts.last == .list([.int(7)]))
    #expect(size(of: value).omissions == [.nesting])
  }

  @Test func `the result of a call is not called`() {
    let call = ascii("ccollections\nOrderedDict\n)R")
    expect(pickle(call, ascii(")R.")), .forbiddenCall, at: 2 + call.count + 1)
    expect(pickle(ascii("N)R.")), .forbiddenCall, at: 4)
    expect(pickle(ascii("X\u{4}\0\0\0eval)R.")), .forbiddenCall, at: 12)
  }

  @Test func `a memo bomb is counted, not expanded`() throws {
    // Each list holds the one before ten times: 10^12 values in 300 bytes.
    var bytes = ascii("(]q\0")
    for level in UInt8(1)...12 {
      bytes += ascii("](") + Array(repeating: [UInt8(ascii: "h"), level - 1], count: 10).joined()
      bytes += ascii("e") + [UInt8(ascii: "q"), level]
    }
    let bomb = pickle(bytes, ascii("1h\u{C}."))
    let size = size(of: try PickleReader.value(of: bomb, file: "x.pkl"))
    #expect(size.count <= maximumCount(bomb) && size.omissions.contains(.repetition))
  }

  @Test func `text that many references repeat is counted by its length`() throws {
    // A program that writes each reference would write 2 GB.
    let text = ascii("X") + [0, 0, 1, 0] + Array(repeating: UInt8(ascii: "a"), count: 1 << 16)
    let references = Array(repeating: ascii("h\0"), count: 1 << 15).joined()
    let bytes = pickle(ascii("]("), text, ascii("q\0"), Array(references), ascii("e."))
    let value = try PickleReader.value(of: bytes, file: "x.pkl")
    guard case .list(let parts) = value else {
      Issue.record("no list")
      return
    }
    let length = parts.reduce(0) { $0 + ($1.text?.utf8.count ?? 0) }
    #expect(length <= 16 * maximumCount(bytes))
    #expect(parts.first?.text?.utf8.count == 1 << 16 && parts.last == .omitted(.repetition))
  }

  @Test func `random graphs of lists describe bounded values`() throws {
    var generator = SeededGenerator(seed: 17)
    for _ in 0..<60 {
      var bytes = ascii("](")
      let count = Int.random(in: 2...200, using: &generator)
      for index in 0..<count {
        bytes += ascii("](")
        for _ in 0..<Int.random(in: 0...12, using: &generator) where index > 0 {
          bytes += [UInt8(ascii: "h"), UInt8(Int.random(in: 0..<index, using: &generator))]
        }
        bytes += ascii("e") + [UInt8(ascii: "q"), UInt8(index)]
      }
      bytes += ascii("e.")
      let size = size(of: try PickleReader.value(of: pickle(bytes), file: "x.pkl"))
      #expect(size.count <= maximumCount(bytes))
      // Twice the limit, where what is shared is nested in what is shared.
      #expect(size.height <= 501)
    }
  }

  @Test func `depth is bounded on the way and through the memo`() throws {
    // Each list is complete before the next one contains it: 250 levels without nested opcodes.
    var chain = ascii("]q\0")
    for level in UInt8(1)...250 { chain += ascii("]h") + [level - 1] + ascii("aq") + [level] }
    let all = (UInt8(0)...250).flatMap { [UInt8(ascii: "h"), $0] }
    expect(
      pickle(chain, ascii("]("), all, ascii("e.")),
      .wrongOperand(
        expected: "exactly one value at the end"), at: chain.count + all.count + 5)
    expect(
      pickle(ascii("]("), chain, ascii("1]("), all, ascii("e.")),
      .wrongOperand(
        expected: "exactly one value at the end"), at: chain.count + all.count + 8)
    let value = try PickleReader.value(
      of: pickle(ascii("("), chain, ascii("1]("), all, ascii("e.")), file: "x.pkl")
    #expect(size(of: value).height <= 501)
  }

  /// A byte of a file must not take unbounded memory.
  @Test func `values and entries of the memo are bounded by the size of the file`() throws {
    let limit = 1 << 18
    let lists = pickle(Array(repeating: UInt8(ascii: "]"), count: 600_000))
    let maximum = limit + lists.count / 2
    expect(lists, .tooLarge(what: "values", maximum: maximum), at: 2 + maximum)
    // What takes no memory of its own may be as much as there are bytes.
    for opcodes in ["N", "\u{88}", "\u{89}", ")", "K\u{5}"] {
      let opcodes = opcodes.unicodeScalars.map { UInt8($0.value) }
      let many = Array(repeating: opcodes, count: 600_000).joined()
      let value = try PickleReader.value(
        of: pickle(ascii("]("), Array(many), ascii("e.")), file: "x.pkl")
      #expect(size(of: value).count == 600_001)
    }
    // With limits that do not grow with the file.
    let few = PickleLimits(valueCount: 100)
    for opcodes in ["N", "(", "]q\0", "]2", "r\u{1}\0\0\0"] {
      let many = Array(repeating: ascii(opcodes), count: 200).joined()
      #expect(throws: PickleError.self) {
        try PickleReader.value(of: pickle(ascii("]"), Array(many)), file: "x.pkl", limits: few)
      }
    }
    var memo = ascii("]")
    for index in 0..<200 { memo += ascii("q") + [UInt8(index)] }
    let error = #expect(throws: PickleError.self) {
      try PickleReader.value(of: pickle(memo, ascii(".")), file: "x.pkl", limits: few)
    }
    #expect(error?.problem == .tooLarge(what: "values", maximum: 100))
  }

  @Test func `lengths beyond the file`() {
    let huge: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0x40]  // 2^62
    for opcode in [UInt8(0x8D), 0x8E, 0x96] {
      expect(pickle([opcode], huge, ascii("ab.")), .truncated(expected: 1 << 62, found: 3), at: 2)
    }
    expect(pickle([0x95], huge), .truncated(expected: 1 << 62, found: 0), at: 2)
    let most = [UInt8](repeating: 255, count: 8)
    expect(pickle([0x8E], most), .truncated(expected: .max, found: 0), at: 2)
    expect(
      pickle(ascii("X"), [255, 255, 255, 255]), .truncated(expected: 0xFFFF_FFFF, found: 0), at: 2)
    expect(pickle([0x8B], [255, 255, 255, 255]), .wrongOperand(expected: "a length"), at: 2)
  }

  @Test func `integers beyond 64 bits, sets, and values that contain themselves`() throws {
    func value(_ name: String) throws -> PickleValue {
      try PickleReader.value(contentsOf: fixture("pickle/\(name).pkl"))
    }
    #expect(
      try value("big-integer") == .largeInteger(Array(repeating: 0, count: 8) + [1]))
    let set = PickleObject(callee: .set, arguments: [.list([.int(1), .int(2)])])
    #expect(try value("set") == .object(set))
    #expect(try value("cycle") == .list([.cycle]))
    expect(
      pickle([0x8B, 0, 0, 0, 0x40], ascii(".")), .truncated(expected: 1 << 30, found: 1), at: 2)
  }

  @Test func `invalid sequences of opcodes`() {
    expect(ascii("hello"), .unsupportedProtocol(found: UInt8(ascii: "h")), at: 0)
    expect([0x80, 6, UInt8(ascii: "N"), UInt8(ascii: ".")], .unsupportedProtocol(found: 6), at: 0)
    expect(pickle(ascii("N")), .truncated(expected: 1, found: 0), at: 3)
    expect(pickle(ascii(".")), .wrongOperand(expected: "exactly one value at the end"), at: 2)
    expect(pickle(ascii("(N.")), .wrongOperand(expected: "exactly one value at the end"), at: 4)
    expect(pickle(ascii("N.N")), .trailingBytes(1), at: 4)
    expect(pickle(ascii("t")), .wrongOperand(expected: "a mark"), at: 2)
    expect(pickle(ascii("](a")), .wrongOperand(expected: "a value"), at: 4)
    expect(pickle(ascii("NNa")), .wrongOperand(expected: "a list"), at: 4)
    expect(pickle(ascii("}(Nu")), .wrongOperand(expected: "keys and values in pairs"), at: 5)
    expect(pickle(ascii("h\u{1}")), .missingMemo(1), at: 2)
    expect(pickle(ascii("X\u{1}\0\0\0"), [255], ascii(".")), .invalidText, at: 2)
    expect(pickle(ascii("Z1\n.")), .unsupportedOpcode(UInt8(ascii: "Z")), at: 2)
    // The second of these is the first half of a surrogate, the third no UTF-8 around one.
    for text in [[0xED, 0xA0], [0xED, 0xA0, 0x7F], [0xED, 0xA0, 0x80, 255]] as [[UInt8]] {
      expect(
        pickle(ascii("X"), [UInt8(text.count), 0, 0, 0], text, ascii(".")), .invalidText, at: 2)
    }
    expect(pickle(ascii("("), [0x90]), .wrongOperand(expected: "a value"), at: 3)
    expect(pickle(ascii("](N"), [0x90]), .wrongOperand(expected: "a set"), at: 5)
    expect(pickle(ascii("(o")), .wrongOperand(expected: "a class after the mark"), at: 3)
    expect(
      pickle(ascii("ca\nb\nN"), [0x81]), .wrongOperand(expected: "a tuple of arguments"), at: 8)
    expect(pickle(ascii("]Nb")), .wrongOperand(expected: "an object"), at: 4)
    expect(pickle([0x98]), .wrongOperand(expected: "a value"), at: 2)
  }

  @Test func `invalid lines of protocol 0`() {
    let big = "9223372036854775808"
    expect(ascii("(I\(big)\nt."), .wrongOperand(expected: "an integer of at most 64 bits"), at: 1)
    expect(ascii("(L1M\nt."), .wrongOperand(expected: "an integer of at most 64 bits"), at: 1)
    expect(ascii("(F1,5\nt."), .wrongOperand(expected: "a number"), at: 1)
    expect(ascii("(S'a\nt."), .wrongOperand(expected: "a text in quotes"), at: 1)
    expect(ascii("(S'\nt."), .wrongOperand(expected: "a text in quotes"), at: 1)
    for text in [
      "S'\\'", "S'\\x1'", "S'\\1'", "S'\\q'", "V\\u00", "V\\uD800", "V\\U00110000", "V\\u+123",
    ] {
      expect(ascii("(\(text)\nt."), .invalidText, at: 1)
    }
    expect(ascii("(g7\nt."), .missingMemo(7), at: 1)
    expect(ascii("(g-1\nt."), .wrongOperand(expected: "a whole number"), at: 1)
    expect(ascii("(Np\nt."), .wrongOperand(expected: "a whole number"), at: 2)
    expect(ascii("(Nd."), .wrongOperand(expected: "keys and values in pairs"), at: 2)
    expect(ascii("(I1"), .truncated(expected: 2, found: 1), at: 1)
  }

  @Test func `every pickle cut short is refused`() throws {
    for name in ["numpy-0", "numpy-1", "numpy-2", "numpy-4", "python2-cifar"] {
      let bytes = try fixtureBytes("pickle/\(name).pkl")
      for count in bytes.indices {
        #expect(throws: PickleError.self) {
          try PickleReader.value(of: Array(bytes.prefix(count)), file: name)
        }
      }
    }
  }

  @Test func `mutated pickles are read or refused, never a crash`() throws {
    var generator = SeededGenerator(seed: 11)
    for name in [
      "values-0", "numpy-0", "values-2", "values-5", "numpy-2", "numpy-3", "numpy-4",
      "python2-cifar", "numpy-5",
      "objects-2",
      "objects-5", "old-objects",
    ] {
      let original = Array(try fixtureBytes("pickle/\(name).pkl").prefix(1200))
      for _ in 0..<2000 {
        let bytes = original.mutated(using: &generator)
        do {
          let value = try PickleReader.value(of: bytes, file: name)
          for item in value.items ?? [] { _ = try NumPyArray(pickled: item.value, file: name) }
        } catch is PickleError {} catch is NumPyError {}
      }
    }
  }

  @Test func `a message names the file and the byte`() {
    let error = PickleError(file: "a.ckpt", offset: 7, problem: .forbiddenCall)
    #expect(
      error.description
        == "a.ckpt: pickle byte 7: calls something that is not a known class or function")
  }
}
