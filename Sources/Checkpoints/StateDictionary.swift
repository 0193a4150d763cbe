/// The named tensors of a network, in order.
public struct StateDictionary: Equatable, Sendable {
  /// One parameter or buffer.
  public struct Entry: Equatable, Sendable {
    /// The name, such as `layer1.0.conv1.weight`.
    public var name: String
    /// Its elements.
    public var tensor: CheckpointTensor

    /// The tensor of this name.
    public init(_ name: String, _ tensor: CheckpointTensor) {
      self.name = name
      self.tensor = tensor
    }

    /// The elements that training learns: none of a running statistic, by its name.
    public var parameterCount: Int {
      let last = name.split(separator: ".").last
      return last.map { Self.statistics.contains($0) } ?? false ? 0 : tensor.count
    }

    private static let statistics: Set<Substring> = [
      "running_mean", "running_var", "num_batches_tracked",
    ]
  }

  /// A tensor whose shape is not the network's.
  public struct Misshapen: Equatable, Sendable {
    /// The tensor's name.
    public var name: String
    /// The network's shape.
    public var expected: [Int]
    /// The file's shape.
    public var found: [Int]

    /// A tensor whose shape is `found`, not `expected`.
    public init(name: String, expected: [Int], found: [Int]) {
      self.name = name
      self.expected = expected
      self.found = found
    }
  }

  /// The tensors in the order of the file.
  public let entries: [Entry]
  private let indices: [String: Int]
  /// The name that errors carry.
  public let file: String

  /// The tensors of a network, whose names must differ.
  ///
  /// - Parameters:
  ///   - entries: The tensors in order.
  ///   - file: The name that errors carry.
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

  /// The tensors that a network asks for, in its order.
  ///
  /// - Parameter expected: The name and shape of each of the network's parameters and buffers.
  /// - Returns: One tensor for each of `expected`, of its shape.
  /// - Throws: One `CheckpointError.Problem.mismatch` that lists all the names that are missing, not
  ///   expected, or of another shape.
  public func tensors(
    matching expected: [(name: String, shape: [Int])]
  ) throws -> [CheckpointTensor] {
    let expectedNames = Set(expected.map(\.name))
    let missing = expected.map(\.name).filter { indices[$0] == nil }
    let unexpected = entries.map(\.name).filter { !expectedNames.contains($0) }
    let misshapen = expected.compactMap { name, shape in
      self[name].flatMap { tensor in
        tensor.shape == shape
          ? nil : Misshapen(name: name, expected: shape, found: tensor.shape)
      }
    }
    guard missing.isEmpty, unexpected.isEmpty, misshapen.isEmpty else {
      throw CheckpointError(
        file: file, place: nil,
        problem: .mismatch(missing: missing, unexpected: unexpected, misshapen: misshapen))
    }
    return expected.compactMap { self[$0.name] }
  }

  /// The ordered dictionary that PyTorch's `load_state_dict` takes.
  public var value: CheckpointValue {
    .orderedDictionary(entries.map { CheckpointItem(.string($0.name), .tensor($0.tensor)) })
  }

  public static func == (left: StateDictionary, right: StateDictionary) -> Bool {
    left.entries == right.entries
  }
}
