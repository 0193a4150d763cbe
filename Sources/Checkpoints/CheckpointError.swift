import Formats

/// A checkpoint that cannot be read, written or used.
///
/// Damage of the archive is a `ZipError`, damage of its pickle a `PickleError`, both of `Formats`.
public struct CheckpointError: Error, Equatable, CustomStringConvertible {
  /// The file.
  public let file: String
  /// The location in the file: a member of the archive, or the path of keys to a value.
  public let location: String?
  /// What is wrong.
  public let problem: Problem

  /// Creates an error.
  public init(file: String, location: String?, problem: Problem) {
    self.file = file
    self.location = location
    self.problem = problem
  }

  /// Creates an error about the value at a path of keys.
  init(file: String, path: [String], problem: Problem) {
    let shown = path.count > 20 ? path.prefix(10) + ["…"] + path.suffix(5) : path[...]
    self.init(
      file: file, location: path.isEmpty ? nil : shown.map(\.oneLine).joined(separator: "/"),
      problem: problem)
  }

  /// What can be wrong with a checkpoint.
  public enum Problem: Error, Equatable {
    /// Not a zip archive, PyTorch's older format or safetensors, by its first bytes.
    case notACheckpoint(firstBytes: [UInt8])
    /// A zip archive without exactly one `<folder>/data.pkl`; its members.
    case noDataPickle(members: [String])
    /// A byte order other than `little` and `big`.
    case unsupportedByteOrder(String)
    /// A pickled tensor or storage that PyTorch would not write.
    case malformedTensor(expected: String)
    /// Elements of a type that is not read or written.
    case unsupportedElementType(String)
    /// Two tensors that describe their shared storage differently.
    case conflictingStorage(key: String)
    /// A storage whose size in bytes is not what its tensors declare.
    case wrongStorageSize(expected: Int, found: UInt64)
    /// A shape, strides or an offset that are negative, too large or of different rank.
    case malformedView(shape: [Int], strides: [Int], offset: Int)
    /// A tensor with elements beyond the end of its storage; numbers of elements.
    case viewBeyondStorage(expected: Int, found: Int)
    /// Tensors that repeat the elements of their storages too often to be written one by one.
    case tooManyRepeats
    /// A key of a storage that is too long; its number of bytes.
    case keyTooLong(Int)
    /// A dictionary with a duplicate key.
    case duplicateKey(String)
    /// The file has more or fewer bytes than its content.
    case wrongByteCount(expected: Int, found: Int)
    /// No dictionary of tensors.
    case noWeights(keys: [String])
    /// Several dictionaries of tensors that may be meant.
    case severalWeights(choices: [String])
    /// No dictionary of tensors but some that may be those of an optimizer, a loss or the like.
    case doubtfulWeights(choices: [String])
    /// No dictionary of tensors of the name that was asked for.
    case noSuchWeights(name: String, choices: [String])
    /// Not a dictionary, or an empty one.
    case noDictionary(found: String)
    /// Weights of another network: names that are missing or unexpected, other shapes, and values that
    /// cannot be used as weights with what they are.
    case mismatch(
      missing: [String], unexpected: [String], shapes: [ShapeMismatch], unusable: [String] = [])
    /// A weight that is NaN or infinite, or a variance below 0; the value, and the index of the element.
    case unusableWeight(value: Float, index: Int)
    /// A count of batches that is not in 0...2^48.
    case unusableCount(found: String)
    /// A value for a safetensors file that is not a named tensor.
    case notATensor
    /// A value among weights that is not a named tensor; what it is.
    case notAWeight(found: String)
    /// A value that was read without being interpreted and cannot be written.
    case opaqueValue(String)
  }

  /// A tensor whose shape differs from that of the network.
  public struct ShapeMismatch: Equatable, Sendable {
    /// The tensor's name.
    public var name: String
    /// The network's shape.
    public var expected: [Int]
    /// The file's shape.
    public var found: [Int]

    /// Creates a mismatch.
    public init(name: String, expected: [Int], found: [Int]) {
      self.name = name
      self.expected = expected
      self.found = found
    }
  }

