import Datasets
import Networks

/// A part of a recipe, which has a word in the recipe's name.
protocol RecipePart: Sendable {
  var name: String { get }
}

extension Recipe {
  /// A network and its number of subnetworks.
  struct Network: RecipePart {
    let name: String
    let network: NetworkConfiguration
    let memberCount: Int

    private init(
      _ name: String, _ one: NetworkConfiguration.Name, _ many: NetworkConfiguration.Name,
      depth: Int, widenFactor: Int, memberCount: Int
    ) {
      self.name = memberCount == 1 ? name : "\(name)-\(memberCount)"
      self.memberCount = memberCount
      network = NetworkConfiguration(
        name: memberCount == 1 ? one : many, depth: depth, widenFactor: widenFactor)
    }

    /// For CIFAR.
    static let wideResNets = [1, 2, 3].map {
      Network(
        "wrn2810", .wideResNet, .wideResNetMixMo, depth: 28, widenFactor: 10, memberCount: $0)
    }

    /// For Tiny-ImageNet; `res182` is twice as wide as `res18`.
    static let preActResNets = [1, 2, 3].flatMap { factor in
      [1, 2].map {
        Network(
          factor == 1 ? "res18" : "res18\(factor)", .resNet, .resNetMixMo, depth: 18,
          widenFactor: factor, memberCount: $0)
      }
    }
  }

  /// How the subnetworks' inputs are mixed in features; `p5` is probability 0.5, `a4` α = 4, `r1`
  /// root 1.
  struct Mixing: RecipePart {
    let name: String
    let method: MixingMethod?
    let probability: Double
    let alpha: Double
    let weightRoot: Double

    private init(
      _ name: String, _ method: MixingMethod?, probability: Double = 1, alpha: Double = 2,
      weightRoot: Double = 3
    ) {
      self.name = name
      self.method = method
      self.probability = probability
      self.alpha = alpha
      self.weightRoot = weightRoot
    }

    static let all = [
      Mixing("1net", nil),
      Mixing("mimo", .mixup, alpha: 0, weightRoot: 1),
      Mixing("linearmixmo", .mixup),
      Mixing("cutmixmo-p5", .cutmix, probability: 0.5),
      Mixing("cutmixmo-p5-a4", .cutmix, probability: 0.5, alpha: 4),
      Mixing("cutmixmo-p5-r1", .cutmix, probability: 0.5, weightRoot: 1),
      Mixing("cutmixmo-p2", .cutmix, probability: 0.2),
      Mixing("cowmixmo-p5", .cow, probability: 0.5),
    ]
  }

  /// What is done to images before the network, besides crop and flip.
  struct Augmentation: RecipePart {
    let name: String
    var mixing: MixingMethod?
    var method: AugmentationMethod?

    static let all = [
      Augmentation(name: "standard"),
      Augmentation(name: "daaugmix", method: .augmix),
      Augmentation(name: "msdamixup", mixing: .mixup),
      Augmentation(name: "msdacutmix", mixing: .cutmix),
    ]
  }

  /// How often an image is repeated in its batch; the rate falls and the warm-up grows with it.
  struct Schedule: RecipePart {
    let repetitions: Int

    var name: String { "bar\(repetitions)" }

    static let all = [1, 2, 4].map(Schedule.init)
  }
}
