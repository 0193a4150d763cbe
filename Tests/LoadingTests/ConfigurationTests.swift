import Formats
import Foundation
import Loading
import Testing
import Yams

struct ConfigurationTests {
  static let url = URL(fileURLWithPath: "/run.yaml")

  static func decode<Value: Decodable>(_ text: String) throws -> Value {
    try ConfigurationFile(text: text, url: url).decode()
  }

  /// The settings of the published `cutmixmo-p5` with MSDA.
  static let published = """
    mixmo:
      mix_method:
        method_name: cutmix
        prob: 0.5
        replacement_method_name: mixup
      alpha: 2
      weight_root: 3
    msda:
      beta: 1
      prob: 0.5
      mix_method: cutmix
    da_method: null
    """

  @Test func `published settings are read`() throws {
    let wrapper: DatasetWrapperConfiguration = try Self.decode(Self.published)
    let expected = DatasetWrapperConfiguration(
      mixmo: .init(
        mixMethod: .init(method: .cutmix, probability: 0.5, replacement: .mixup), alpha: 2,
        weightRoot: 3),
      msda: .init(beta: 1, probability: 0.5, method: .cutmix), augmentation: nil)
    #expect(wrapper == expected)
    let sampler: BatchSamplerConfiguration = try Self.decode(
      "batch_repetitions: 4\nproba_input_repetition: 0\n")
    #expect(sampler == .init(batchRepetitions: 4, inputRepetitionProbability: 0))
  }

  @Test(arguments: ["null", "None", "~"])
  func `absent is written in three ways`(none: String) throws {
    let text = Self.published.replacing("null", with: none).replacing("cutmix", with: none)
    let wrapper: DatasetWrapperConfiguration = try Self.decode(text)
    #expect(wrapper.mixmo.mixMethod.method == nil)
    #expect(wrapper.msda.method == nil)
    #expect(wrapper.augmentation == nil)
  }

  @Test func `left out settings are those of the published runs`() throws {
    let wrapper: DatasetWrapperConfiguration = try Self.decode(
      "mixmo: {mix_method: {method_name: mixup}}")
    #expect(wrapper.mixmo == MixMoConfiguration(mixMethod: .init(method: .mixup)))
    #expect((wrapper.mixmo.alpha, wrapper.mixmo.weightRoot) == (2, 3))
    #expect(wrapper.msda == MSDAConfiguration(beta: 1, probability: 0.5, method: nil))
  }

  @Test(arguments: [
    ("mixmo: {alfa: 2}", "1: mixmo.alfa: unknown key; did you mean \"alpha\"?"),
    (
      "mixmo: {mix_method: {prob: 1.5}}",
      "1: mixmo.mix_method.prob: expected a value from 0.0 to 1.0, found 1.5"
    ),
    (
      "msda: {prob: .nan}", "1: msda.prob: expected a value from 0.0 to 1.0, found nan"
    ),
    ("mixmo: {alpha: .inf}", "1: mixmo.alpha: expected a finite number, found inf"),
    ("mixmo: {alpha: much}", "1: mixmo.alpha: expected a number, found \"much\""),
    ("mixmo:\n  weight_root: 0", "2: mixmo.weight_root: expected a number above 0, found 0.0"),
    (
      "msda:\n  mix_method: cutmax",
      "2: msda.mix_method: expected one of mixup, cutmix, cow, stackchannel, stackhorizontal, "
        + "stackvertical, channel, noise, patchuphard, patchuphard2d, patchupsoft; found \"cutmax\""
    ),
    ("da_method: randaugment", "1: da_method: expected one of augmix; found \"randaugment\""),
  ])
  func `impossible settings are named`(text: String, message: String) {
    #expect {
      let _: DatasetWrapperConfiguration = try Self.decode(text)
    } throws: { error in
      #expect("\(error)" == "/run.yaml:\(message)")
      return error is ConfigurationError
    }
  }

  @Test(arguments: [
    ("batch_repetitions: 0", "batch_repetitions: expected a value from 1 to 1024, found 0"),
    ("batch_repetitions: 2.5", "batch_repetitions: expected a whole number, found \"2.5\""),
    (
      "proba_input_repetition: -0.1",
      "proba_input_repetition: expected a value from 0.0 to 1.0, found -0.1"
    ),
  ])
  func `impossible sampler settings are named`(text: String, message: String) {
    #expect {
      let _: BatchSamplerConfiguration = try Self.decode(text)
    } throws: { error in
      #expect("\(error)" == "/run.yaml:1: \(message)")
      return error is ConfigurationError
    }
  }

  @Test(arguments: [
    DatasetWrapperConfiguration(),
    DatasetWrapperConfiguration(
      mixmo: .init(
        mixMethod: .init(method: .cow, probability: 0.1, replacement: .cutmix), alpha: -0.3,
        weightRoot: 0.333),
      msda: .init(beta: 0.7, probability: 0.142857, method: .patchupsoft), augmentation: .augmix),
  ])
  func `settings written are read back`(wrapper: DatasetWrapperConfiguration) throws {
    #expect(try Self.decode(YAMLEncoder().encode(wrapper)) == wrapper)
    let sampler = BatchSamplerConfiguration(batchRepetitions: 3, inputRepetitionProbability: 0.1)
    #expect(try Self.decode(YAMLEncoder().encode(sampler)) == sampler)
  }
}
