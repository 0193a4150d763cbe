/// A NumPy array that cannot be read as asked, or written.
public struct NumPyError: Error, Equatable, CustomStringConvertible {
  /// The file, and the member within it if it is an archive.
  public let file: String
  /// What is wrong with it.
  public let problem: Problem

  /// An error of this problem at this place.
  public init(file: String, problem: Problem) {
    self.file = file
    self.problem = problem
  }

  /// The ways an array can be wrong.
  public enum Problem: Equatable, Sendable {
    /// The data does not begin with `\x93NUMPY`.
    case notAnArray
    /// A format version other than 1.0, 2.0 and 3.0.
    case unsupportedVersion(major: UInt8, minor: UInt8)
    /// The header reaches beyond the end of the data.
    case truncatedHeader(expected: Int, found: Int)
    /// The header's dictionary is not what NumPy writes, at this byte of the file.
    case malformedHeader(offset: Int, expected: String)
    /// Elements of this `descr`: objects, structures, texts, times, complex numbers.
    case unsupportedType(String)
    /// The number of bytes of this shape is beyond counting, or it has more than 64 dimensions.
    case shapeTooLarge([Int])
    /// More or fewer bytes of data than the shape needs.
    case wrongByteCount(expected: Int, found: Int)
    /// An array in Fortran order that is larger than half of this machine's memory.
    case tooLargeToReorder(byteCount: Int)
    /// Elements that the requested Swift type does not hold.
    case wrongElementType(requested: String, found: NumPyElementType)
    /// Rows that the array does not have.
    case rowsOutOfRange(requested: Range<Int>, count: Int)
    /// The number of values to write is not that of the shape.
    case wrongValueCount(expected: Int, found: Int)
    /// A pickled object that is not an array as NumPy pickles it.
    case notAPickledArray
  }

  public var description: String { "\(file): \(problem.description)" }
}

extension NumPyError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notAnArray: "not a NumPy array: does not begin with \\x93NUMPY"
    case .unsupportedVersion(let major, let minor):
      "NumPy format \(major).\(minor), expected 1.0, 2.0 or 3.0"
    case .truncatedHeader(let expected, let found):
      "cut short: the header needs \(expected) bytes, found \(found)"
    case .malformedHeader(let offset, let expected): "byte \(offset): expected \(expected)"
    case .unsupportedType(let descr):
      "elements of type \(descr.oneLine), expected whole numbers, floating-point numbers or booleans"
    case .shapeTooLarge(let shape):
      shape.count > NumPyHeader.maximumRank
        ? "\(shape.count) dimensions, at most \(NumPyHeader.maximumRank) are read"
        : "shape \(shape) is too large"
    case .wrongByteCount(let expected, let found):
      "the shape needs \(expected) bytes of data, found \(found)"
    case .tooLargeToReorder(let byteCount):
      "\(byteCount) bytes in Fortran order do not fit in memory; save the array in C order"
    case .wrongElementType(let requested, let found):
      "elements of type \(found.rawValue) do not fit in \(requested)"
    case .rowsOutOfRange(let requested, let count):
      "rows \(requested.lowerBound)..<\(requested.upperBound) requested, found \(count) rows"
    case .wrongValueCount(let expected, let found):
      "the shape needs \(expected) values, found \(found)"
    case .notAPickledArray: "not a pickled NumPy array"
    }
  }
}