  public var description: String {
    "\(file): \(location.map { "\($0): " } ?? "")\(problem)".withoutControlCharacters
  }
}

extension CheckpointError.Problem: CustomStringConvertible {
  /// The limit on keys of entries that are read and on those of storages, in bytes; more than any
  /// network needs.
  static let maximumKeyByteCount = 1024

  public var description: String {
    switch self {
    case .notACheckpoint(let bytes):
      "neither a PyTorch nor a safetensors file: "
        + (bytes.isEmpty
          ? "an empty file" : "begins with the bytes " + bytes.hexadecimal(separator: " "))
    case .noDataPickle(let members):
      "not a PyTorch checkpoint: expected one folder with data.pkl in the archive, found "
        + (members.isEmpty ? "nothing" : members.listed(limit: 3))
        + "; if one of these is the checkpoint, unpack the archive and name that file"
    case .unsupportedByteOrder(let name): "byte order \"\(name.oneLine)\", expected little or big"
    case .malformedTensor(let expected): "not a tensor as PyTorch writes it: expected \(expected)"
    case .unsupportedElementType(let name):
      "elements of \(name.oneLine), a type that is not supported"
    case .conflictingStorage(let key): "the tensors describe storage \(key.oneLine) differently"
    case .wrongStorageSize(let expected, let found):
      "a storage of \(found) bytes, its tensors need \(expected)"
    case .malformedView(let shape, let strides, let offset):
      "impossible shape \(shape), strides \(strides) or offset \(offset)"
    case .viewBeyondStorage(let expected, let found):
      "reaches to element \(expected) of a storage of \(found)"
    case .tooManyRepeats:
      "the tensors repeat the elements of smaller storages too often to be written one by one; "
        + "PyTorch's format keeps the storages, or choose a dictionary with --weights"
    case .keyTooLong(let count):
      "a key of \(count) bytes, at most \(Self.maximumKeyByteCount) are read"
    case .duplicateKey(let key): "duplicate key \(key.oneLine)"
    case .wrongByteCount(let expected, let found): "expected \(expected) bytes, found \(found)"
    case .noWeights(let keys):
      "no dictionary of tensors; found the keys \(keys.listed()), expected a state dictionary under "
        + "any of them"
    case .severalWeights(let choices):
      "\(choices.count) dictionaries of tensors may be meant: \(choices.listed()); choose one with "
        + "--weights"
    case .doubtfulWeights(let choices):
      "no dictionary of tensors is surely a network's, since their keys are those of lists, numbers, "
        + "optimizers or losses; found \(choices.listed()); choose one with --weights"
    case .noSuchWeights(let name, let choices):
      "--weights \(name.oneLine): no dictionary of tensors has this name; found "
        + (choices.isEmpty ? "none" : choices.listed())
    case .noDictionary(let found): "holds \(found.oneLine), expected a dictionary of tensors"
    case .mismatch: "other weights than the network's: \(differences)"
    case .unusableWeight(let value, let index):
      "element \(index) is \(value), with which a network cannot predict; the checkpoint is at fault: "
        + "its training diverged or it is damaged"
    case .unusableCount(let found):
      "not a tensor with a count: expected one of at most 2^48, found \(found.oneLine)"
    case .notATensor: "not a named tensor; weights and safetensors files contain only those"
    case .notAWeight(let found):
      "not a named tensor but \(found); weights contain only those"
    case .opaqueValue(let name): "\(CheckpointValue.opaque(name).kind) cannot be written"
    }
  }

  /// What a mismatch consists of, without more words.
  var differences: String {
    guard case .mismatch(let missing, let unexpected, let others, let unusable) = self else {
      return ""
    }
    let shapes = others.map { "\($0.name) \($0.found), expected \($0.expected)" }
    let kinds = [
      ("missing", missing), ("not expected", unexpected), ("of another shape", shapes),
      ("not usable", unusable),
    ]
    return kinds.filter { !$0.1.isEmpty }.map { "\($0.1.count) \($0.0): \($0.1.listed())" }
      .joined(separator: "; ")
  }
}
