import Formats
import Foundation
import TestSupport
import Testing

/// Which ensemble of several members comes first.
@Suite struct MemberCommandTests {
  /// Scores two members of 40 rows into the folder `name`, and returns what was said.
  @discardableResult
  private func score(
    _ folder: borrowing TemporaryFolder, _ name: String, files: [String], more: [String] = []
  ) throws -> String {
    let logits = RandomLogits(rowCount: 40, memberCount: 2, seed: 5)
    try logits.write(folder.file("both.npy"), folder.file("labels.npy"))
    for member in 0..<2 { try logits.write(member: member, to: folder.file("\(member).npy")) }
    let process = try MixmoProcess(
      ["score", "--logits"] + files.map { folder.file($0).path } + more
        + ["--labels", folder.file("labels.npy").path, "--output", folder.file(name).path])
    try #require(process.status == 0, "\(process.errors)")
    return process.errors
  }

  private static let subnetworks = ["ensemble", "ensemble-probs", "member-0", "member-1"]
  private static let networks = ["ensemble-probs", "ensemble", "member-0", "member-1"]

  @Test(arguments: [
    (["both.npy"], [], subnetworks, "subnetworks"),
    (["both.npy"], ["--deep-ensemble"], networks, "independent"),
    (["0.npy", "1.npy"], [], networks, "independent"),
    (["0.npy", "1.npy"], ["--no-deep-ensemble"], subnetworks, "subnetworks"),
  ])
  func `networks average probabilities, subnetworks logits, and both are in the tables`(
    files: [String], options: [String], rows: [String], members: String
  ) throws {
    let folder = try TemporaryFolder()
    let errors = try score(folder, "run", files: files, more: options)
    #expect(
      errors.contains("its 2 members are taken for subnetworks of one network")
        == (files.count == 1 && options.isEmpty))
    let cells = try CSVTable(contentsOf: folder.file("run/cells.csv"))
    #expect(cells.column("predictor") == rows + ["members-mean"])
    let summary = try CSVTable(contentsOf: folder.file("run/summary.csv"))
    #expect(summary.column("predictor")?.first == rows[0])
    let record = try FileContents.read(folder.file("run/run.json"), limit: 1 << 20)
    #expect(String(decoding: record, as: UTF8.self).contains("\"members\" : \"\(members)\""))

    try score(folder, "one", files: ["0.npy"])
    let runs = ["one", "run"].map { folder.file($0).path }
    let compared = try MixmoProcess(
      ["compare"] + runs + ["--output", folder.file("compared").path, "--bootstrap", "9"])
    #expect(compared.status == 0, "\(compared.errors)")
    let table = try CSVTable(contentsOf: folder.file("compared/comparison.csv"))
    #expect(Set(table.column("predictor") ?? []) == [rows[0]])
    #expect(Set(table.column("reference_predictor") ?? []) == ["network"])
    #expect(compared.output.contains("run − one") || compared.output.contains("network"))
  }

  @Test func `a folder that is scored again with other members says so`() throws {
    let folder = try TemporaryFolder()
    try score(folder, "run", files: ["both.npy"])
    let errors = try score(folder, "run", files: ["both.npy"], more: ["--deep-ensemble"])
    #expect(errors.contains("the members of this folder were subnetworks of one network"))
  }

  @Test(arguments: ["--deep-ensemble", "--no-deep-ensemble"])
  func `one network has no members`(option: String) throws {
    let folder = try TemporaryFolder()
    try score(folder, "run", files: ["0.npy"])
    let process = try MixmoProcess(
      "score", "--logits", folder.file("0.npy").path, "--labels", folder.file("labels.npy").path,
      option)
    #expect(process.status == 1)
    #expect(
      process.errors.contains("0.npy: \(option) is for several members, found one"),
      "\(process.errors)")
    let cells = try CSVTable(contentsOf: folder.file("run/cells.csv"))
    #expect(cells.column("predictor") == ["network"])
    let record = try FileContents.read(folder.file("run/run.json"), limit: 1 << 20)
    #expect(!String(decoding: record, as: UTF8.self).contains("members"))
  }
}
