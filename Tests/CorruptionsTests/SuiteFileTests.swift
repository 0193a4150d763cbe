import Corruptions
import Formats
import Foundation
import Testing

/// Reading of suite files, and the messages for malformed ones.
struct SuiteFileTests {
  static func read(_ text: String) throws -> CorruptionSuite {
    try CorruptionSuite(text: text, url: URL(fileURLWithPath: "/mine.yaml"))
  }

  /// A suite with these `corruptions`, which begin in line 4.
  static func suite(_ corruptions: String, side: Int = 32) -> String {
    "suite: mine\nside: \(side)\ncorruptions:\n\(corruptions)"
  }

  /// A suite of one corruption with these severities, which begin in line 7.
  static func rows(_ name: String, _ rows: String, side: Int = 32) -> String {
    suite(
      "  \(name):\n    family: blur\n    group: extra\n    severities:\n      \(rows)", side: side)
  }

  @Test func `a part of the corruptions and severities, in the order of the file`() throws {
    let text = Self.suite(
      """
        saturate: {family: digital, group: extra, severities: {4: {factor: 2, shift: 0.1}}}
        brightness: {family: weather, group: benchmark, severities: {5: {shift: 1}, 2: {shift: 0}}}
      """, side: 48)
    let suite = try Self.read(text)
    #expect(suite.name == "mine")
    #expect(suite.side == 48)
    #expect(suite.corruptions.map(\.name) == [.saturate, .brightness])
    #expect(suite.corruptions.map(\.severities) == [[4], [2, 5]])
    #expect(suite[.brightness]?.family == .weather)
    #expect(suite[.brightness]?.group == .benchmark)
    #expect(suite[.contrast] == nil)
  }

  @Test(arguments: [Suites.cifar, Suites.tiny, Suites.imagenet(codec: "ijg")])
  func `the project's suites hold every corruption, the benchmark's before the extra ones`(
    suite: CorruptionSuite
  ) {
    #expect(suite.corruptions.map(\.name) == Corruption.Name.allCases)
    let extra: Set<String> = ["speckle_noise", "gaussian_blur", "spatter", "saturate"]
    for corruption in suite.corruptions {
      #expect((corruption.group == .extra) == extra.contains(corruption.name.rawValue))
    }
  }

  @Test(arguments: [Suites.cifar, Suites.tiny])
  func `the project's suites know MixMo's order`(suite: CorruptionSuite) {
    let order: [Corruption.Name] = [
      .speckleNoise, .shotNoise, .impulseNoise, .defocusBlur, .gaussianBlur, .glassBlur, .zoomBlur,
      .fog, .brightness, .contrast, .elasticTransform, .pixelate, .jpegCompression, .motionBlur,
      .snow, .frost, .gaussianNoise, .saturate, .spatter,
    ]
    #expect(suite.mixmoOrder == order)
  }

  /// A suite of only brightness, with MixMo's order.
  static func ordered(_ order: String) -> String {
    suite(
      "  brightness: {family: weather, group: extra, severities: {1: {shift: 0}}}\n"
        + "mixmo_order: \(order)")
  }

  @Test func `a suite need not give an order`() throws {
    #expect(try Self.read(Self.ordered("[brightness]")).mixmoOrder == [.brightness])
    #expect(try Self.read(Self.ordered("null")).mixmoOrder == nil)
  }

  static let tables: [(String, String)] = [
    (
      ordered("[fog]"),
      "/mine.yaml:5: mixmo_order: \"fog\" is not a corruption of this suite"
    ),
    (
      ordered("[brightness, brightness]"),
      "/mine.yaml:5: mixmo_order: expected each corruption of the suite once"
    ),
    ("side: 32", "/mine.yaml:1: the key \"corruptions\" is missing"),
    (suite("  {}"), "/mine.yaml:4: corruptions: expected at least one corruption"),
    (
      suite("  gausian_noise: {}"),
      "/mine.yaml:4: corruptions.gausian_noise: unknown key; did you mean \"gaussian_noise\"?"
    ),
    (
      suite("  brightness: {family: light}"),
      "/mine.yaml:4: corruptions.brightness: the key \"severities\" is missing"
    ),
    (
      rows("brightness", "{}"),
      "/mine.yaml:8: corruptions.brightness.severities: expected at least one severity"
    ),
    (
      rows("brightness", "6: {shift: 0}"),
      "/mine.yaml:8: corruptions.brightness.severities.6: expected a severity from 1 to 5"
    ),
    (
      rows("brightness", "mild: {shift: 0}"),
      "/mine.yaml:8: corruptions.brightness.severities.mild: expected a severity from 1 to 5"
    ),
  ]

