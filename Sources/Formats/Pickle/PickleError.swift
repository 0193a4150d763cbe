/// A pickle that is malformed, too large, or asks for more than data.
public struct PickleError: Error, Equatable, CustomStringConvertible {
  /// The file, and the member within it if it is an archive.
  public let file: String
  /// The byte of the pickle where its opcode begins.
  public let offset: Int
  /// What is wrong there.
  public let problem: Problem

  /// An error of this problem at this place.
  public init(file: String, offset: Int, problem: Problem) {
    self.file = file
    self.offset = offset
    self.problem = problem
  }

  /// The ways a pickle can be wrong.
  public enum Problem: Equatable, Sendable {
    /// More bytes needed than are left.
    case truncated(expected: UInt64, found: Int)
    /// Does not begin with the mark of protocols 2 to 5.
    case unsupportedProtocol(found: UInt8)
    /// An opcode that is none, or whose meaning is not data.
    case unsupportedOpcode(UInt8)
    /// A class or function outside the fixed list.
    case forbiddenGlobal(String)
    /// A call of something other than a class or function by name.
    case forbiddenCall
    /// An opcode that finds too little, or something else, on the stack.
    case wrongOperand(expected: String)
    /// A memo entry that was never written.
    case missingMemo(Int)
    /// A whole number beyond 64 bits.
    case integerTooLarge(byteCount: Int)
    /// Text that is not UTF-8.
    case invalidText
    /// A value that contains itself.
    case cycle
    /// More of something than the limits allow.
    case tooLarge(what: String, maximum: Int)
    /// Bytes behind the end of the pickle.
    case trailingBytes(Int)
  }

  public var description: String {
    "\(file): pickle byte \(offset): \(problem.description)"
  }
}

extension PickleError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated(let expected, let found):
      "cut short: expected \(expected) more bytes, found \(found)"
    case .unsupportedProtocol(let found):
      "begins with byte \(found), expected a pickle of protocol 2 to 5"
    case .unsupportedOpcode(let code): "opcode \(code) is not one of plain data"
    case .forbiddenGlobal(let name):
      "asks for \(name.oneLine), which is not on the list of names that are read"
    case .forbiddenCall: "calls something that is not a known class or function"
    case .wrongOperand(let expected): "expected \(expected) on the stack"
    case .missingMemo(let index): "memo entry \(index) was never written"
    case .integerTooLarge(let byteCount): "a whole number of \(byteCount) bytes, expected at most 8"
    case .invalidText: "text that is not UTF-8"
    case .cycle: "a value that contains itself"
    case .tooLarge(let what, let maximum): "more than \(maximum) \(what)"
    case .trailingBytes(let count): "\(count) bytes behind the end"
    }
  }
}
