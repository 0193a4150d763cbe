import Networks

extension Recipe {
  /// A network architecture and its number of subnetworks.
  ///
  /// The name is `wrn`, depth and width for a WideResNet, `res18` and the width, where it is not 1, for a
  /// PreActResNet, and the number of subnetworks where there are several: `wrn2810-2`, `res18`, `res183-2`.
  /// Where depth and width could be told apart in two ways, an `x` is between them: `wrn10x64`.
  struct Network: RecipePart, Equatable {
    let network: NetworkConfiguration
    let memberCount: Int

    /// The names of the two families of networks.
    private static let families = (wide: "wrn", preActivated: "res")
    private static let widths = 1...64
    private static let memberCounts = 1...16

    init(isWide: Bool, depth: Int, widenFactor: Int, memberCount: Int) {
      self.memberCount = memberCount
      let names: (one: NetworkConfiguration.Name, many: NetworkConfiguration.Name) =
        isWide ? (.wideResNet, .wideResNetMixMo) : (.resNet, .resNetMixMo)
      network = NetworkConfiguration(
        name: memberCount == 1 ? names.one : names.many, depth: depth, widenFactor: widenFactor)
    }

    var name: String {
      let (isWide, width) = (network.isWide, network.widenFactor)
      let size = "\(network.depth)" + (width == 1 && !isWide ? "" : "\(width)")
      let isClear = Self.sizes(size, isWide: isWide).count == 1
      return Self.family(isWide: isWide) + (isClear ? size : "\(network.depth)x\(width)")
        + (memberCount == 1 ? "" : "-\(memberCount)")
    }

    private static func family(isWide: Bool) -> String {
      isWide ? families.wide : families.preActivated
    }
  }
}

// MARK: Names

extension Recipe.Network {
  /// The network that `word` names in the name `recipe`.
  ///
  /// - Throws: `RecipeError`.
  init(named word: String, of recipe: String, isWide: Bool) throws(RecipeError) {
    let family = Self.family(isWide: isWide)
    let parts = word.split(separator: "-", omittingEmptySubsequences: false)
    let memberCount = parts.count == 1 ? 1 : Self.number(parts[1])
    guard word.hasPrefix(family), parts.count <= 2, let memberCount,
      Self.memberCounts.contains(memberCount), parts.count == 1 || memberCount > 1,
      case let sizes = Self.sizes(String(parts[0].dropFirst(family.count)), isWide: isWide),
      let size = sizes.first
    else {
      throw .unknownNetwork(recipe, found: word, expected: Self.expectedForm(isWide: isWide))
    }
    guard sizes.count == 1 else {
      throw .unclearNetwork(
        recipe, found: word, choices: sizes.map { "\(family)\($0.depth)x\($0.width)" })
    }
    self.init(
      isWide: isWide, depth: size.depth, widenFactor: size.width, memberCount: memberCount)
  }

  /// The depths and widths that `text` can stand for.
  private static func sizes(_ text: String, isWide: Bool) -> [(depth: Int, width: Int)] {
    let places = text.indices
    let pairs =
      text.contains("x")
      ? [text.split(separator: "x", omittingEmptySubsequences: false)]
      : places.dropFirst().map { [text[..<$0], text[$0...]] } + [[text[...], isWide ? "" : "1"]]
    return pairs.compactMap { pair in
      guard pair.count == 2, let depth = number(pair[0]), let width = number(pair[1]),
        NetworkConfiguration.isPossible(depth: depth, isWide: isWide), widths.contains(width),
        // The width 1 of a PreActResNet is not written.
        isWide || width > 1 || text == "\(depth)" || text.contains("x")
      else { return nil }
      return (depth, width)
    }
  }

  /// The whole number that `text` writes without leading zeros.
  private static func number(_ text: Substring) -> Int? {
    guard let number = Int(text), "\(number)" == text else { return nil }
    return number
  }

  private static func expectedForm(isWide: Bool) -> String {
    let family = family(isWide: isWide)
    let members = "-MEMBERS, from 2 to \(memberCounts.upperBound), for several"
    return isWide
      ? "\(family)DEPTHWIDTH with a depth of 10, 16, 22, 28, … and a width from 1 to "
        + "\(widths.upperBound), and \(members): \(family)2810-2"
      : "\(family)18, or \(family)18WIDTH with a width up to \(widths.upperBound), and \(members): "
        + "\(family)182-2"
  }
}

extension RecipeCollection {
  /// The networks whose recipes are listed: the published ones, and small ones for the digits.
  var networks: [Recipe.Network] {
    let sizes: [(depth: Int, width: Int)] =
      switch self {
      case .cifar10, .cifar100: [(28, 10)]
      case .tinyImageNet: [(18, 1), (18, 2), (18, 3)]
      case .digits: [(10, 1), (10, 2)]
      }
    return sizes.flatMap { size in
      (isWide ? [1, 2, 3] : [1, 2]).map {
        Recipe.Network(
          isWide: isWide, depth: size.depth, widenFactor: size.width, memberCount: $0)
      }
    }
  }
}
