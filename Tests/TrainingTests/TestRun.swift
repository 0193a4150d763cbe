import Datasets
import Formats
import Foundation
import Loading
import Runs
import Tensors
import TestSupport
import Training

/// A training run of the smallest network on digits, in a temporary folder.
final class TestRun: Sendable {
  private let temporary: TemporaryFolder
  private let recipe: String

  init(
    epochs: Int = 2, _ replacements: [String: String] = [:], imageMixing: String? = nil,
    validation: Int? = nil
  ) throws {
    temporary = try TemporaryFolder()
    var recipe = try TestRecipe.small(epochs: epochs, replacements)
    if let imageMixing { recipe.mixImages(by: imageMixing) }
    if let validation { recipe.append("validation: \(validation)\n") }
    self.recipe = recipe.text
  }

  var folder: RunFolder {
    RunFolder(save: temporary.url, configurationFile: URL(filePath: "/small.yaml"))
  }

  /// The configuration of `recipe`, or of this run's own.
  func configuration(_ recipe: TestRecipe? = nil) throws -> RunConfiguration {
    let file = temporary.file("small.yaml")
    try AtomicFile.write(recipe?.text ?? self.recipe, to: file)
    return try RunConfiguration(contentsOf: file)
  }

  /// Trains on the first digits, or on others, or resumes.
  func run(
    seed: UInt64 = 1, threads: Int = 2, images: Int = 48, train: (any Dataset)? = nil,
    test: (any Dataset)? = nil, startsOver: Bool = false, recipe: TestRecipe? = nil,
    stopAfterSteps: Int = .max, keptCount: Int? = nil,
    report: (TrainingEvent) -> Void = { _ in }
  ) throws -> [EpochRecord] {
    let run = try TrainingRun(
      configuration(recipe), folder: folder, train: train ?? Digits.first(images, of: .train),
      test: test ?? Digits.first(20, of: .test), seed: seed, startsOver: startsOver,
      keptCount: keptCount, workers: Workers(count: threads))
    var steps = 0
    return try run.run { event in
      if case .step = event { steps += 1 }
      report(event)
    } isInterrupted: {
      steps >= stopAfterSteps
    }
  }

  func bytes(_ url: URL) throws -> [UInt8] { try FileContents.read(url, limit: 1 << 30) }
}
