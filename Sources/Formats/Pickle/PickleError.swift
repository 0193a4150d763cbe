/// Limits on the contents of a pickle.
public struct PickleLimits: Sendable {
  /// The number of values in the file, and in the result if each reference to a shared value counts.
  public var valueCount: Int
  /// The depth of nested values.
  public var depth: Int

  /// Creates limits.
  public init(valueCount: Int, depth: Int = 100) {
    self.valueCount = valueCount
    self.depth = depth
  }

  /// Limits that admit the labels of an image data set and the checkpoint of any network.
  ///
  /// A value takes at least one byte in a file and about 500 bytes of memory at most. With these limits
  /// the memory stays below 128 MiB plus eight times the size of the file.
  ///
  /// - Parameter byteCount: The size in bytes of the file that contains the pickle.
  public init(fileByteCount byteCount: Int) {
    self.init(valueCount: 1 << 18 + byteCount / 64)
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
    /// A string that is not UTF-8.
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
