/// The named tensors of a network, in order.
public struct StateDictionary: Equatable, Sendable {
  /// One parameter or buffer.
  public struct Entry: Equatable, Sendable {
    /// The name, such as `layer1.0.conv1.weight`.
    public var name: String
    /// The elements.
    public var tensor: CheckpointTensor

    /// Creates an entry.
    public init(_ name: String, _ tensor: CheckpointTensor) {
      self.name = name
      self.tensor = tensor
    }

    /// The number of trained elements: 0 for a running statistic, recognized by its name.
    public var parameterCount: Int {
      let last = name.split(separator: ".").last
      return last.map { Self.statistics.contains($0) } ?? false ? 0 : tensor.count
    }

    private static let statistics: Set<Substring> = [
      "running_mean", "running_var", "num_batches_tracked",
    ]
  }

  /// The tensors in the order of the file.
  public let entries: [Entry]
  private let indices: [String: Int]
  /// The file's name in errors.
  public let file: String

  /// Creates a state dictionary; the names must be unique.
  ///
  /// - Parameters:
  ///   - entries: The tensors in order.
  ///   - file: The file's name in errors.
  public init(_ entries: [Entry], file: String = "checkpoint") {
    self.entries = entries
    self.file = file
    indices = Dictionary(
      entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The tensor of this name.
  public subscript(name: String) -> CheckpointTensor? {
    indices[name].map { entries[$0].tensor }
  }

  /// The tensors of a network, in its order.
  ///
  /// - Parameter expected: The name and shape of each of the network's parameters and buffers.
  /// - Returns: A tensor for each element of `expected`.
  /// - Throws: `CheckpointError.Problem.mismatch` with all names that are missing, unexpected or of
  ///   another shape.
  public func tensors(
    matching expected: [(name: String, shape: [Int])]
  ) throws -> [CheckpointTensor] {
    let expectedNames = Set(expected.map(\.name))
    let missing = expected.map(\.name).filter { indices[$0] == nil }
    let unexpected = entries.map(\.name).filter { !expectedNames.contains($0) }
    let shapes = expected.compactMap { name, shape in
      self[name].flatMap { tensor in
        tensor.shape == shape
          ? nil : CheckpointError.ShapeMismatch(name: name, expected: shape, found: tensor.shape)
      }
    }
    guard missing.isEmpty, unexpected.isEmpty, shapes.isEmpty else {
      throw CheckpointError(
        file: file, location: nil,
        problem: .mismatch(missing: missing, unexpected: unexpected, shapes: shapes))
    }
    return expected.compactMap { self[$0.name] }
  }

  /// The weights as the ordered dictionary that PyTorch's `load_state_dict` takes.
  public var value: CheckpointValue {
    .orderedDictionary(entries.map { CheckpointItem(.string($0.name), .tensor($0.tensor)) })
  }

  public static func == (left: StateDictionary, right: StateDictionary) -> Bool {
    left.entries == right.entries
  }
}
