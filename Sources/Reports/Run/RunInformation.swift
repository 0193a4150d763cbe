import Formats
import Foundation

/// What made a run's figures: the part of `run.json` that a reader of results needs.
///
/// Fields that older or other writers leave out are nil.
package struct RunInformation: Decodable, Sendable, Equatable {
  package struct Origin: Decodable, Sendable, Equatable {
    package let run: String
    package let dataset: String
    package let images: Int
    /// SHA-256 of the checkpoint file, or of the files of predictions.
    package let checkpoint: String
    /// SHA-256 of the test images and labels.
    package let data: String
    /// SHA-256 of the table of corruptions, or `files`; nil without corruptions.
    package let suite: String?
    package let seed: UInt64
    package let version: String
  }

  package struct Scoring: Decodable, Sendable, Equatable {
    package let calibrations: [String]
    /// What calibrations were fitted on: `clean-halves`, `validation` or `cv`.
    package let fitting: String
    /// Draws of the bootstrap behind the intervals.
    package let draws: Int
    /// The family of each corruption, by its published name.
    package let families: [String: String]?
  }

  package let origin: Origin
  /// SHA-256 of the corrupted images that were read from files, by cell.
  package let cells: [String: String]?
  /// The configuration of the network's training, in YAML.
  package let configuration: String?
  package let threads: Int?
  package let scoring: Scoring?
  package let durationSeconds: Double?

  /// Reads `run.json` of a run's folder.
  ///
  /// - Throws: `ReportsError.missingFile`, `ReportsError.unreadableRecord`, or `FileError`.
  package init(of folder: URL) throws {
    let url = folder.appendingPathComponent("run.json")
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw ReportsError.missingFile(folder, url.lastPathComponent)
    }
    let bytes = try FileContents.read(url, limit: 1 << 20)
    do {
      self = try JSONDecoder().decode(RunInformation.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw ReportsError.unreadableRecord(url, Self.problem(error))
    }
  }

  private static func problem(_ error: DecodingError) -> String {
    func place(_ context: DecodingError.Context) -> String {
      context.codingPath.map(\.stringValue).joined(separator: ".")
    }
    return switch error {
    case .keyNotFound(let key, let context):
      "expected the field \((place(context) + "." + key.stringValue).drop { $0 == "." })"
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      "\(place(context)): expected \(type)"
    default: "expected JSON"
    }
  }
}

extension RunInformation {
  /// Whether `score` made the run, whose record knows labels and no images.
  var isOfAnybodysPredictions: Bool { origin.dataset == "predictions" }

  /// What two runs on the same corrupted images share: by field, this run's and the other's.
  ///
  /// The images are those of `cells`, named as in `fog-3`.
  func corruptionFields(
    beside other: RunInformation, cells names: [String]
  ) -> [(String, String, String)] {
    var fields = [("suite", origin.suite ?? "none", other.origin.suite ?? "none")]
    fields += names.map { name in
      ("images of \(name)", cells?[name] ?? "none", other.cells?[name] ?? "none")
    }
    // Corruptions that were made here depend on the seed; those of files and clean images do not.
    if let suite = origin.suite, suite != "files" {
      fields.append(("seed of the corruptions", "\(origin.seed)", "\(other.origin.seed)"))
    }
    return fields
  }
}
