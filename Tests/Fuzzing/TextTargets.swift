import Corruptions
import Formats
import Foundation
import Images
import Training

extension Target {
  static let configuration = Target(
    name: "configuration", maximumLength: 2048, words: yamlWords + optimizerWords,
    seeds: {
      try ["digits", "cifar10", "cifar100", "tiny"].flatMap { try Seed.files("config/\($0)") }
        .map { Seed(name: $0.name, bytes: withoutComments($0.bytes)) } + references
    },
    read: { input in
      let configuration = try RunConfiguration(contentsOf: input.url)
      guard input.isChosen else { return }
      _ = try ConfigurationFile(text: configuration.yaml, url: input.url)
        .decode(RunConfiguration.self)
    })

  static let template = Target(
    name: "template", maximumLength: 512, words: ["%(", ")s", "%%", "%(depth)s", "%(lrinit)s"],
    seeds: { [Seed(name: "network", bytes: Array("a: %(depth)s\nb: 100 %%\n".utf8))] },
    read: { input in
      let recipe = try Recipe(named: "wrn2810_1net_standard_bar1", in: .cifar10)
      _ = try RecipeTemplate(contentsOf: input.url).filled(for: recipe)
    })

  static let suite = Target(
    name: "suite", maximumLength: 1024, words: yamlWords + Corruption.Name.allCases.map(\.rawValue),
    seeds: { try Seed.files("corruptions").flatMap(corruptions) },
    read: { input in
      let suite = try CorruptionSuite(contentsOf: input.url)
      guard suite.side <= 16 else { return }
      let pixels = (0..<suite.side * suite.side * 3).map { UInt8(truncatingIfNeeded: $0 * 7) }
      let image = Image(height: suite.side, width: suite.side, pixels: pixels)
      for corruption in suite.corruptions where corruption.name != .frost {
        for severity in corruption.severities {
          let result = try corruption.apply(to: image, severity: severity, seed: 1, imageIndex: 0)
          precondition(result.pixels.count == pixels.count)
        }
      }
    })

  static let csv = Target(
    name: "csv", maximumLength: 1024,
    words: [
      "\"", "\"\"", ",", "\r\n", "\n", "\r", ";", "\t", "sep=;\n", "\u{FEFF}", "0,5", "<html>",
    ],
    seeds: {
      [
        "a,b\n1,2\n", "a,b\r\n\"1\",\"2\"\"\n\"\r\n", "name,value\n\"x, y\",\n", "\n", "a\n\n",
        "\u{FEFF}a;b\r\n1;0,5\r\n;\r\n", "sep=\t\na\tb\n1\t2\n", "\"a;b\",\"c\"\r1,2\r",
        "a,b,,\n1,2,,\n", "a,,b,\n1,,2,\n3,,4\n,,\n", ",a\n0,1\n",
      ].enumerated().map { Seed(name: "\($0.offset)", bytes: Array($0.element.utf8)) }
    },
    read: { input in
      let table = try CSVTable(contentsOf: input.url)
      let copy = try CSVTable(bytes: Array(table.text.utf8), file: input.url)
      precondition(copy == table, "\(table.text.debugDescription)")
    })

  /// The first bytes of any file.
  static let form = Target(
    name: "form", maximumLength: 600,
    words: [
      "version https://git-lfs.", "<html><title>", "{\"weight_map\"", "\u{FEFF}", "PK\u{3}\u{4}",
    ],
    seeds: {
      try Seed.fixtures("FormatsTests/Fixtures/numpy", endingIn: "npz")
        + Seed.fixtures("FormatsTests/Fixtures/safetensors", endingIn: "safetensors")
        + ["version https://git-lfs.github.com/spec/v1\nsize 3\n", "<html><title>a</title>"].map {
          Seed(name: String($0.prefix(7)), bytes: Array($0.utf8))
        }
    },
    read: { input in
      let form = FileForm(contentsOf: input.url)
      precondition(form == FileForm(startingWith: input.bytes))
      _ = try FileText.bytes(of: input.url, limit: 1 << 10, expecting: "text")
    })

  /// YAML with aliases and merge keys.
  private static let references = [
    "a: &a {b: 1}\nc: {<<: *a, d: *a}\n", "a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "? &a x\n: *a\n# *b &c ?\n",
  ].enumerated().map { Seed(name: "references-\($0.offset)", bytes: Array($0.element.utf8)) }

  private static let yamlWords = [
    "&a ", "*a", "<<: ", "? ", "!!str ", "!!binary ", "|\n", ">-\n", "---\n", "...\n", "null", "~",
    ".nan", ".inf", "-.inf", "1e400", "0x10", "0o7", "1_000", "60:30", "\"\\x0a\"", "{", "}", "[",
    "]", ": ", "- ", "\n  ", "9223372036854775807", "-9223372036854775808",
  ]

  private static let optimizerWords = [
    "name: adam", "name: adadelta", "name: rmsprop", "betas: [0.9, 0.999]", "eps: 1e-8",
    "amsgrad: true", "rho: 0.9", "alpha: 0.99", "centered: true", "dampening: 0",
  ]

  private static func withoutComments(_ text: [UInt8]) -> [UInt8] {
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
    return Array(lines.filter { !$0.hasPrefix("#") }.joined(separator: "\n").utf8)
  }

  /// A suite of each of a suite's corruptions, for images small enough to be corrupted quickly.
  private static func corruptions(_ suite: Seed) -> [Seed] {
    let text = String(decoding: suite.bytes, as: UTF8.self)
    let parts = text.split(separator: "\n\n").dropFirst(2)
    return parts.map { part in
      let name = part.split(separator: "\n").first { !$0.hasPrefix("  #") } ?? ""
      let text = "suite: a\nside: 16\ncorruptions:\n\(part)\n"
      return Seed(
        name: "\(suite.name)-\(name.filter(\.isLetter))", bytes: Array(text.utf8))
    }
  }
}
