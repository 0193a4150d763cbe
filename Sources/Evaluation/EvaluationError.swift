import Foundation
import Runs
import Scoring

/// An evaluation that cannot go on.
package enum EvaluationError: Error, CustomStringConvertible, Equatable {
  /// The stage at which an evaluation was interrupted.
  package enum Stage: Sendable, Equatable {
    case checking
    case predicting(Cell)
    case scoring
  }

  /// The evaluation was interrupted.
  case interrupted(Stage)
  /// The images that were opened for one cell are those of another.
  case otherCell(expected: Cell, found: Cell)
  /// A model answered a batch of so many images with logits of another shape than [N, M, K].
  case otherOutput(imageCount: Int, found: [Int])
  /// A model answers images otherwise than the predictions of them that a folder holds.
  case changedModel(URL)
  /// A model answered other batches than it was given.
  case unexpectedAnswer
  /// Every calibration that was asked for is one of several members, and there is one.
  case nothingToCalibrate([String], classCount: Int)
  /// A list of names of classes is not one of the predictions' classes.
  case otherClassNames(expected: Int, found: Int)
  /// The tables of a folder have a cell whose predictions it lacks.
  case missingCell(URL, Cell)
  /// A cell was asked for that was not given.
  case noPredictions(Cell)
  /// Calibrations were fitted on images whose predictions the folder does not hold.
  case noValidationSet(URL)
  /// Predictions of images of no class have another form than those that they are told from.
  case otherOutOfDistribution(String, file: URL, expected: String, found: String)
  /// The tables of a folder have images of no class whose predictions it lacks.
  case noOutOfDistribution(String, URL)
  /// A folder holds a shard, which cannot be scored by itself.
  case isShard(URL, Shard)
  /// There are no predictions of images that were kept for validation.
  case noValidation
  /// A folder holds no shard of an evaluation.
  case noShard(URL)
  /// A folder is not what `score --cells` leaves, and another one is.
  case noCells(URL, as: URL)
  /// Shards that are missing, and shards that several folders hold.
  case otherShards(count: Int, missing: [Int], doubled: [Int: [String]])
  /// A shard that was not finished lacks a cell.
  case unfinishedShard(URL, Shard, cell: Cell)

  package var description: String {
    switch self {
    case .interrupted: "interrupted"
    case .otherCell(let expected, let found):
      "opening \(expected.name): expected its images, found those of \(found.name); check the files "
        + "with mixmo data verify"
    case .otherOutput(let imageCount, let found):
      "the model: expected logits of shape [\(imageCount), members, classes] for a batch, found \(found)"
    case .changedModel(let url):
      "\(url.path): expected the answers of --model to the first clean images, found others: has a "
        + "checkpoint changed that the command does not name? Choose another --output, and name the "
        + "checkpoint with --model-file; a program that draws random numbers must take the seed from the "
        + "batch"
    case .unexpectedAnswer: "the model: expected an answer to each batch, found others"
    case .nothingToCalibrate(let names, let classCount):
      "\(names.listed()): for several members, and the predictions have one, or for fewer classes than "
        + "\(classCount); ask for other calibrations, such as --calibration none,temperature"
    case .otherClassNames(let expected, let found):
      "--classes-named: expected the names of \(expected) classes, one on each line, found \(found)"
    case .missingCell(let url, let cell):
      "\(url.path): its tables have \(cell.name), of which it holds no predictions; evaluate this cell as "
        + "well, or leave it out of the tables with --only"
    case .noPredictions(let cell):
      "\(cell.name): expected its predictions, found none; give them with the others"
    case .noValidationSet(let url):
      "\(url.path): its calibrations were fitted on a validation set, which the folder does not hold; "
        + "give --validation-logits and --validation-labels with --logits, or choose --fitting "
        + "clean-halves"
    case .otherOutOfDistribution(let name, let url, let expected, let found):
      "\(url.path): --ood \(name): expected \(expected), as the images that it is told from have, found "
        + found
    case .noOutOfDistribution(let name, let url):
      "\(url.path): expected the predictions of the images of no class \(name), found none; give --ood "
        + "\(name)=… again, or leave it out of the tables with --only"
    case .isShard(let url, let shard):
      "\(url.path): holds shard \(shard) of an evaluation; put the shards together with mixmo merge"
    case .noValidation:
      "--fitting validation: expected predictions of the images that the run kept for validation, found "
        + "none; mixmo evaluate makes them of a checkpoint of mixmo train --validation"
    case .noShard(let url):
      "\(url.path): expected a shard of an evaluation, as mixmo evaluate --shard leaves it, found none"
    case .noCells(let url, let other):
      "\(url.path): expected a folder of mixmo score --cells, as \(other.path) is, found none; merge such "
        + "folders, or shards, alone"
    case .otherShards(let count, let missing, let doubled):
      "expected each of \(count) shards once"
        + (missing.isEmpty
          ? "" : "; missing: \(missing.map { "\($0)/\(count)" }.joined(separator: ", "))")
        + doubled.sorted { $0.key < $1.key }.map {
          "; \($0.key)/\(count) is in \($0.value.joined(separator: " and "))"
        }.joined()
    case .unfinishedShard(let url, let shard, let cell):
      "\(url.path): shard \(shard) lacks \(cell.name); run its command again to continue there"
    }
  }
}
