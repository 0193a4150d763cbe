import Formats

/// A checkpoint that cannot be read, written or used.
///
/// Damage of the archive and of the pickle in it are a `ZipError` and a `PickleError` of `Formats`.
public struct CheckpointError: Error, Equatable, CustomStringConvertible {
  /// The file.
  public let file: String
  /// The place in the file: a member of the archive, or the names on the way to a value.
  public let place: String?
  /// What is wrong there.
  public let problem: Problem

  /// An error of this problem at this place.
  public init(file: String, place: String?, problem: Problem) {
    self.file = file
    self.place = place
    self.problem = problem
  }

  /// A problem with the value that the names of `path` lead to.
  init(file: String, path: [String], problem: Problem) {
    self.init(
      file: file, place: path.isEmpty ? nil : path.map(\.oneLine).joined(separator: "/"),
      problem: problem)
  }

  /// The ways a checkpoint can be wrong.
  public enum Problem: Error, Equatable {
    /// Neither a zip archive, PyTorch's older format nor safetensors, by its first bytes.
    case notACheckpoint(firstBytes: [UInt8])
    /// A zip archive without one `<folder>/data.pkl`.
    case noDataPickle
    /// A byte order that is neither `little` nor `big`.
    case unsupportedByteOrder(String)
    /// A pickled tensor or storage that is not as PyTorch writes it.
    case malformedTensor(expected: String)
    /// Elements of a type that this module does not read.
    case unsupportedScalarType(String)
    /// Two tensors that describe their common storage differently.
    case conflictingStorage(key: String)
    /// A storage that is compressed, which PyTorch never does.
    case compressedStorage
    /// A storage of another size than its tensors say.
    case wrongStorageSize(expected: Int, found: UInt64)
    /// Extents or strides that are negative, too large, or not one for each dimension.
    case malformedView(shape: [Int], strides: [Int], offset: Int)
    /// A tensor with elements behind the end of its storage.
    case viewBeyondStorage(expected: Int, found: Int)
    /// A tensor that repeats its storage's elements too often.
    case viewTooLarge(count: Int, maximum: Int)
    /// Tensors that together repeat the file's storages too often.
    case tooManyRepeats(maximumByteCount: Int)
    /// The name of an entry or of a storage with this many bytes.
    case keyTooLong(Int)
    /// A dictionary in which a key comes twice.
    case duplicateKey(String)
    /// The file ends early, or goes on behind its end.
    case wrongByteCount(expected: Int, found: Int)
    /// No dictionary of tensors at any of the places where PyTorch users keep it.
    case noWeights(keys: [String])
    /// No dictionary at all, or an empty one.
    case noDictionary(found: String)
    /// Weights that are not the network's.
    case mismatch(
      missing: [String], unexpected: [String], misshapen: [StateDictionary.Misshapen])
    /// A value other than a named tensor among weights, or for a safetensors file.
    case notATensor
    /// A value that was read without being understood, and cannot be written.
    case opaqueValue(String)
  }

  public var description: String {
    "\(file): \(place.map { "\($0.withoutControlCharacters): " } ?? "")\(problem.description)"
  }
}

extension CheckpointError.Problem: CustomStringConvertible {
  /// The longest name of an entry or storage, far beyond any of a network's.
  static let maximumKeyByteCount = 1024

  public var description: String {
    switch self {
    case .notACheckpoint(let bytes):
      "neither a PyTorch nor a safetensors file: "
        + (bytes.isEmpty ? "an empty file" : "begins with the bytes \(hexadecimal(bytes))")
    case .noDataPickle: "not a PyTorch checkpoint: expected one folder with data.pkl in the archive"
    case .unsupportedByteOrder(let name): "byte order \"\(name.oneLine)\", expected little or big"
    case .malformedTensor(let expected): "not a tensor as PyTorch writes it: expected \(expected)"
    case .unsupportedScalarType(let name): "elements of \(name.oneLine), which is not read"
    case .conflictingStorage(let key): "storage \(key.oneLine) is described in two ways"
    case .compressedStorage: "a compressed storage; save the checkpoint with torch.save"
    case .wrongStorageSize(let expected, let found):
      "a storage of \(found) bytes, its tensors need \(expected)"
    case .malformedView(let shape, let strides, let offset):
      "impossible shape \(shape), strides \(strides) or offset \(offset)"
    case .viewBeyondStorage(let expected, let found):
      "reaches to element \(expected) of a storage of \(found)"
    case .viewTooLarge(let count, let maximum):
      "\(count) elements that repeat a smaller storage, at most \(maximum) are read"
    case .tooManyRepeats(let maximum):
      "with the tensors before it more than \(maximum) bytes, which repeat the file's storages"
    case .keyTooLong(let count):
      "a key of \(count) bytes, at most \(Self.maximumKeyByteCount) are read"
    case .duplicateKey(let key): "the key \(key.oneLine) comes twice"
    case .wrongByteCount(let expected, let found): "expected \(expected) bytes, found \(found)"
    case .noWeights(let keys):
      "no dictionary of tensors; found the keys \(listed(keys)), expected classifier_state_dict, "
        + "state_dict or model"
    case .noDictionary(let found): "holds \(found.oneLine), expected a dictionary of tensors"
    case .mismatch(let missing, let unexpected, let misshapen):
      "other weights than the network's: "
        + mismatch(missing, unexpected, misshapen).joined(separator: "; ")
    case .notATensor: "not a named tensor; weights and safetensors files are nothing else"
    case .opaqueValue(let name): "a value of \(name) cannot be written"
    }
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }

  private func mismatch(
    _ missing: [String], _ unexpected: [String], _ misshapen: [StateDictionary.Misshapen]
  ) -> [String] {
    let shapes = misshapen.map { "\($0.name) \($0.found), expected \($0.expected)" }
    return [("missing", missing), ("not expected", unexpected), ("of another shape", shapes)]
      .filter { !$0.1.isEmpty }.map { "\($0.1.count) \($0.0): \(listed($0.1))" }
  }

  /// The first ten, so that a wrong network does not fill the screen.
  private func listed(_ names: [String]) -> String {
    let shown = names.prefix(10).map(\.oneLine).joined(separator: ", ")
    return names.count > 10 ? "\(shown) and \(names.count - 10) more" : shown
  }
}
