import Foundation

/// A training that cannot start or go on.
package enum TrainingError: Error, CustomStringConvertible, Equatable {
  /// The run folder holds a run of another configuration; the first line that differs.
  case otherConfiguration(URL, expected: String, found: String)
  /// The run folder holds a run with another seed.
  case otherSeed(URL, expected: UInt64, found: UInt64)
  /// The run folder holds a run on other training images.
  case otherData(URL, expected: String, found: String)
  /// The run folder holds a run that sums in the other way.
  case otherSums(URL, isExact: Bool)
  /// The file is a checkpoint, but not one that this program resumes from.
  case notResumable(URL, missing: String)
  /// The loss is no number any more.
  case diverged(epoch: Int, step: Int, resume: URL?)
  /// Asked to stop, and saved after so many steps of the epoch.
  case interrupted(epoch: Int, step: Int)
  /// There are more processes than can share a batch of so many images.
  case tooManyProcesses(Int, batch: Int, limit: Int)
  /// These kernels cannot sum exactly.
  case inexactKernels(String)
  /// A process has another value of something than the first one.
  case otherProcess(rank: Int, what: String, expected: String, found: String)
  /// No checkpoint of that epoch was kept.
  case noCheckpoint(URL, epoch: Int?, kept: [Int])
  /// A column or a number of `logs.csv` is missing at this place.
  case malformedLogs(URL, place: String, expected: String, found: String)
  /// The TensorBoard events could not be continued, and were moved.
  case damagedEvents(URL, movedTo: URL)

  package var description: String {
    switch self {
    case .otherConfiguration(let folder, let expected, let found):
      "\(folder.path): the folder belongs to another configuration: expected \"\(expected)\", "
        + "found \"\(found)\"; choose another folder, or start over with --from-scratch"
    case .otherSeed(let folder, let expected, let found):
      "\(folder.path): the folder belongs to a run with seed \(found), not \(expected); give "
        + "--seed \(found), or start over with --from-scratch"
    case .otherData(let folder, let expected, let found):
      "\(folder.path): the folder belongs to a run on other images: expected SHA-256 \(expected), "
        + "found \(found); start over with --from-scratch"
    case .otherSums(let folder, let isExact):
      "\(folder.path): the folder belongs to a run \(isExact ? "with" : "without") exact sums; "
        + "\(isExact ? "give" : "leave out") --exact-sums, or start over with --from-scratch"
    case .notResumable(let url, let missing):
      "\(url.path): expected a checkpoint to resume from, found one without \(missing)"
    case .diverged(let epoch, let step, let resume):
      "the loss became infinite or no number in epoch \(epoch), step \(step); "
        + (resume.map { "the last good checkpoint is \($0.path)" } ?? "there is no checkpoint yet")
    case .interrupted(let epoch, let step):
      "interrupted after step \(step) of epoch \(epoch), and saved"
    case .tooManyProcesses(let count, let batch, let limit):
      "\(count) processes share batches of \(batch) images: expected at most \(limit); start fewer"
        + (limit < batch ? ", or leave out --exact-sums" : "")
    case .inexactKernels(let name):
      "--exact-sums: expected a processor with AVX2, found the kernels \"\(name)\", whose products "
        + "depend on how a batch is shared; leave it out"
    case .otherProcess(let rank, let what, let expected, let found):
      "process \(rank) has other \(what) than process 0: expected \"\(expected)\", found "
        + "\"\(found)\"; all must read the same files with the same program"
    case .noCheckpoint(let folder, let epoch, let kept):
      "\(folder.path): no checkpoint of \(epoch.map { "epoch \($0)" } ?? "any epoch"); kept are "
        + (kept.isEmpty ? "none" : kept.map(String.init).joined(separator: ", "))
    case .malformedLogs(let logs, let place, let expected, let found):
      "\(logs.path): \(place): expected \(expected), found \"\(found)\"; correct it, or name the "
        + "epoch of the checkpoint"
    case .damagedEvents(let events, let place):
      "\(events.path): the TensorBoard events are damaged; they are in \(place.lastPathComponent) "
        + "now, and are written anew from the records of the run"
    }
  }
}
