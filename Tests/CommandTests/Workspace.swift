import Datasets
import Formats
import Foundation
import TestSupport
import Testing

/// A folder with a few digits to train on and to test, a small recipe, and what commands make there.
final class Workspace {
  let folder: TemporaryFolder

  /// Writes the first digits as files of the data set `kind`, and a recipe with some lines replaced.
  init(
    epochs: Int = 2, trainCount: Int = 48, testCount: Int = 24, as kind: DatasetKind = .digits,
    _ replacements: [String: String] = [:]
  ) throws {
    folder = try TemporaryFolder()
    try Digits.writeFirst(
      train: trainCount, test: testCount, as: kind, below: folder.file("data"))
    let changes = replacements.merging(["dataset": kind.rawValue]) { mine, _ in mine }
    try AtomicFile.write(
      TestRecipe.small(epochs: epochs, changes).text, to: folder.file("small.yaml"))
  }

  /// A folder whose run below `runs` is trained.
  static func trained(epochs: Int = 1, testCount: Int = 24, as kind: DatasetKind = .digits) throws
    -> Workspace
  {
    let workspace = try Workspace(epochs: epochs, testCount: testCount, as: kind)
    try workspace.requireTraining(save: "runs")
    return workspace
  }

  var configuration: String { folder.file("small.yaml").path }
  var data: String { folder.file("data").path }
  func path(_ name: String) -> String { folder.file(name).path }

  func train(save: String, _ more: String...) -> [String] {
    ["train", "--config", configuration, "--data", data, "--save", path(save)] + more
  }

  func evaluate(save: String, _ more: String...) -> [String] {
    ["evaluate", "--config", configuration, "--data", data, "--save", path(save)] + more
  }

  func bytes(_ name: String) throws -> [UInt8] {
    try FileContents.read(folder.file(name), limit: 1 << 30)
  }

  /// The bytes of every file below a folder, by its path there.
  func files(_ name: String) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for file in try FileManager.default.subpathsOfDirectory(atPath: path(name)) {
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: path("\(name)/\(file)"), isDirectory: &isFolder)
      if !isFolder.boolValue { files[file] = try bytes("\(name)/\(file)") }
    }
    return files
  }

  /// Makes the record in a run's folder that of an older version, which had no SHA-256 of predictions.
  func forgetDigests(_ run: String) throws {
    let url = folder.file("\(run)/run.json")
    let object = try JSONSerialization.jsonObject(with: Data(bytes("\(run)/run.json")))
    var record = try #require(object as? [String: Any])
    for field in ["predictions", "unproven", "history", "precision"] { record[field] = nil }
    try JSONSerialization.data(withJSONObject: record).write(to: url)
  }

  /// Trains, and stops the test where that fails.
  func requireTraining(save: String) throws {
    let run = try MixmoProcess(train(save: save, "--quiet"))
    try #require(run.status == 0, "\(run.errors)")
  }

  /// Trains without interruption, for `expectSameRun` to compare with.
  func trainUndisturbed() throws { try requireTraining(save: "whole") }

  /// Expects the run below `save` to have the files of the undisturbed one, byte for byte, and no other.
  func expectSameRun(
    _ save: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var (whole, other) = (try files("whole/small"), try files("\(save)/small"))
    // The record says how long the evaluation took.
    for record in [whole.removeValue(forKey: "run.json"), other.removeValue(forKey: "run.json")] {
      #expect(record != nil, sourceLocation: sourceLocation)
    }
    #expect(other.keys.sorted() == whole.keys.sorted(), sourceLocation: sourceLocation)
    // Events say when they were written, and how fast the images went by.
    let events = try ["whole", save].map { folder in
      try EventFile.events(of: self.folder.file("\(folder)/small/\(EventFile.name)")).map { event in
        ScalarEvent(
          step: event.step, wallTime: 0,
          scalars: event.scalars.filter { $0.tag != "train/images_per_second" })
      }
    }
    #expect(events[0] == events[1], sourceLocation: sourceLocation)
    for (name, bytes) in whole where name != EventFile.name {
      let isSame = other[name] == bytes
      #expect(isSame, "\(name)", sourceLocation: sourceLocation)
    }
  }
}
