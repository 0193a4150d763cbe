import Checkpoints
import Networks
import Tensors

/// An optimizer's state from step to step: for each parameter, arrays of the parameter's shape.
struct OptimizerMemory {
  private let parameters: [Parameter]
  /// PyTorch's names of the arrays.
  private let names: [String]
  /// Whether PyTorch's state dictionary has the number of steps.
  private let countsSteps: Bool
  private let workers: Workers
  private var arrays: [[Tensor]] = []  // [parameter][name], empty before the first step

  /// The number of steps, in Float32 as in PyTorch, where 2²⁴ + 1 is 2²⁴.
  private(set) var stepCount: Float = 0

  init(of parameters: [Parameter], _ names: [String], countsSteps: Bool = true, workers: Workers) {
    self.parameters = parameters
    self.names = names
    self.countsSteps = countsSteps
    self.workers = workers
  }

  /// Whether no step has been taken.
  var isEmpty: Bool { arrays.isEmpty }

  /// Begins a step.
  mutating func advance() {
    if isEmpty { arrays = parameters.map { parameter in names.map { _ in parameter.zeros } } }
    stepCount += 1
  }

  /// Calls `body` for ranges of elements that together cover all parameters, in parallel.
  ///
  /// `body` gets a parameter's value and gradient, its arrays in the order of their names, and the
  /// range.
  func forEachRange(
    _ body:
      @Sendable (
        _ value: Tensor, _ gradient: Tensor, _ arrays: [Tensor], _ range: Range<Int>
      ) -> Void
  ) {
    for (parameter, arrays) in zip(parameters, arrays) {
      let (value, gradient) = (parameter.value, parameter.gradient)
      workers.forEachRange(of: value.count, size: 1 << 14) { body(value, gradient, arrays, $0) }
    }
  }
}

// MARK: PyTorch's state dictionary

extension OptimizerMemory {
  private static let stepName = "step"

  /// Whether PyTorch's state dictionary has an entry for each parameter.
  private var hasEntries: Bool { countsSteps || !names.isEmpty }

  /// The state dictionary with the settings `group`.
  func stateDictionary(_ group: KeyValuePairs<CheckpointKey, CheckpointValue>) -> CheckpointValue {
    let states = zip(parameters, arrays).enumerated().map { index, entry in
      let (parameter, arrays) = entry
      let step = CheckpointItem(.string(Self.stepName), .tensor(CheckpointTensor([], [stepCount])))
      return CheckpointItem(
        .int(index),
        .dictionary(
          (countsSteps ? [step] : [])
            + zip(names, arrays).map { name, array in
              let values = parameter.checkpointValues(of: array)
              return .init(
                .string(name), .tensor(CheckpointTensor(parameter.checkpointShape, values)))
            }))
    }
    let settings = group.map { CheckpointItem($0.key, $0.value) }
    let indices = CheckpointValue.list(parameters.indices.map(CheckpointValue.int))
    return [
      "state": .dictionary(hasEntries ? states : []),
      "param_groups": [.dictionary(settings + [.init("params", indices)])],
    ]
  }

  /// Restores the arrays and the number of steps from a state dictionary.
  ///
  /// - Returns: Whether it has all arrays in the right shapes and a single possible number of
  ///   steps; if not, nothing has changed.
  mutating func restore(_ dictionary: CheckpointValue) -> Bool {
    guard let states = dictionary["state"]?.items,
      states.count == (hasEntries ? parameters.count : 0)
    else { return false }
    var restored: [[Tensor]] = []
    var counts: Set<Float> = []
    for (index, parameter) in parameters.enumerated() {
      let state = dictionary["state"]?[.int(index)]
      let arrays = names.compactMap { name in
        state?[.string(name)].flatMap { parameter.array($0) }
      }
      guard arrays.count == names.count else { return false }
      restored.append(arrays)
      if countsSteps {
        guard let count = state?[.string(Self.stepName)]?.stepCount else { return false }
        counts.insert(count)
      }
    }
    guard counts.count <= 1 else { return false }
    (arrays, stepCount) = (restored, counts.first ?? 1)
    return true
  }
}

extension Parameter {
  fileprivate var zeros: Tensor { Tensor(value.shape) }

  /// The array of a checkpoint's tensor, or nil if the tensor has another shape.
  fileprivate func array(_ value: CheckpointValue) -> Tensor? {
    guard case .tensor(let tensor) = value, tensor.shape == checkpointShape else { return nil }
    let array = zeros
    setCheckpointValues(tensor.floats(), of: array)
    return array
  }
}

extension CheckpointValue {
  /// The number of steps, or nil if counting in Float32 cannot have reached it.
  fileprivate var stepCount: Float? {
    guard case .tensor(let tensor) = self, tensor.shape.isEmpty else { return nil }
    return tensor.floats().first { $0 >= 1 && $0 <= 0x1p24 && $0 == $0.rounded() }
  }
}
