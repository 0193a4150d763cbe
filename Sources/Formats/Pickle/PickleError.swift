/// Limits on the contents of a pickle.
public struct PickleLimits: Sendable {
  /// The number of values on the stack, and of those that further references to shared values add to the
  /// result; 16 bytes of text count as one.
  ///
  /// References that exceed it are left out.
  public var valueCount: Int
  /// The number of values in the pickle other than `None`, truth values, bytes as integers and empty
  /// tuples, which take no memory of their own.
  ///
  /// More are an error.
  public var nodeCount: Int
  /// The depth of nested values.
  ///
  /// What is deeper is left out, twice as deep where values are shared.
  public var depth: Int

  /// Creates limits; by default there are as many values in the pickle as in the result.
  public init(valueCount: Int, nodeCount: Int? = nil, depth: Int = 250) {
    self.valueCount = valueCount
    self.nodeCount = nodeCount ?? valueCount
    self.depth = depth
  }

  /// Limits that admit whatever Python writes: one byte for each value, two for one that takes memory.
  ///
  /// A checkpoint of many numbers takes memory of about ten times its pickle's size, one of nothing but
  /// empty containers up to 150 times.
  ///
  /// - Parameter byteCount: The size in bytes of the pickle, or of the file that contains it.
  public init(fileByteCount byteCount: Int) {
    self.init(valueCount: 1 << 18 + byteCount, nodeCount: 1 << 18 + byteCount / 2)
  }
}

/// A pickle that is malformed or too large.
public struct PickleError: Error, Equatable, CustomStringConvertible {
  /// The file, and the member in it if it is an archive.
  public let file: String
  /// The byte offset in the pickle of the opcode at fault.
  public let offset: Int
  /// What is wrong.
  public let problem: Problem

  /// Creates an error.
  public init(file: String, offset: Int, problem: Problem) {
    self.file = file
    self.offset = offset
    self.problem = problem
  }

  /// What can be wrong with a pickle.
  public enum Problem: Error, Equatable {
    /// The pickle ends early; the number of bytes needed and remaining.
    case truncated(expected: UInt64, found: Int)
    /// Not a pickle of a known protocol, by its first bytes.
    case unsupportedProtocol(found: UInt8)
    /// An opcode that no pickle has.
    case unsupportedOpcode(UInt8)
    /// A call of something other than a named class or function.
    case forbiddenCall
    /// An opcode that needs other values on the stack.
    case wrongOperand(expected: String)
    /// A reference to a memo entry that does not exist.
    case missingMemo(Int)
    /// Text that is not UTF-8, even with surrogates that stand alone.
    case invalidText
    /// More of something than `PickleLimits` allows.
    case tooLarge(what: String, maximum: Int)
    /// Bytes after the end of the pickle.
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
      "truncated: expected \(expected) more bytes, found \(found)"
    case .unsupportedProtocol(let found):
      "begins with byte \(found), expected a pickle of protocol 0 to 5"
    case .unsupportedOpcode(let code): "opcode \(code) is none of the protocols 0 to 5"
    case .forbiddenCall: "calls something that is not a known class or function"
    case .wrongOperand(let expected): "expected \(expected) on the stack"
    case .missingMemo(let index): "memo entry \(index) does not exist"
    case .invalidText: "a string that is not UTF-8"
    case .tooLarge(let what, let maximum): "more than \(maximum) \(what)"
    case .trailingBytes(let count): "\(count) bytes after the end"
    }
  }
}
