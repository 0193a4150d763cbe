import Formats
import Foundation
import Testing

struct ConfigurationFileTests {
  struct Recipe: Decodable {
    enum Keys: String, CodingKey, CaseIterable { case epochs, rate, mixing, milestones }
    enum Mixing: String, CaseIterable { case mixup, cutmix }
    let epochs: Int
    let rate: Double?
    let mixing: Mixing
    let milestones: [Int: Double]

    init(from decoder: any Decoder) throws {
      let keys = try decoder.strictContainer(keyedBy: Keys.self)
      epochs = try keys.decode(.epochs, in: 1...)
      rate = try keys.decodeUnlessNone(Double.self, .rate)
      mixing = try keys.decodeCase(Mixing.self, .mixing)
      milestones = try keys.decode([Int: Double].self, forKey: .milestones)
    }
  }

  static let url = URL(fileURLWithPath: "/recipe.yaml")

  static func decode(_ text: String) throws -> Recipe {
    try ConfigurationFile(text: text, url: url).decode()
  }

  @Test func `reads values, integer keys and the two spellings of absent`() throws {
    let recipe = try Self.decode("epochs: 3\nrate: None\nmixing: cutmix\nmilestones: {2: 0.1}\n")
    #expect(recipe.epochs == 3)
    #expect(recipe.rate == nil)
    #expect(recipe.mixing == .cutmix)
    #expect(recipe.milestones == [2: 0.1])
    let other = try Self.decode("epochs: 3\nrate: null\nmixing: mixup\nmilestones: {}\n")
    #expect(other.rate == nil)
  }

  @Test(arguments: [
    ("", "/recipe.yaml: expected YAML, found an empty file"),
    ("epochs: [", "/recipe.yaml:2: not YAML: did not find expected node content"),
    (
      "rate: 1\nepochs: 3\nepochs: 4",
      "/recipe.yaml:2: not YAML: the key \"epochs\" is given twice, first here"
    ),
    (
      "rate: 1\nmilestones:\n  3: 1\n  2: 1\n  2: 2",
      "/recipe.yaml:4: not YAML: the key \"2\" is given twice, first here"
    ),
    (
      "epoch: 3\nmixing: mixup\nmilestones: {}",
      "/recipe.yaml:1: epoch: unknown key; did you mean \"epochs\"?"
    ),
    (
      "color: 3", "/recipe.yaml:1: color: unknown key; known are epochs, rate, mixing, milestones"
    ),
    ("mixing: mixup", "/recipe.yaml:1: the key \"epochs\" is missing"),
    (
      "mixing: mixup\nepochs: many",
      "/recipe.yaml:2: epochs: expected a whole number, found \"many\""
    ),
    ("epochs: [1]", "/recipe.yaml:1: epochs: expected a single value, found a list"),
    (
      "epochs: 0\nmixing: mixup",
      "/recipe.yaml:1: epochs: expected a value of at least 1, found 0"
    ),
    (
      "epochs: 3\nmixing: blend",
      "/recipe.yaml:2: mixing: expected one of mixup, cutmix; found \"blend\""
    ),
    (
      "epochs: 3\nmixing: mixup\nmilestones: 7",
      "/recipe.yaml:3: milestones: expected a mapping, found \"7\""
    ),
    (
      "epochs: 3\nmixing: mixup\nmilestones: {2: x}",
      "/recipe.yaml:3: milestones.2: expected a number, found \"x\""
    ),
    ("[1, 2]", "/recipe.yaml:1: expected a mapping, found a list"),
    (
      "epochs: \"a\\nb\"",
      "/recipe.yaml:1: epochs: expected a whole number, found \"a\u{FFFD}b\""
    ),
  ])
  func `says file, line, key, expected and found`(text: String, message: String) {
    #expect {
      try Self.decode(text)
    } throws: { error in
      #expect("\(error)" == message)
      return error is ConfigurationError
    }
  }

  @Test func `nesting without end is refused`() {
    let deep = String(repeating: "[", count: ConfigurationFile.maximumSize / 2)
    #expect(throws: ConfigurationError.self) { try Self.decode(deep) }
  }

  @Test(arguments: [
    ("epochs: \"3\"\nmixing: mixup", "1: epochs: expected a whole number, found \"3\" in quotes"),
    (
      "epochs: 3\nmixing: mixup\nmilestones: {2: '0.1'}",
      "3: milestones.2: expected a number, found \"0.1\" in quotes"
    ),
    (
      "epochs: 3\nmixing: mixup\nmilestones:\n  1: 0.1\n  '2': 0.1",
      "5: milestones: expected the number 2 as a key, found \"2\" in quotes"
    ),
    (
      "epochs: 3\nmixing: mixup\nmilestones: {\"2\": 0.1}",
      "3: milestones: expected the number 2 as a key, found \"2\" in quotes"
    ),
  ])
  func `a number in quotes is called text`(text: String, message: String) {
    #expect {
      try Self.decode(text)
    } throws: {
      "\($0)" == "/recipe.yaml:\(message), which make it text; remove them"
    }
  }
}
