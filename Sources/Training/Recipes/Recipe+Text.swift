import Foundation

extension Recipe {
  /// The configuration file: how to run it, what was published, and the standard template filled.
  package var text: String {
    get throws {
      let command =
        "#   mixmo train --config config/\(collection.folder)/\(name).yaml --data DATA "
        + "--save RUNS\n"
      return try command + publishedLine + milestoneLine
        + RecipeTemplate.standard.filled(for: self)
    }
  }

  private var publishedLine: String {
    guard !publishedAccuracies.isEmpty else { return "" }
    let figures = publishedAccuracies.map { String(format: "%.2f", $0) }
    return "# Published top-1 accuracy on the clean test set: "
      + "\(figures.joined(separator: " and ")) %.\n"
  }

  private var milestoneLine: String {
    collection.training.milestones.contains { $0 < 1 }
      ? "# Milestone -1, as in the published file, is never reached.\n" : ""
  }

  /// What the placeholders of the reference's template stand for.
  var values: [String: String] {
    let (training, repetitions) = (collection.training, schedule.repetitions)
    return [
      "dataset_name": collection.datasetName,
      "num_classes": "\(collection.classCount)",

      "num_members": "\(network.memberCount)",
      "classifier": network.network.name.rawValue,
      "depth": "\(network.network.depth)",
      "widen_factor": "\(network.network.widenFactor)",

      "mixmo_mix_method_name": mixing.method?.rawValue ?? "null",
      "mixmo_mix_prob": Self.text(mixing.probability),
      "mixmo_alpha": Self.text(mixing.alpha),
      "mixmo_weight_root": Self.text(mixing.weightRoot),

      "msda_mix_method": augmentation.mixing?.rawValue ?? "null",
      "da_method": augmentation.method?.rawValue ?? "null",

      "nb_epochs": "\(training.epochCount)",
      "batch_size": "\(training.batchSize)",
      "batch_repetitions": "\(repetitions)",
      "lrinit": Self.text(training.learningRate / Double(repetitions)),
      "warmup_period": "\(training.warmupSteps * repetitions)",
      "weight_decay_sgd": Self.text(training.weightDecay),
      "l2_reg": Self.text(training.l2Penalty),
      "milestone1": "\(training.milestones[0])",
      "milestone2": "\(training.milestones[1])",
      "milestone3": "\(training.milestones[2])",
    ]
  }

  /// The number, whole ones without a point.
  private static func text(_ number: Double) -> String {
    number == number.rounded() ? "\(Int(number))" : "\(number)"
  }
}
