import Formats
import Foundation
import TestSupport
import Testing

/// `--bins` and `--norm` as a user meets them.
struct BinningCommandTests {
  private func score(
    _ folder: borrowing TemporaryFolder, _ output: String, _ options: [String]
  ) throws -> MixmoProcess {
    try MixmoProcess(
      ["score", "--logits", folder.file("z.npy").path, "--labels", folder.file("y.npy").path]
        + ["--output", folder.file(output).path, "--name", output, "--bootstrap", "20"] + options)
  }

  private func cells(_ folder: borrowing TemporaryFolder, _ output: String) throws -> CSVTable {
    try CSVTable(contentsOf: folder.file("\(output)/cells.csv"))
  }

  @Test func `bins and norm stand in the tables and the record, and are not mixed`() throws {
    let folder = try TemporaryFolder()
    try RandomLogits(rowCount: 40, seed: 3).write(folder.file("z.npy"), folder.file("y.npy"))
    for (output, options) in [
      ("plain", []), ("same", ["--bins", "15", "--norm", "l1"]),
      ("other", ["--bins", "20", "--norm", "max"]),
    ] {
      let process = try score(folder, output, options)
      #expect(process.status == 0, "\(process.errors)")
    }
    let names = ["ece", "mce", "ece_adaptive", "ece_classwise", "ece_debiased", "nll", "tace"]
    let (plain, same, other) = (
      try cells(folder, "plain"), try cells(folder, "same"), try cells(folder, "other")
    )
    for name in names {
      #expect(try #require(plain.column(name)) == #require(same.column(name)), "\(name)")
    }
    #expect(try #require(other.column("ece")) == #require(other.column("mce")))
    #expect(try #require(other.column("nll")) == #require(plain.column("nll")))
    let bins = try CSVTable(contentsOf: folder.file("other/reliability.csv")).rows
    #expect(bins.count == 20)
    let record = try FileContents.read(folder.file("other/run.json"), limit: 1 << 20)
    let text = String(decoding: record, as: UTF8.self)
    #expect(text.contains("\"bins\" : 20") && text.contains("\"norm\" : \"max\""))

    let compared = try MixmoProcess(
      ["compare", folder.file("plain").path, folder.file("other").path])
    #expect(compared.status == 1)
    #expect(compared.errors.contains("bins of ece (--bins): 15 and 20"), "\(compared.errors)")
    #expect(
      try MixmoProcess(["compare", folder.file("plain").path, folder.file("same").path]).status == 0
    )
    let again = try score(folder, "other", ["--bins", "20", "--norm", "l2"])
    #expect(again.status == 0)
    #expect(
      again.errors.contains("were of 20 bins, norm max")
        && again.errors.contains("20 bins, norm l2"),
      "\(again.errors)")
    let last = try score(folder, "other", ["--bins", "20", "--norm", "l2"])
    #expect(last.status == 0 && !last.errors.contains("were of"), "\(last.errors)")
  }

  @Test(arguments: [
    (["--bins", "0"], "--bins: expected a number from 1 to 1000, found 0"),
    (["--bins", "1001"], "--bins: expected a number from 1 to 1000, found 1001"),
    (["--norm", "l3"], "l3"),
  ])
  func `misuse exits with 64`(options: [String], message: String) throws {
    let process = try MixmoProcess(
      ["score", "--logits", "z.npy", "--labels", "y.npy"] + options)
    #expect(process.status == 64 && process.errors.contains(message), "\(process.errors)")
  }
}
