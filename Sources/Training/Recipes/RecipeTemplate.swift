import Formats
import Foundation

/// A configuration file with placeholders `%(name)s`, as in MixMo's generator of experiments; `%%`
/// stands for `%`.
package struct RecipeTemplate: Sendable {
  private let text: String
  private let file: URL

  /// Reads a template of at most `ConfigurationFile.maximumSize` bytes.
  ///
  /// - Throws: `FileError` or `FileFormError`.
  package init(contentsOf url: URL) throws {
    let text = try FileText.read(
      url, limit: ConfigurationFile.maximumSize, expecting: "a template of YAML")
    self.init(text: text, file: url)
  }

  /// The template `text`; error messages name `file`.
  package init(text: String, file: URL) {
    self.text = text
    self.file = file
  }

  /// The template with its placeholders replaced by the recipe's values.
  ///
  /// - Throws: `ConfigurationError` that names file, line and placeholder.
  package func filled(for recipe: Recipe) throws -> String {
    let values = recipe.values
    var filled = ""
    var rest = text[...]
    while let mark = rest.firstIndex(of: "%") {
      filled += rest[..<mark]
      rest = rest[rest.index(after: mark)...]
      if rest.first == "%" {
        filled += "%"
        rest = rest.dropFirst()
        continue
      }
      guard let placeholder = rest.prefixMatch(of: #/\(([^()\n]*)\)s/#) else {
        throw error(at: mark, "expected %(name)s, or %% for a single %")
      }
      guard let value = values[String(placeholder.1)] else {
        throw error(
          at: mark,
          "unknown placeholder %\(String(placeholder.0).oneLine); known are "
            + values.keys.sorted().joined(separator: ", "))
      }
      filled += value
      rest = rest[placeholder.range.upperBound...]
    }
    filled += rest
    try check(filled, recipe.network.memberCount)
    return filled
  }

  /// Makes sure that the loss reads every member's logits, where it reads any.
  private func check(_ filled: String, _ memberCount: Int) throws {
    guard let last = text.ranges(of: "logits_").last,
      let missing = (0..<memberCount).first(where: { !filled.contains("logits_\($0)") })
    else { return }
    throw error(
      at: last.lowerBound,
      "no term of the loss reads logits_\(missing), of \(memberCount) members; add "
        + "%(further_loss_terms)s behind the target of the third term")
  }

  private func error(at index: String.Index, _ problem: String) -> ConfigurationError {
    ConfigurationError(file, 1 + text[..<index].count(where: \.isNewline), [], problem)
  }
}

// MARK: A recipe as a configuration file

extension Recipe {
  /// The configuration file: the command that runs it, the published accuracy, and the standard
  /// template filled in.
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
    let accuracies = publishedAccuracies.map { String(format: "%.2f", $0) }
    return "# Published top-1 accuracy on the clean test set: "
      + "\(accuracies.joined(separator: " and ")) %.\n"
  }

  private var milestoneLine: String {
    guard collection.training.milestones.contains(where: { $0 < 1 }) else { return "" }
    let origin = collection.published.isEmpty ? "" : ", as in the published file,"
    return "# Milestone -1\(origin) is never reached.\n"
  }

  /// The values of the placeholders of the reference's template, and of `dataset`,
  /// `proba_input_repetition` and `further_loss_terms`, which it lacks.
  var values: [String: String] {
    let (training, repetitions) = (collection.training, schedule.repetitions)
    let values = [
      "dataset": collection.dataset.rawValue,
      "num_classes": "\(collection.dataset.classCount)",

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

      "proba_input_repetition": Self.text(
        network.memberCount == 1 ? 0 : training.inputRepetitionProbability),
      "further_loss_terms": furtherLossTerms,
    ]
    guard let name = collection.datasetName else { return values }
    return values.merging(["dataset_name": name]) { $1 }
  }

  /// The terms of the loss beyond the third, each behind a line break.
  private var furtherLossTerms: String {
    (3..<max(3, network.memberCount)).map { member in
      """

            - name: soft_cross_entropy
              display_name: ce\(member)
              coeff: "<num_members"
              input: logits_\(member)
              target: target_\(member)
      """
    }.joined()
  }

  /// The number, without a decimal point if it is whole.
  private static func text(_ number: Double) -> String {
    number == number.rounded() ? "\(Int(number))" : "\(number)"
  }
}

// MARK: The standard template

extension RecipeTemplate {
  /// The template of the shipped configurations, which has every placeholder but `dataset_name`.
  package static let standard = RecipeTemplate(text: standardText, file: URL(filePath: "template"))

  private static let standardText = """
    num_members: %(num_members)s

    data:
      dataset: %(dataset)s
      num_classes: %(num_classes)s

    training:
      nb_epochs: %(nb_epochs)s
      batch_size: %(batch_size)s
      dataset_wrapper:
        mixmo:
          mix_method:
            method_name: %(mixmo_mix_method_name)s
            prob: %(mixmo_mix_prob)s
            replacement_method_name: mixup
          alpha: %(mixmo_alpha)s
          weight_root: %(mixmo_weight_root)s
        msda:
          beta: 1
          prob: 0.5
          mix_method: %(msda_mix_method)s
        da_method: %(da_method)s
      batch_sampler:
        batch_repetitions: %(batch_repetitions)s
        proba_input_repetition: %(proba_input_repetition)s

    model_wrapper:
      name: classifier
      network:
        name: %(classifier)s
        depth: %(depth)s
        widen_factor: %(widen_factor)s
      loss:
        listloss:
          - name: soft_cross_entropy
            display_name: ce0
            coeff: 1
            input: logits_0
            target: target_0
          - name: soft_cross_entropy
            display_name: ce1
            coeff: "<num_members"
            input: logits_1
            target: target_1
          - name: soft_cross_entropy
            display_name: ce2
            coeff: "<num_members"
            input: logits_2
            target: target_2%(further_loss_terms)s
        name: multitask
        display_name: main
        l2_reg: %(l2_reg)s
      metrics:
        - accuracy
      metrics_only_test:
        - nll
        - accuracytop5
        - diversity
        - ece
        - auc
        - brier
      optimizer:
        name: sgd
        params:
          lr: %(lrinit)s
          momentum: 0.9
          weight_decay: %(weight_decay_sgd)s
          nesterov: True
      warmup_period: %(warmup_period)s
      lr_schedule:
        name: multigamma_step
        params:
          dict_milestone_to_gamma:
            %(milestone1)s: 0.1
            %(milestone2)s: 0.1
            %(milestone3)s: 0.1

    """
}
