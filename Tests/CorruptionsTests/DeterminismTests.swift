import Corruptions
import Images
import Tensors
import Testing

struct DeterminismTests {
  static let random: Set<String> = [
    "gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise", "glass_blur", "motion_blur",
    "snow", "frost", "fog", "elastic_transform", "spatter",
  ]

  @Test(arguments: [Suites.cifar, Suites.tiny])
  func `the same bytes alone, in a batch, in any order and on any thread`(
    suite: CorruptionSuite
  ) throws {
    let tasks = suite.corruptions.flatMap { corruption in
      corruption.severities.flatMap { severity in (0..<3).map { (corruption, severity, $0) } }
    }
    let image = Image.test(side: suite.side)
    let alone = try tasks.map { corruption, severity, index in
      try corruption.apply(to: image, severity: severity, seed: 9, imageIndex: index)
    }
    let backward = try Workers(count: 4).map(tasks.count) { task in
      let (corruption, severity, index) = tasks[tasks.count - 1 - task]
      return try corruption.apply(to: image, severity: severity, seed: 9, imageIndex: index)
    }
    #expect(alone == backward.reversed())
  }

  @Test(arguments: Corruption.Name.allCases)
  func `another image index or seed draws other numbers`(
    name: Corruption.Name
  ) throws {
    let corruption = try #require(Suites.cifar[name])
    let image = Image.test(side: 32)
    func corrupted(seed: UInt64, index: Int) throws -> Image {
      try corruption.apply(to: image, severity: 5, seed: seed, imageIndex: index)
    }
    let first = try corrupted(seed: 1, index: 0)
    let isRandom = Self.random.contains(name.rawValue)
    #expect((try corrupted(seed: 1, index: 1) != first) == isRandom)
    #expect((try corrupted(seed: 2, index: 0) != first) == isRandom)
  }

  @Test func `another severity or corruption draws other numbers`() throws {
    // Two corruptions that add numbers of one distribution to a white image, each at two
    // severities.
    let rows = "severities: {1: {deviation: 0.1}, 2: {deviation: 0.1}}"
    let suite = try SuiteFileTests.read(
      SuiteFileTests.suite(
        """
          gaussian_noise: {family: noise, group: benchmark, \(rows)}
          speckle_noise: {family: noise, group: extra, \(rows)}
        """))
    let white = Image(height: 32, width: 32, pixels: Array(repeating: 255, count: 3072))
    let images = try suite.corruptions.flatMap { corruption in
      try corruption.severities.map { try corruption.apply(to: white, severity: $0, seed: 1) }
    }
    #expect(images.count == 4)
    #expect(Set(images.map(\.pixels)).count == 4)
  }

  @Test(arguments: Corruption.Name.allCases)
  func `an image of another size or an unknown severity is refused`(name: Corruption.Name) throws {
    let corruption = try #require(Suites.cifar[name])
    #expect(
      throws: CorruptionError.wrongSize(
        name, expectedHeight: 32, expectedWidth: 32, foundHeight: 64, foundWidth: 64)
    ) {
      try corruption.apply(to: .test(side: 64), severity: 1, seed: 0, imageIndex: 0)
    }
    #expect {
      try corruption.apply(to: .test(side: 32), severity: 6, seed: 0, imageIndex: 0)
    } throws: {
      "\($0)" == "\(name): the suite has severities 1, 2, 3, 4, 5; asked for 6"
    }
  }
}