  static let parameters: [(String, String)] = [
    (
      rows("saturate", "1: {factor: 1}"),
      "/mine.yaml:8: corruptions.saturate.severities.1: the key \"shift\" is missing"
    ),
    (
      rows("brightness", "1: {shift: 0}\n      2: {shift: 0, factor: 1}"),
      "/mine.yaml:9: corruptions.brightness.severities.2.factor: unknown key; known are shift"
    ),
    (
      rows("brightness", "1: [0.5]"),
      "/mine.yaml:8: corruptions.brightness.severities.1: expected a mapping, found a list"
    ),
    (
      rows("gaussian_blur", "1: {sigma: much}"),
      "/mine.yaml:8: corruptions.gaussian_blur.severities.1.sigma: expected a number, found \"much\""
    ),
    (
      rows("gaussian_blur", "1: {sigma: .nan}"),
      "/mine.yaml:8: corruptions.gaussian_blur.severities.1.sigma: "
        + "expected a value from 0.0 to 100.0, found nan"
    ),
    (
      rows("gaussian_blur", "1: {sigma: 1e300}"),
      "/mine.yaml:8: corruptions.gaussian_blur.severities.1.sigma: "
        + "expected a value from 0.0 to 100.0, found 1e+300"
    ),
    (
      rows("pixelate", "1: {scale: 0.1}", side: 8),
      "/mine.yaml:8: corruptions.pixelate.severities.1: "
        + "expected a side of at least 10, found a side of 8"
    ),
    (
      rows("glass_blur", "1: {sigma: 1, reach: 4, iterations: 1}", side: 9),
      "/mine.yaml:8: corruptions.glass_blur.severities.1: "
        + "expected a side of at least 10, found a side of 9"
    ),
    (
      rows("elastic_transform", "1: {displacement: 1, sigma: 1, jitter: 0, unit: 244}"),
      "/mine.yaml:8: corruptions.elastic_transform.severities.1: the key \"unit_side\" is missing"
    ),
    (
      rows("jpeg_compression", "1: {quality: 80, codec: fast}"),
      "/mine.yaml:8: corruptions.jpeg_compression.severities.1.codec: "
        + "expected one of ijg, turbo; found \"fast\""
    ),
    (
      rows("jpeg_compression", "1: {quality: 80.5, codec: ijg}"),
      "/mine.yaml:8: corruptions.jpeg_compression.severities.1.quality: "
        + "expected a whole number, found \"80.5\""
    ),
    (
      rows("frost", "1: {image_weight: 1, frost_weight: 1, texture_scale: 0.1}"),
      "/mine.yaml:8: corruptions.frost.severities.1: "
        + "expected a side below 32, that of the scaled textures, found a side of 32"
    ),
    (
      rows(
        "spatter",
        "1: {kind: mud, mean: 0, deviation: 1, sigma: 1, threshold: 0, mask_sigma: 1, strength: 1}"),
      "/mine.yaml:8: corruptions.spatter.severities.1.strength: "
        + "not a parameter of this kind of spatter"
    ),
  ]

  @Test(arguments: tables + parameters)
  func `says file, line, corruption and parameter`(text: String, message: String) {
    #expect {
      try Self.read(text)
    } throws: { error in
      #expect("\(error)" == message)
      return error is ConfigurationError
    }
  }
}

