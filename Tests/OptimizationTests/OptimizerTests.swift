import Checkpoints
import Formats
import Foundation
import Networks
import Optimization
import Tensors
import TestSupport
import Testing

/// SGD, Adam, Adadelta and RMSprop compared with PyTorch's.
struct OptimizerTests {
  let fixture = try? OptimizerFixture.recorded.get()
  let workers = Workers(count: 2)

  static let cases = (try? OptimizerFixture.recorded.get().cases) ?? []

  @Test func `every optimizer has recorded steps`() throws {
    #expect(try OptimizerFixture.recorded.get().cases.count == 15)
  }

  @Test(arguments: cases)
  func `ten steps end where PyTorch's end`(recorded: OptimizerFixture.Case) throws {
    let fixture = try #require(fixture)
    let parameters = fixture.parameters()
    let optimizer = recorded.optimizer.optimizer(
      of: parameters, l2Penalty: recorded.l2, workers: workers)
    fixture.descend(optimizer, parameters, learningRate: recorded.learningRate, 0..<10)
    for (parameter, expected) in zip(parameters, recorded.parameters) {
      expectClose(
        parameter.checkpointValues(of: parameter.value), expected, ulps: 4, parameter.name)
    }
    let dictionary = optimizer.stateDictionary(learningRate: recorded.learningRate)
    for (index, entries) in recorded.state.enumerated() {
      for entry in entries {
        let tensor = try #require(dictionary["state"]?[.int(index)]?[.string(entry.name)]?.tensor)
        expectClose(tensor.floats(), entry.values, ulps: 4, entry.name)
      }
    }
  }

  /// Expects values within `ulps` units in the last place of the largest element.
  ///
  /// Where PyTorch fuses a product and a sum, it rounds once and we round twice. Over ten steps the
  /// differences add up to 2 units at most; 4 leave room for PyTorch on another processor.
  private func expectClose(
    _ actual: [Float], _ expected: [Float], ulps: Double, _ name: String
  ) {
    let largest = expected.map(abs).max() ?? 0
    TestSupport.expectClose(actual, expected, absolute: ulps * Double(largest.ulp), name)
  }

  @Test(arguments: cases)
  func `the state dictionary has PyTorch's keys, shapes and settings`(
    recorded: OptimizerFixture.Case
  ) throws {
    let fixture = try #require(fixture)
    let parameters = fixture.parameters()
    let optimizer = recorded.optimizer.optimizer(
      of: parameters, l2Penalty: recorded.l2, workers: workers)
    fixture.descend(optimizer, parameters, learningRate: recorded.learningRate, 0..<1)
    let dictionary = optimizer.stateDictionary(learningRate: recorded.learningRate)
    #expect(dictionary.items?.map(\.key) == ["state", "param_groups"])
    let states = try #require(dictionary["state"]?.items)
    #expect(states.map(\.key) == recorded.state.indices.map(CheckpointKey.int))
    for (state, expected) in zip(states, recorded.state) {
      let entries = try #require(state.value.items)
      #expect(entries.map(\.key) == expected.map { .string($0.name) })
      #expect(entries.map(\.value.tensor?.shape) == expected.map(\.shape))
      #expect(entries.map(\.value.tensor?.elementType).allSatisfy { $0 == .float32 })
    }
    guard case .list(let groups)? = dictionary["param_groups"], groups.count == 1 else {
      Issue.record("expected one parameter group")
      return
    }
    let settings = groups[0].items?.map {
      OptimizerFixture.Setting(name: "\($0.key)", text: $0.value.json)
    }
    #expect(settings == recorded.group)
  }

  @Test(arguments: cases)
  func `a restored optimizer goes on in the same bits`(recorded: OptimizerFixture.Case) throws {
    let fixture = try #require(fixture)
    let (whole, stopped) = (fixture.parameters(), fixture.parameters())
    func optimizer(_ parameters: [Parameter]) -> any Optimizer {
      recorded.optimizer.optimizer(of: parameters, l2Penalty: recorded.l2, workers: workers)
    }
    fixture.descend(optimizer(whole), whole, learningRate: recorded.learningRate, 0..<10)
    let first = optimizer(stopped)
    fixture.descend(first, stopped, learningRate: recorded.learningRate, 0..<4)
    let second = optimizer(stopped)
    #expect(second.restore(first.stateDictionary(learningRate: 1)))
    fixture.descend(second, stopped, learningRate: recorded.learningRate, 4..<10)
    for (one, other) in zip(whole, stopped) {
      #expect(one.value.values.map(\.bitPattern) == other.value.values.map(\.bitPattern))
    }
  }

  @Test(arguments: cases)
  func `the number of threads changes no bit`(recorded: OptimizerFixture.Case) {
    func values(threads: Int) -> [UInt32] {
      // More elements than one task takes.
      let parameter = Parameter("w", [50_000])
      var generator = SeededGenerator(seed: 3)
      let optimizer = recorded.optimizer.optimizer(
        of: [parameter], l2Penalty: recorded.l2, workers: Workers(count: threads))
      for _ in 0..<3 {
        for i in 0..<parameter.value.count {
          parameter.gradient[i] = Float.random(in: -1...1, using: &generator)
        }
        optimizer.step(learningRate: 0.1)
      }
      return parameter.value.values.map(\.bitPattern)
    }
    #expect(values(threads: 1) == values(threads: 3))
  }

