import Formats
import Foundation
import TestSupport
import Testing

/// `mixmo evaluate` where predictions are stored already.
struct StoredPredictionTests {
  private static let names = ["clean-0.npy", "contrast-2.npy"]

  private func evaluate(_ place: Place, _ calibrations: String) throws -> CSVTable {
    let evaluation = try MixmoProcess(
      place.evaluate(
        save: "runs", "--checkpoint", "best", "--generate", "--corruption", "contrast",
        "--severity", "2", "--calibration", calibrations, "--bootstrap", "0", "--quiet"))
    try #require(evaluation.status == 0, "\(evaluation.errors)")
    return try CSVTable(contentsOf: place.folder.file("runs/small/cells.csv"))
  }

  /// What tells a file from one that was written in its place.
  private func identities(_ place: Place) throws -> [[Int]] {
    try Self.names.map { name in
      var status = stat()
      try #require(stat(place.path("runs/small/predictions/\(name)"), &status) == 0)
      return [Int(status.st_ino), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }
  }

  private func column(_ name: String, of table: CSVTable, where calibration: String) throws
    -> [String]
  {
    let calibrations = try #require(table.column("calibration"))
    let values = try #require(table.column(name))
    return zip(calibrations, values).filter { $0.0 == calibration }.map(\.1)
  }

  @Test func `other calibrations score what is stored, and the network predicts nothing`() throws {
    let place = try Place.trained()
    let plain = try evaluate(place, "none")
    let before = try identities(place)

    let calibrated = try evaluate(place, "none,temperature,isotonic")
    #expect(try identities(place) == before, "predictions were written again")
    #expect(
      try column("nll", of: calibrated, where: "none") == column("nll", of: plain, where: "none"))
    #expect(try column("nll", of: calibrated, where: "temperature").count == 10)

    // Logits that no network has made, every label above the rest: a table that follows them was
    // made of the file.
    let labels = try NumPyArray(
      contentsOf: place.folder.file("runs/small/predictions/labels.npy")
    ).values(of: Int64.self)
    let logits = labels.flatMap { label in
      (0..<20).map { Float($0 % 10 == Int(label) ? 5 : 0) }
    }
    for name in Self.names {
      try NumPyArray.write(
        logits, shape: [labels.count, 2, 10],
        to: place.folder.file("runs/small/predictions/\(name)"))
    }
    let replaced = try identities(place)
    let after = try evaluate(place, "none,histogram")
    #expect(try identities(place) == replaced, "predictions were written again")
    #expect(try Set(column("accuracy", of: after, where: "none")) == ["1.0"])
    #expect(try Set(column("accuracy", of: plain, where: "none")) != ["1.0"])
  }
}
