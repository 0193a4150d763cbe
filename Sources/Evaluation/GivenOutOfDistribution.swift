// N images, M members, K classes.

import Formats
import Foundation
import PredictionFiles
import Predictions
import Runs
import Scoring

/// Anybody's predictions of images of no class, in files.
package struct GivenOutOfDistribution: Sendable {
  package let name: String
  /// What a user should know about the files.
  package let notes: [String]
  let predictions: PredictionArray
  private let files: [URL]

  /// Reads predictions of the same form as those of the images that they are told from.
  ///
  /// - Parameters:
  ///   - name: The name of the set.
  ///   - files: One file, or one for each member.
  ///   - reader: What reads them.
  ///   - clean: The predictions of the clean images: their members, classes and kind of numbers are expected.
  /// - Throws: `EvaluationError.otherOutOfDistribution` where they have others; what
  ///   `PredictionReader.readUnlabeled(_:)` throws; `PredictionFileError` for numbers that cannot be scored.
  package init(
    _ name: String, _ files: [URL], _ reader: PredictionReader, like clean: LabeledLogits
  ) throws {
    var reader = reader
    reader.areProbabilities = reader.areProbabilities ?? (clean.numbers == .probabilities)
    let (predictions, notes) = try reader.readUnlabeled(files)
    func form(_ members: Int, _ classes: Int, _ numbers: PredictionNumbers) -> String {
      "\(numbers.rawValue) of \(members) member\(members == 1 ? "" : "s") over \(classes) classes"
    }
    let expected = form(clean.memberCount, clean.classCount, clean.numbers)
    let found = form(predictions.memberCount, predictions.classCount, predictions.numbers)
    guard expected == found else {
      throw EvaluationError.otherOutOfDistribution(
        name, file: files[0], expected: expected, found: found)
    }
    self.name = name
    self.files = files
    self.notes = notes
    self.predictions = predictions
    _ = try logits
  }

  /// The predictions, with labels that say nothing.
  var logits: LabeledLogits {
    get throws {
      try predictions.labeled([Int](repeating: 0, count: predictions.rowCount), from: files[0])
    }
  }

  /// What the record of a run says of them.
  var record: RunRecord.OtherImages {
    get throws {
      RunRecord.OtherImages(
        images: predictions.rowCount, data: try Digest(ofFiles: files).description,
        source: files.map(\.relativePath), arePredictions: true)
    }
  }

  /// Stores them in the folder of a run.
  func store(in folder: RunFolder) throws {
    try folder.predictions.outOfDistribution(name).store(
      predictions, of: .clean, labels: .unlabeled(predictions.rowCount))
  }
}

extension [Int] {
  /// The labels of images of no class.
  static func unlabeled(_ count: Int) -> [Int] { [Int](repeating: -1, count: count) }
}

extension PredictionStore {
  /// The sets of images of no class of these names.
  ///
  /// - Throws: `EvaluationError.noOutOfDistribution` where one is not there;
  ///   what `unlabeledLogits(memberCount:classCount:)` throws.
  func outOfDistributionSets(
    _ names: [String], memberCount: Int, classCount: Int
  ) throws -> [OutOfDistributionSet] {
    try names.map { name in
      let store = outOfDistribution(name)
      guard store.contains(.clean) else {
        throw EvaluationError.noOutOfDistribution(name, store.folder)
      }
      return OutOfDistributionSet(
        name: name,
        logits: try store.unlabeledLogits(memberCount: memberCount, classCount: classCount))
    }
  }
}
