import Evaluation
import Formats
import Predictions
import Runs
import Scoring
import TestSupport
import Testing

/// The files of a split that was chosen.
struct CleanHalvesTests {
  @Test func `chosen halves are read where both files are`() throws {
    let folder = try TemporaryFolder()
    #expect(try CleanHalves(in: [folder.url]) == nil)
    try NumPyArray.write([2, 0] as [Int64], shape: [2], to: folder.file("val_idx.npy"))
    #expect(throws: FileError.self) { try CleanHalves(in: [folder.url]) }
    try NumPyArray.write([1, 3] as [Int64], shape: [2], to: folder.file("test_idx.npy"))
    #expect(try CleanHalves(in: [folder.url])?.rows == [[2, 0], [1, 3]])
    try NumPyArray.write([1, 2] as [Int64], shape: [2], to: folder.file("test_idx.npy"))
    #expect(throws: PredictionFileError.self) { try CleanHalves(in: [folder.url]) }
  }
}
