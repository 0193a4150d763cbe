import Datasets

/// The recipes for one data set, and the settings that they share.
package enum RecipeCollection: String, CaseIterable, Sendable {
  case cifar10, cifar100
  case tinyImageNet = "tinyimagenet"
  case digits

  /// The folder of the shipped files, below `config`.
  package var folder: String { self == .tinyImageNet ? "tiny" : rawValue }

  var dataset: DatasetKind {
    switch self {
    case .cifar10: .cifar10
    case .cifar100: .cifar100
    case .tinyImageNet: .tinyimagenet200
    case .digits: .digits
    }
  }

  /// The data set's name without its number of classes; nil if it has none.
  var datasetName: String? {
    let (name, classes) = (dataset.rawValue, "\(dataset.classCount)")
    return name.hasSuffix(classes) ? String(name.dropLast(classes.count)) : nil
  }

  /// Whether the networks are WideResNets, not PreActResNets.
  var isWide: Bool { self != .tinyImageNet }

  /// The training settings of a data set, with the learning rate and warm-up of `bar1`.
  struct Training: Sendable {
    let epochCount: Int
    let batchSize: Int
    let learningRate: Double
    let warmupSteps: Int
    let weightDecay: Double
    let l2Penalty: Double
    /// The epochs that each divide the learning rate by ten from then on; −1, as in the reference's
    /// files, is never reached.
    let milestones: [Int]  // [3]
    /// The fraction of a batch in which several subnetworks see the same image.
    var inputRepetitionProbability = 0.0
  }

  var training: Training {
    switch self {
    case .cifar10, .cifar100:
      Training(
        epochCount: 300, batchSize: 64, learningRate: 0.05, warmupSteps: 782, weightDecay: 0,
        l2Penalty: 0.0003, milestones: [101, 201, 226])
    case .tinyImageNet:
      Training(
        epochCount: 1200, batchSize: 100, learningRate: 0.2, warmupSteps: 1000,
        weightDecay: 0.0001, l2Penalty: 0, milestones: [600, 900, -1])
    case .digits:
      // Those of the demo.
      Training(
        epochCount: 20, batchSize: 32, learningRate: 0.1, warmupSteps: 44, weightDecay: 0,
        l2Penalty: 0.0003, milestones: [14, 18, -1], inputRepetitionProbability: 0.6)
    }
  }
}

// MARK: The shipped recipes

extension RecipeCollection {
  /// The recipes in the folder `config`, and their published top-1 accuracies on the clean test set
  /// in percent.
  var published: [(recipe: String, accuracies: [Double])] {
    switch self {
    case .cifar10:
      [
        ("wrn2810_1net_standard_bar1", [96.37]),
        ("wrn2810_1net_msdamixup_bar1", [97.07]),
        ("wrn2810_1net_msdacutmix_bar1", [97.28]),
        ("wrn2810-2_mimo_standard_bar4", [96.71]),
        ("wrn2810-2_linearmixmo_standard_bar4", [96.88]),
        ("wrn2810-2_cutmixmo-p5_standard_bar4", [97.52]),
        ("wrn2810-2_linearmixmo_msdacutmix_bar4", [97.73]),
        ("wrn2810-2_cutmixmo-p5_msdacutmix_bar4", [97.83]),
      ]
    case .cifar100:
      [
        ("wrn2810_1net_standard_bar1", [81.79]),
        ("wrn2810_1net_msdamixup_bar1", [83.43]),
        ("wrn2810_1net_msdacutmix_bar1", [83.95]),
        ("wrn2810-2_mimo_standard_bar4", [82.92]),
        ("wrn2810-2_linearmixmo_standard_bar4", [82.96]),
        ("wrn2810-2_cutmixmo-p5_standard_bar4", [85.52, 85.59]),
        ("wrn2810-2_linearmixmo_msdacutmix_bar4", [85.36, 85.57]),
        ("wrn2810-2_cutmixmo-p5_msdacutmix_bar4", [85.77, 85.92]),
      ]
    case .tinyImageNet:
      [
        ("res18_1net_standard_bar1", [62.75]),
        ("res18_1net_msdamixup_bar1", []),
        ("res18_1net_msdacutmix_bar1", []),
        ("res182_1net_standard_bar1", [64.91]),
        ("res183_1net_standard_bar1", [65.84]),
        ("res18-2_linearmixmo_standard_bar4", [62.91]),
        ("res18-2_cutmixmo-p5_standard_bar4", [64.32]),
        ("res182-2_linearmixmo_standard_bar4", [67.03]),
        ("res182-2_cutmixmo-p5_standard_bar4", [69.12]),
        ("res183-2_linearmixmo_standard_bar4", [68.36]),
        ("res183-2_cutmixmo-p5_standard_bar4", [70.23]),
      ]
    case .digits: []
    }
  }
}