/// The reference model of a suite.
struct SuiteReferenceTests {
  @Test func `ImageNet-C's suite has AlexNet's errors`() throws {
    let reference = try #require(Suites.imagenet(codec: "ijg").reference)
    #expect(reference.model == "AlexNet" && reference.classCount == 1000)
    #expect(reference.cleanError == 0.4345)
    // The errors of the five severities, as a thread of hendrycks/robustness has them; their means have no
    // more than six decimals.
    let severities: [Corruption.Name: [Double]] = [
      .gaussianNoise: [0.69528, 0.82542, 0.93554, 0.98138, 0.99452],
      .shotNoise: [0.71224, 0.85108, 0.93574, 0.98182, 0.99146],
      .impulseNoise: [0.78374, 0.89808, 0.94870, 0.98720, 0.99548],
      .defocusBlur: [0.65624, 0.73202, 0.85036, 0.91364, 0.94714],
      .glassBlur: [0.64308, 0.75054, 0.88806, 0.91622, 0.93344],
      .motionBlur: [0.58430, 0.70048, 0.82108, 0.89750, 0.92638],
      .zoomBlur: [0.70008, 0.76992, 0.80784, 0.84198, 0.87198],
      .snow: [0.71726, 0.88392, 0.86468, 0.91870, 0.94952],
      .frost: [0.61390, 0.79734, 0.88790, 0.89942, 0.93430],
      .fog: [0.67474, 0.76050, 0.84378, 0.87260, 0.94500],
      .brightness: [0.45140, 0.48502, 0.54048, 0.62166, 0.72440],
      .contrast: [0.64548, 0.76150, 0.88874, 0.97760, 0.99270],
      .elasticTransform: [0.52596, 0.70116, 0.55686, 0.64076, 0.80554],
      .pixelate: [0.52218, 0.54620, 0.73728, 0.87092, 0.91262],
      .jpegCompression: [0.51002, 0.54718, 0.57294, 0.65458, 0.74778],
    ]
    #expect(Set(reference.errors.keys) == Set(severities.keys))
    for (name, errors) in severities {
      let mean = errors.reduce(0, +) / 5
      // Five roundings of a sum below 5.
      #expect(abs((reference.errors[name] ?? 0) - mean) < 5 * 0x1p-51, "\(name)")
    }
    #expect(Suites.cifar.reference == nil && Suites.tiny.reference == nil)
  }

  private static func suite(_ row: String, _ head: String = "") -> String {
    head + "suite: mine\nside: 8\ncorruptions:\n"
      + "  fog:\n    family: weather\n    group: benchmark\n    \(row)\n"
      + "    severities: {1: {strength: 1, decay: 2}}\n"
  }

  private static let model = "reference: {model: A, classes: 10, clean_error: 0.25}\n"

  @Test func `errors of a user's own model`() throws {
    let reference = try SuiteFileTests.read(Self.suite("reference_error: 0.5", Self.model))
      .reference
    #expect(
      reference
        == CorruptionSuite.Reference(
          model: "A", classCount: 10, cleanError: 0.25, errors: [.fog: 0.5]))
  }

  static let wrong = [
    (
      suite("reference_error: 0.5"),
      "reference_error: expected the model under reference, found none"
    ),
    (suite("", model), "the key \"reference_error\" is missing"),
    (
      suite("reference_error: 0.2", model),
      "reference_error: expected more than the error on clean images, 0.25, found 0.2"
    ),
    (
      suite("reference_error: 1.5", model),
      "reference_error: expected a value from 0.0 to 1.0, found 1.5"
    ),
    (
      suite("reference_error: 0.5", "reference: {model: A, classes: 10, clean_eror: 0.25}\n"),
      "reference.clean_eror: unknown key; did you mean \"clean_error\"?"
    ),
  ]

  @Test(arguments: wrong)
  func `a wrong reference is named`(text: String, message: String) {
    do {
      _ = try SuiteFileTests.read(text)
      Issue.record("read")
    } catch {
      #expect("\(error)".contains(message), "\(error)")
    }
  }
}
