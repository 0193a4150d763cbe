import Foundation
import Tensors

/// An error that keeps a training from starting or continuing.
package enum TrainingError: Error, CustomStringConvertible, Equatable {
  /// The run folder holds a run of another configuration; the first line that differs.
  case otherConfiguration(URL, expected: String, found: String)
  /// The run folder holds a run with another seed.
  case otherSeed(URL, expected: UInt64, found: UInt64)
  /// The run folder holds a run that keeps another number of images for validation; nil for none.
  case otherValidation(URL, expected: Int?, found: Int?)
  /// The run folder holds a run on other training images.
  case otherData(URL, expected: String, found: String)
  /// The checkpoint is of no run that keeps images for validation.
  case noValidation(URL)
  /// The checkpoint is of a run on other training images.
  case otherTrainingImages(URL, expected: String, found: String)
  /// The run folder holds a run with the other way to sum over batches.
  case otherSums(URL, isExact: Bool)
  /// The folder's run computes with another precision.
  case otherPrecision(URL, expected: Precision, found: Precision)
  /// The file is a checkpoint, but lacks what this program needs to resume.
  case notResumable(URL, missing: String)
  /// The loss or the weights are no longer finite.
  case diverged(URL, epoch: Int, step: Int, resume: URL?)
  /// The run was interrupted, and saved after so many steps of the epoch.
  case interrupted(epoch: Int, step: Int)
  /// More processes than can share a batch of so many images.
  case tooManyProcesses(Int, batch: Int, limit: Int)
  /// The kernels of this processor cannot sum exactly.
  case inexactKernels(String)
  /// A process has another value than the first one.
  case otherProcess(rank: Int, what: String, expected: String, found: String)
  /// The TensorBoard events were damaged, and were moved.
  case damagedEvents(URL, movedTo: URL)

  package var description: String {
    switch self {
    case .otherConfiguration(let folder, let expected, let found):
      "\(folder.path): the folder belongs to another configuration: expected \"\(expected)\", "
        + "found \"\(found)\"; choose another folder, or start over with --from-scratch"
    case .otherSeed(let folder, let expected, let found):
      "\(folder.path): the folder belongs to a run with seed \(found), not \(expected); give "
        + "--seed \(found), or start over with --from-scratch"
    case .otherValidation(let folder, let expected, let found):
      "\(folder.path): the folder belongs to a run that keeps \(Self.images(found)) for validation, "
        + "not \(Self.images(expected)); give --validation \(found ?? 0), or start over with "
        + "--from-scratch"
    case .otherData(let folder, let expected, let found):
      "\(folder.path): the folder belongs to a run on other images: expected SHA-256 \(expected), "
        + "found \(found); start over with --from-scratch"
    case .noValidation(let checkpoint):
      "\(checkpoint.path): --fitting validation needs a checkpoint of mixmo train --validation, whose run "
        + "keeps images for it; fit on --fitting clean-halves"
    case .otherTrainingImages(let checkpoint, let expected, let found):
      "\(checkpoint.path): its run is trained on other images than those below --data: expected SHA-256 "
        + "\(expected), found \(found); name the folder of its images"
    case .otherSums(let folder, let isExact):
      "\(folder.path): the folder belongs to a run \(isExact ? "with" : "without") exact sums; "
        + "\(isExact ? "give" : "leave out") --exact-sums, or start over with --from-scratch"
    case .otherPrecision(let folder, let expected, let found):
      "\(folder.path): the folder belongs to a run of --precision \(found.rawValue), and this one "
        + "computes with \(expected.rawValue); give --precision \(found.rawValue)"
        + (found == .highest ? "" : " on a processor that has it")
        + ", or start over with --from-scratch"
    case .notResumable(let url, let missing):
      "\(url.path): expected a checkpoint to resume from, found one without \(missing)"
    case .diverged(let folder, let epoch, let step, let resume):
      "\(folder.path): the loss became infinite or NaN in epoch \(epoch), step \(step); "
        + (resume.map { "the last good checkpoint is \($0.path)" } ?? "there is no checkpoint yet")
    case .interrupted(let epoch, let step):
      "interrupted after step \(step) of epoch \(epoch), and saved"
    case .tooManyProcesses(let count, let batch, let limit):
      "\(count) processes share batches of \(batch) images: expected at most \(limit); start fewer"
        + (limit < batch ? ", or leave out --exact-sums" : "")
    case .inexactKernels(let name):
      "--exact-sums: expected a processor with AVX2, found the kernels \"\(name)\", whose results "
        + "depend on how a batch is divided; leave out --exact-sums"
    case .otherProcess(let rank, let what, let expected, let found):
      "process \(rank): \(what): expected \"\(expected)\" as in process 0, found \"\(found)\"; all "
        + "processes must run the same program on the same files"
    case .damagedEvents(let events, let moved):
      "\(events.path): the TensorBoard events are damaged; moved to \(moved.lastPathComponent), and "
        + "written again from the records of the run"
    }
  }

  private static func images(_ count: Int?) -> String {
    count.map { "\($0) images" } ?? "no images"
  }
}