  @Test(arguments: cases)
  func `the state of other parameters or of another optimizer is refused`(
    recorded: OptimizerFixture.Case
  ) throws {
    let fixture = try #require(fixture)
    let parameters = fixture.parameters()
    func optimizer(_ configuration: OptimizerConfiguration, _ parameters: [Parameter])
      -> any Optimizer
    {
      configuration.optimizer(of: parameters, l2Penalty: 0, workers: workers)
    }
    let own = optimizer(recorded.optimizer, parameters)
    fixture.descend(own, parameters, learningRate: 0.1, 0..<1)
    let state = own.stateDictionary(learningRate: 0.1)
    let others: [[Parameter]] = [[Parameter("v", [5])], [Parameter("v", [4])] + parameters[1...]]
    let hasState = !recorded.state.isEmpty
    for other in others where hasState {
      #expect(!optimizer(recorded.optimizer, other).restore(state))
    }
    let names = Set(recorded.state.first?.map(\.name) ?? [])
    for other in Self.cases where !names.isSuperset(of: other.state.first?.map(\.name) ?? []) {
      #expect(!optimizer(other.optimizer, parameters).restore(state))
    }
    for damaged in [CheckpointValue.none, [:], ["state": [:]], ["state": [0: [:]]]]
    where hasState {
      #expect(!optimizer(recorded.optimizer, parameters).restore(damaged))
    }
  }

  @Test(arguments: [Float.nan, -1, 0, 1.5, .infinity])
  func `an impossible number of steps is refused`(count: Float) throws {
    let parameter = Parameter("w", [1])
    let array = CheckpointValue.tensor(CheckpointTensor([1], [Float(1)]))
    let entry: CheckpointValue = [
      "step": .tensor(CheckpointTensor([], [count])), "exp_avg": array, "exp_avg_sq": array,
    ]
    let settings = try JSONDecoder().decode(Adam.Settings.self, from: Data("{}".utf8))
    let adam = Adam([parameter], settings: settings, l2Penalty: 0, workers: workers)
    #expect(!adam.restore(["state": [0: entry]]))
  }

  @Test func `centring gradients that do not change makes no root of a negative number`() throws {
    let settings = try JSONDecoder().decode(
      RMSprop.Settings.self, from: Data(#"{"centered": true, "alpha": 0.5}"#.utf8))
    let parameter = Parameter("w", [200])
    let optimizer = RMSprop([parameter], settings: settings, l2Penalty: 0, workers: workers)
    for i in 0..<200 { parameter.gradient[i] = 0.1 + 0.01 * Float(i) }
    for _ in 0..<60 { optimizer.step(learningRate: 1e-9) }
    #expect(parameter.value.values.allSatisfy { $0.isFinite })
  }
}

extension CheckpointValue {
  fileprivate var tensor: CheckpointTensor? {
    if case .tensor(let tensor) = self { tensor } else { nil }
  }

  /// The value as Python writes it in JSON.
  fileprivate var json: String {
    switch self {
    case .none: "null"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .double(let value): "\(value)"
    case .list(let values): "[\(values.map(\.json).joined(separator: ", "))]"
    default: "something else"
    }
  }
}

/// Ten steps of SGD with Nesterov's momentum compared with PyTorch's.
struct DescentTests {
  @Test(arguments: ParityFixture.names)
  func `ten losses follow PyTorch's`(name: String) throws {
    let fixture = try ParityFixture(named: name)
    for descent in fixture.descents {
      let subject = try ParitySubject(fixture)
      let optimizer = SGD(
        subject.network.parameters,
        settings: .init(
          learningRate: descent.learningRate, momentum: descent.momentum,
          weightDecay: descent.weightDecay, usesNesterovMomentum: true),
        l2Penalty: descent.l2, workers: Workers(count: 2))
      let losses = descent.losses.float64.map { _ in
        let loss = subject.step().loss
        optimizer.step(learningRate: descent.learningRate)
        return loss
      }
      // Four times the distance of PyTorch's own float32 runs (direct and Winograd) from float64:
      // our summation order is different from both, and the difference grows over ten steps.
      let distance =
        zip(descent.losses.float64, zip(descent.losses.float32, descent.losses.winograd))
        .map { max(abs($0 - $1.0), abs($0 - $1.1)) }.max() ?? 0
      expectClose(losses, descent.losses.float64, absolute: 4 * distance, name)
    }
  }
}

struct LearningRateTests {
  /// CIFAR's `bar1` recipe.
  let rate = LearningRate(
    base: 0.05, warmupSteps: 782, factorAtMilestone: [101: 0.1, 201: 0.1, 226: 0.1])

  @Test(arguments: [
    (1, 1, 0.05 / 782), (1, 391, 0.025), (1, 782, 0.05), (2, 783, 0.05), (100, 78200, 0.05),
    (101, 78201, 0.005), (200, 156_400, 0.005), (201, 156_401, 0.0005), (226, 176_000, 0.00005),
    (300, 234_600, 0.00005),
  ])
  func `rises over the warm-up and falls at milestones`(epoch: Int, step: Int, expected: Double) {
    // A division and up to three products, each rounded: 4 · 2⁻⁵³ relative.
    expectClose(rate.at(epoch: epoch, step: step), expected, absolute: 4 * 0x1p-53 * expected)
  }

  @Test func `without warm-up the first step has the whole rate`() {
    let rate = LearningRate(base: 0.2, warmupSteps: 0, factorAtMilestone: [1: 0.5])
    #expect(rate.at(epoch: 1, step: 1) == 0.1)
  }

  @Test func `a milestone below 1 is never reached`() {
    let rate = LearningRate(base: 0.2, warmupSteps: 0, factorAtMilestone: [-1: 0.1, 600: 0.1])
    #expect(rate.at(epoch: 599, step: 599_000) == 0.2)
  }
}
