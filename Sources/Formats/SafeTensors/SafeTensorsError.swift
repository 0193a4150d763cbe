/// A safetensors file that cannot be read or written.
public struct SafeTensorsError: Error, Equatable, CustomStringConvertible {
  /// The file.
  public let file: String
  /// The tensor at fault, if it is one.
  public let tensor: String?
  /// What is wrong.
  public let problem: Problem

  /// An error of this problem at this place.
  public init(file: String, tensor: String?, problem: Problem) {
    self.file = file
    self.tensor = tensor
    self.problem = problem
  }

  /// The ways a file can be wrong.
  public enum Problem: Equatable, Sendable {
    /// The file ends within the header or before it.
    case truncated(expected: UInt64, found: Int)
    /// A header longer than the format allows.
    case headerTooLarge(found: UInt64, maximum: Int)
    /// The header is not the JSON of the format, at this byte of the file.
    case malformedHeader(offset: Int, expected: String)
    /// A name that comes twice.
    case duplicateName
    /// More of something than is read.
    case tooMany(String, maximum: Int)
    /// Elements of a type that is not read.
    case unsupportedType(String)
    /// The number of bytes of this shape is beyond counting.
    case shapeTooLarge([Int])
    /// A tensor that ends before it begins.
    case backwards(begin: Int, end: Int)
    /// More or fewer bytes than the shape needs.
    case wrongByteCount(expected: Int, found: Int)
    /// Bytes of the data before this tensor that belong to none.
    case hole(end: Int, next: Int)
    /// A tensor that begins before the one ahead of it ends.
    case overlap(end: Int, next: Int)
    /// More or fewer bytes of data than all tensors take.
    case wrongDataSize(expected: Int, found: Int)
    /// A name that the format keeps for itself.
    case reservedName
  }

  public var description: String {
    "\(file): \(tensor.map { "\($0.oneLine): " } ?? "")\(problem.description)"
  }
}

extension SafeTensorsError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated(let expected, let found):
      "cut short: the header needs \(expected) bytes, found \(found)"
    case .headerTooLarge(let found, let maximum):
      "a header of \(found) bytes, expected at most \(maximum)"
    case .malformedHeader(let offset, let expected):
      "byte \(offset): expected \(expected.oneLine)"
    case .duplicateName: "the name comes twice"
    case .tooMany(let what, let maximum): "more than \(maximum) \(what)"
    case .unsupportedType(let name):
      "elements of \(name.oneLine), expected one of "
        + SafeTensorElementType.allCases.map(\.rawValue).joined(separator: ", ")
    case .shapeTooLarge(let shape): "shape \(shape) is too large"
    case .backwards(let begin, let end): "ends at data byte \(end), before it begins at \(begin)"
    case .wrongByteCount(let expected, let found):
      "the shape needs \(expected) bytes, found \(found)"
    case .hole(let end, let next):
      "begins at data byte \(next), expected \(end): the bytes between belong to no tensor"
    case .overlap(let end, let next):
      "begins at data byte \(next), expected \(end): it overlaps the tensor before it"
    case .wrongDataSize(let expected, let found):
      "the tensors take \(expected) bytes of data, found \(found)"
    case .reservedName: "the name is the format's own"
    }
  }
}
