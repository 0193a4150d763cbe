import Formats
import Foundation
import PredictionFiles
import Runs
import Scoring
import TestSupport
import Testing

/// Folders of cells that are refused, and what is said: the file, the cell, what was expected and found.
struct CellRefusalTests {
  /// A folder of four images with clean predictions.
  private func fixture() throws -> CellFolderFixture {
    let folder = try CellFolderFixture()
    try folder.labels()
    try folder.rows("a/clean.npy", 4)
    return folder
  }

  @Test func `a folder without the clean images`() throws {
    let folder = try CellFolderFixture()
    try folder.labels()
    try folder.rows("a/fog-1.npy", 4)
    #expect(
      folder.failure()
        == "a: clean-0: expected its predictions in clean.npy or clean-0.npy, found predictions in fog-1.npy "
        + "alone; predict the clean images too: calibrations are fitted on them")
    try folder.rows("run/predictions/clean-0.npy", 4)
    #expect(
      folder.failure(["run"])
        == "run: clean-0: expected its predictions in clean.npy or clean-0.npy, found no predictions; give "
        + "the folder run/predictions")
  }

  @Test(arguments: [
    ("a/clean-0.npy", 4, "a/clean-0.npy and a/clean.npy", "clean-0"),
    ("a/fog.npy", 20, "a/fog-3.npy and a/fog.npy", "fog-3"),
    ("a/fog-3.npz", 4, "a/fog-3.npy and a/fog-3.npz", "fog-3"),
  ])
  func `two files of one cell`(second: String, count: Int, files: String, cell: String) throws {
    let folder = try fixture()
    try folder.rows("a/fog-3.npy", 4)
    try folder.rows(second, count)
    #expect(
      folder.failure()
        == "\(files): expected one file with the predictions of \(cell), found two; move one of them to "
        + "another folder")
  }

  @Test(arguments: ["fog-6", "fog-0", "clean-3", "mine-12", "fog-03", "fog-99999999999999999999"])
  func `a number that is no severity`(stem: String) throws {
    let folder = try fixture()
    try folder.rows("a/\(stem).npy", 4)
    let number = stem.split(separator: "-")[1]
    #expect(
      folder.failure()
        == "a/\(stem).npy: expected a name with a severity from 1 to 5, such as fog-3.npy, or clean.npy, "
        + "found the number \(number); rename it or, if it holds no predictions, move it to another folder"
    )
  }

  @Test func `another number of rows`() throws {
    func failure(_ name: String, _ count: Int) throws -> String {
      let folder = try fixture()
      try folder.rows(name, count)
      return folder.failure()
    }
    let elsewhere = "if it holds no predictions, move it to another folder"
    #expect(
      try failure("a/fog-2.npy", 20)
        == "a/fog-2.npy: fog-2: expected 4 rows, one for each label, found 20; a file of five severities "
        + "one after the other is named fog.npy")
    #expect(
      try failure("a/fog-2.npy", 7)
        == "a/fog-2.npy: fog-2: expected 4 rows, one for each label, found 7; predict the images of the "
        + "labels, all of them")
    #expect(
      try failure("a/fog.npy", 4)
        == "a/fog.npy: fog-1 to fog-5: expected 20 rows, five severities of 4 labels one after the other, "
        + "found 4; a file of one severity is named with it, such as fog-1.npy; \(elsewhere)")
    #expect(
      try failure("a/features.npy", 19)
        == "a/features.npy: features-1 to features-5: expected 20 rows, five severities of 4 labels one "
        + "after the other, found 19; predict the images of all five severities; \(elsewhere)")
    #expect(
      try failure("a/clean.npy", 20)
        == "y.npy: clean-0: expected 20 labels, one for each row of a/clean.npy, or five equal blocks of 20, "
        + "found 4; give the labels of these images")
  }

  @Test func `labels of five blocks that are not equal`() throws {
    let folder = try fixture()
    var labels = Array(repeating: [0, 1, 2, 0] as [Int64], count: 5).flatMap(\.self)
    labels[13] = 2
    try folder.labels(labels)
    #expect(
      folder.failure()
        == "y.npy: expected 4 labels, or five equal blocks of 4, found another label in row 13: 2, where "
        + "row 1 has 1; give the labels of the clean images")
  }

  @Test func `folders of members with other cells`() throws {
    let folder = try fixture()
    for name in ["a/fog-1.npy", "a/fog-2.npy", "b/clean-0.npy", "b/fog-1.npy", "b/mine-2.npy"] {
      try folder.rows(name, 4)
    }
    try folder.rows("b/snow.npy", 20)
    #expect(
      folder.failure(["a", "b"])
        == "expected the same cells in each folder, one for each member: a lacks snow-1 to snow-5, mine-2; b "
        + "lacks fog-2; predict what is missing, or move the others to another folder")
  }

  @Test func `other classes, members or numbers than those of the clean images`() throws {
    let folder = try fixture()
    try folder.rows("a/fog-1.npy", 4, classes: 4)
    #expect(
      folder.failure()
        == "a/fog-1.npy: fog-1: expected shape [4, 1, 3], [images, members, classes], as a/clean.npy has, "
        + "found [4, 1, 4]; predict all cells with the same model")
    try folder.rows("a/fog-1.npy", 4, members: 2)
    #expect(folder.failure().contains("a/fog-1.npy: fog-1: expected shape [4, 1, 3]"))
    try folder.rows("b/clean.npy", 4, members: 2)
    try folder.rows("b/fog-1.npy", 4)
    #expect(
      folder.failure(["b", "a"])
        == "b/clean.npy: clean-0: expected shape [rows, classes] of one member, as there is a folder for "
        + "each member, found [4, 2, 3]; give a folder of all members alone")
    let p = [0.5, 0.25, 0.25]
    try folder.array(
      "a/fog-1.probabilities.npy", Array(repeating: p, count: 4).flatMap(\.self), [4, 3])
    #expect(
      folder.failure()
        == "a/fog-1.probabilities.npy: fog-1: expected logits, as a/clean.npy holds, found probabilities, by "
        + "their names; say --probabilities or --no-probabilities")
  }

  @Test func `numbers that cannot be scored are named with their cell and member`() throws {
    let folder = try fixture()
    var values = (0..<60).map { Float($0 % 7) / 8 }
    values[40] = .nan
    try folder.array("a/fog.npy", values, [20, 3])
    #expect(
      folder.failure()
        == "a/fog.npy: fog-4: 1 logits are NaN or infinite; the first is row 1, member 0, class 1")
    try folder.rows("b/clean.npy", 4)
    try folder.rows("b/fog.npy", 20)
    #expect(folder.failure(["b", "a"]).hasPrefix("a/fog.npy: fog-4: 1 logits are NaN or infinite"))
  }

  @Test func `files that cannot be read`() throws {
    let folder = try fixture()
    try folder.text("a/fog-1.npy", "no array")
    #expect(folder.failure().hasPrefix("a/fog-1.npy: "))
    try FileManager.default.removeItem(at: folder.folder.file("a/fog-1.npy"))
    try folder.text("a/things.npy", "no array")
    let message = folder.failure()
    #expect(
      message.hasPrefix("a/things.npy: ")
        && message.hasSuffix(
          "; if it holds no predictions, move it to another folder than a/things.npy"),
      "\(message)")
    #expect(
      folder.failure(["a/clean.npy"])
        == "a/clean.npy: expected a folder with a file for each cell, found a file; give the folder, or the "
        + "file with --logits")
    try FileManager.default.createSymbolicLink(
      atPath: folder.folder.file("a/snow-1.npy").path, withDestinationPath: "nowhere")
    #expect(folder.failure() == "a/snow-1.npy: cannot be read: No such file or directory")
    try FileManager.default.removeItem(at: folder.folder.file("a/snow-1.npy"))
    #expect(folder.failure(["none"]) == "none: cannot be read: No such file or directory")
    try FileManager.default.removeItem(at: folder.folder.file("a/things.npy"))
    #expect(folder.failure(labels: "none.npy").hasPrefix("none.npy: cannot be read"))
  }
}
