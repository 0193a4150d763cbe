import Formats
import Networks
import Tensors

/// The `optimizer` part of a configuration file: a name, and PyTorch's arguments.
package enum OptimizerConfiguration: Sendable, Equatable {
  case sgd(SGD.Settings)
  case adam(Adam.Settings)
  case adadelta(Adadelta.Settings)
  case rmsprop(RMSprop.Settings)

  /// The learning rate between warm-up and milestones.
  package var learningRate: Double {
    switch self {
    case .sgd(let settings): settings.learningRate
    case .adam(let settings): settings.learningRate
    case .adadelta(let settings): settings.learningRate
    case .rmsprop(let settings): settings.learningRate
    }
  }

  /// The optimizer of `parameters`; `2 · l2Penalty · w` is added to each gradient.
  package func optimizer(
    of parameters: [Parameter], l2Penalty: Double, workers: Workers
  ) -> any Optimizer {
    switch self {
    case .sgd(let settings):
      SGD(parameters, settings: settings, l2Penalty: l2Penalty, workers: workers)
    case .adam(let settings):
      Adam(parameters, settings: settings, l2Penalty: l2Penalty, workers: workers)
    case .adadelta(let settings):
      Adadelta(parameters, settings: settings, l2Penalty: l2Penalty, workers: workers)
    case .rmsprop(let settings):
      RMSprop(parameters, settings: settings, l2Penalty: l2Penalty, workers: workers)
    }
  }
}

extension OptimizerConfiguration: Codable {
  private enum Name: String, Codable, CaseIterable { case sgd, adam, adadelta, rmsprop }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case name
    case parameters = "params"
  }

  package init(from decoder: any Decoder) throws {
    let keys = try decoder.strictContainer(keyedBy: CodingKeys.self)
    switch try keys.decodeCase(Name.self, .name) {
    case .sgd: self = .sgd(try keys.decode(SGD.Settings.self, forKey: .parameters))
    case .adam: self = .adam(try keys.decode(Adam.Settings.self, forKey: .parameters))
    case .adadelta: self = .adadelta(try keys.decode(Adadelta.Settings.self, forKey: .parameters))
    case .rmsprop: self = .rmsprop(try keys.decode(RMSprop.Settings.self, forKey: .parameters))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    func encode(_ name: Name, _ settings: some Encodable) throws {
      try keys.encode(name, forKey: .name)
      try keys.encode(settings, forKey: .parameters)
    }
    switch self {
    case .sgd(let settings): try encode(.sgd, settings)
    case .adam(let settings): try encode(.adam, settings)
    case .adadelta(let settings): try encode(.adadelta, settings)
    case .rmsprop(let settings): try encode(.rmsprop, settings)
    }
  }
}
