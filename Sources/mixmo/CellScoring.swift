import ArgumentParser
import Corruptions
import Evaluation
import Formats
import Foundation
import PredictionFiles
import Runs
import Scoring

/// `mixmo score --cells`: anybody's predictions of clean and corrupted images.
extension ScoreCommand {
  /// Checks that `--logits` is not given what `--cells` takes.
  func checkIsOneCell() throws {
    for path in logits {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
        isFolder.boolValue
      else { continue }
      throw ValidationError(
        "--logits: expected files of one cell, found the folder \(path.oneLine); --cells takes a "
          + "folder with a file for each cell.")
    }
    let names = CellFileName.publishedCells(of: logits.map(url))
    guard names.count > 1 else { return }
    throw ValidationError(
      "--logits: expected files of one cell, one for each member, found those of \(names.listed()); "
        + "--cells takes the folder of such files.")
  }

  /// That a file which is named as a corrupted cell is scored as the clean one.
  var noteOfCorruption: [String] {
    let names = CellFileName.publishedCells(of: logits.map(url)).filter { $0 != Cell.clean.name }
    return names.map {
      "\($0), as the file is named, is scored as the clean images: --logits takes one cell; --cells "
        + "scores it with the clean images, under its name"
    }
  }

  /// Scores the cells in folders; `labels` has the classes of the clean images.
  func scoreCells(labels: URL) throws {
    var reader = self.reader
    let kinds = try suiteKinds
    let others =
      [labels]
      + (validationLogits + [validationLabels, scoring.additions.softLabels].compactMap { $0 })
      .map(url)
    let folders = try CellFolders(cells.map(url), besides: others, kinds: kinds, reader)
    let cells = try CellReader(folders, labels: labels, mask: classMask.mask, reader)
    reader.columns = cells.columns
    let validationRows = try validationLabels.map { labels in
      try reader.read(validationLogits.map(url), labels: url(labels))
    }
    let clean = try cells.check(.clean)
    let (members, note) = try predictions.members(clean.memberCount, in: folders.cleanFiles)
    let softLabels = try scoring.additions.softLabels(
      cells.selection, of: Self.eachLabel, classCount: clean.classCount)
    let sets = try outOfDistribution.read(reader, like: clean)
    let given = GivenCells(
      cells,
      validation: validationRows.map { rows in
        GivenCells.Validation(
          rows, files: validationLogits.map(url), labelFile: url(validationLabels ?? ""))
      }, runName: folderName, members: members, folder: output.map { RunFolder(url($0)) },
      notes: note, seed: common.seed, version: Mixmo.version)
    try score(
      given, named: folderName, validation: validationRows, softLabels: softLabels, sets,
      kinds: kinds)
  }

  /// The corruptions of the suite.
  private var suiteKinds: [CorruptionKind] {
    get throws {
      let table = try suite.map(SelectedSuite.url) ?? SelectedSuite.standardURL(for: .cifar10)
      return try SelectedSuite(table, names: []).suite.kinds
    }
  }

  /// The run's name where cells are scored: that of the first folder or, where this is the `predictions` of
  /// a run, of the folder above.
  private var folderName: String {
    if let name { return name }
    let folder = url(cells[0]).standardizedFileURL
    let store = RunFolder(folder.deletingLastPathComponent()).predictions.folder
    return folder.lastPathComponent == store.lastPathComponent
      ? folder.deletingLastPathComponent().lastPathComponent : folder.lastPathComponent
  }
}
