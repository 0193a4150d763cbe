/// Reads the dictionary of an `.npy` header: exactly `descr`, `fortran_order` and `shape`, each once.
struct NumPyHeaderParser {
  let bytes: UnsafeRawBufferPointer
  var position: Int
  let end: Int
  let file: String

  /// The header's three values.
  struct Dictionary {
    var descr: String
    var isFortranOrder: Bool
    var shape: [Int]
  }

  mutating func dictionary() throws -> Dictionary {
    var descr: String?
    var isFortranOrder: Bool?
    var shape: [Int]?
    try expect("{")
    while !accept("}") {
      let key = try text()
      try expect(":")
      switch key {
      case "descr" where descr == nil: descr = try elementDescription()
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try truthValue()
      case "shape" where shape == nil: shape = try extents()
      default: throw malformed("each of 'descr', 'fortran_order' and 'shape' once")
      }
      if !accept(",") {
        try expect("}")
        break
      }
    }
    skipSpaces()
    guard position == end else { throw malformed("the end of the header") }
    guard let descr, let isFortranOrder, let shape else {
      throw malformed("'descr', 'fortran_order' and 'shape'")
    }
    return Dictionary(descr: descr, isFortranOrder: isFortranOrder, shape: shape)
  }

  private mutating func elementDescription() throws -> String {
    guard !accept("[") else {
      throw NumPyError(file: file, problem: .unsupportedType("structure"))
    }
    return try text()
  }

  private mutating func truthValue() throws -> Bool {
    for (word, value) in [("True", true), ("False", false)]
    where bytes[position..<end].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw malformed("True or False")
  }

  private mutating func extents() throws -> [Int] {
    var extents: [Int] = []
    try expect("(")
    while !accept(")") {
      extents.append(try extent())
      if !accept(",") {
        try expect(")")
        break
      }
    }
    return extents
  }

  private mutating func extent() throws -> Int {
    let digits = bytes[position..<end].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 }
    guard let extent = Int(String(decoding: digits, as: UTF8.self)) else {
      throw malformed("the extent of a dimension")
    }
    position += digits.count
    // Python 2 wrote long integers with this suffix.
    _ = accept("L")
    return extent
  }

  private mutating func text() throws -> String {
    skipSpaces()
    guard position < end, [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(bytes[position]) else {
      throw malformed("a quoted text")
    }
    let quote = bytes[position]
    let content = bytes[(position + 1)..<end].prefix { $0 != quote && $0 != UInt8(ascii: "\\") }
    guard content.endIndex < end, bytes[content.endIndex] == quote else {
      throw malformed("the end of a text")
    }
    position = content.endIndex + 1
    skipSpaces()
    return String(decoding: content, as: UTF8.self)
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    guard accept(character) else { throw malformed("\"\(character)\"") }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard position < end, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    skipSpaces()
    return true
  }

  private mutating func skipSpaces() {
    while position < end, " \n\t\r".utf8.contains(bytes[position]) { position += 1 }
  }

  private func malformed(_ expected: String) -> NumPyError {
    NumPyError(file: file, problem: .malformedHeader(offset: position, expected: expected))
  }
}
