import Foundation
import Scoring

/// An evaluation that cannot go on.
package enum EvaluationError: Error, CustomStringConvertible, Equatable {
  /// A prediction file is of another shape than the evaluation's `[N, M, K]`.
  case otherShape(URL, expected: [Int], found: [Int])
  /// Images that were asked for as those of one cell, and were read from the place of another.
  case otherCell(expected: Cell, found: Cell)
  /// The folder holds an evaluation of something else.
  case otherEvaluation(URL, field: String, expected: String, found: String)
  /// A table of a run that something is read from lacks it.
  case unusableTable(URL, String)
  /// A folder holds no shard of an evaluation.
  case noShard(URL)
  /// Shards that are not there, and shards that several folders hold.
  case otherShards(count: Int, missing: [Int], doubled: [Int: [String]])
  /// A shard that was not finished lacks a cell.
  case unfinishedShard(URL, Shard, cell: Cell)
  /// The folder's record is not one of ours.
  case unreadableRecord(URL, String)

  package var description: String {
    switch self {
    case .otherShape(let url, let expected, let found):
      "\(url.path): expected logits of shape \(expected), found \(found); remove the file to make it"
        + " again"
    case .otherCell(let expected, let found):
      "opening \(expected.name): expected its images, found those of \(found.name); check the files "
        + "with mixmo data verify"
    case .otherEvaluation(let url, let field, let expected, let found):
      "\(url.path): the folder belongs to another evaluation: \(field): expected \(expected), found "
        + "\(found); remove its run.json and predictions, or choose another folder"
    case .unusableTable(let url, let problem): "\(url.path): \(problem)"
    case .noShard(let url):
      "\(url.path): expected a shard of an evaluation, as mixmo evaluate --shard leaves it, found none"
    case .otherShards(let count, let missing, let doubled):
      "expected each of \(count) shards once"
        + (missing.isEmpty
          ? "" : "; missing: \(missing.map { "\($0)/\(count)" }.joined(separator: ", "))")
        + doubled.sorted { $0.key < $1.key }.map {
          "; \($0.key)/\(count) is in \($0.value.joined(separator: " and "))"
        }.joined()
    case .unfinishedShard(let url, let shard, let cell):
      "\(url.path): shard \(shard) lacks \(cell.name); start its command again, which goes on there"
    case .unreadableRecord(let url, let problem):
      "\(url.path): not the record of an evaluation: \(problem)"
    }
  }
}
