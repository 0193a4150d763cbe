import Evaluation
import Formats
import PredictionFiles
import Scoring
import TestSupport
import Testing

/// Checks of given cells that need all their files.
struct GivenCellsTests {
  @Test func `tables that name the classes in another order, and options without a file`() throws {
    let folder = try TemporaryFolder()
    let labels = folder.file("y.npy")
    try NumPyArray.write([0, 1] as [Int64], shape: [2], to: labels)
    func write(_ name: String, _ text: String) throws {
      try AtomicFile.write(text, to: folder.file(name))
    }
    try FolderCreation.create(folder.file("a"))
    try write("a/clean.csv", "cat,dog\n2.5,0.5\n0.3,1.5\n")
    try write("a/fog-1.csv", "dog,cat\n0.5,2.5\n1.5,0.3\n")
    var reader = PredictionReader()
    func failure() throws -> String {
      let cells = try CellFolders([folder.file("a")], kinds: [], reader)
      let given = GivenCells(
        try CellReader(cells, labels: labels, reader), runName: "a", members: .subnetworks,
        folder: nil, seed: 0, version: "1")
      do {
        _ = try given.open(
          for: ScoringSettings(calibrations: [.none]), EvaluationMonitor(report: { _ in }))
        return "done"
      } catch {
        return "\(error)".replacing(folder.url.path + "/", with: "")
      }
    }
    #expect(
      try failure()
        == "a/fog-1.csv: the columns are dog, cat, those of a/clean.csv are cat, dog; give all files the "
        + "same classes in the same order")
    try write("a/fog-1.csv", "cat,dog\n0.5,2.5\n1.5,0.3\n")
    #expect(try failure() == "done")
    reader.array = "logits"
    #expect(try failure() == "a/clean.csv: --array is for .npz files, found none")
  }
}
