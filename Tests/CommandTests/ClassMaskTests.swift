import Formats
import Foundation
import TestSupport
import Testing

/// `mixmo score --mask-classes`: predictions over more classes than the labels have.
struct ClassMaskTests {
  private static let classCount = 12
  /// The columns of the classes of the labels.
  private static let columns = [2, 3, 7, 11]

  /// Files over all columns, named `all`, and over those of the labels alone, named `some`.
  ///
  /// Labels count the columns in `columns.npy`, and the four classes in `classes.npy`; −1 is no label.
  private struct Predictions: ~Copyable {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    static func all() throws -> Predictions {
      let predictions = try Predictions()
      var random = SeededGenerator(seed: 5)
      for (name, count) in [("clean", 40), ("fog-3", 40), ("validation", 30), ("other", 20)] {
        let values = (0..<count * classCount).map { _ in
          Float.random(in: -2...2, using: &random)
        }
        let rows = (0..<count).map { Array(values[$0 * classCount..<($0 + 1) * classCount]) }
        try predictions.write(rows, "all/\(name).npy")
        try predictions.write(rows.map { row in columns.map { row[$0] } }, "some/\(name).npy")
        let labels = (0..<count).map { $0 % 9 == 8 ? -1 : Int64($0 % 4) }
        try predictions.write(labels, "\(name)-classes.npy")
        try predictions.write(
          labels.map { $0 < 0 ? $0 : Int64(columns[Int($0)]) }, "\(name)-columns.npy")
      }
      let names = (0..<classCount).map { "n\(10 + $0)" }
      _ = try predictions.folder.file(
        "order.txt", holding: Array(names.joined(separator: "\n").utf8))
      for column in columns {
        try FolderCreation.create(predictions.folder.file("classes/\(names[column])"))
      }
      return predictions
    }

    private func write(_ rows: [[Float]], _ name: String) throws {
      try FolderCreation.create(folder.file(name).deletingLastPathComponent())
      try NumPyArray.write(
        rows.flatMap(\.self), shape: [rows.count, rows[0].count], to: folder.file(name))
    }

    private func write(_ labels: [Int64], _ name: String) throws {
      try NumPyArray.write(labels, shape: [labels.count], to: folder.file(name))
    }

    func path(_ name: String) -> String { folder.file(name).path }

    /// Scores the files of a folder with labels of these names.
    func score(
      _ source: String, _ files: String, labels: String, _ output: String, _ more: [String] = []
    ) throws -> MixmoProcess {
      let given = source == "--cells" ? "cells-\(files)" : "\(files)/clean.npy"
      if source == "--cells" {
        try FolderCreation.create(folder.file(given))
        for name in ["clean", "fog-3"] {
          let copy = folder.file("\(given)/\(name).npy")
          try? FileManager.default.copyItem(at: folder.file("\(files)/\(name).npy"), to: copy)
        }
      }
      return try MixmoProcess(
        [
          "score", source, path(given), "--labels", path("clean-\(labels).npy"), "--name", "x",
          "--validation-logits", path("\(files)/validation.npy"), "--validation-labels",
          path("validation-\(labels).npy"), "--ood", "other=\(path("\(files)/other.npy"))",
          "--calibration", "none,temperature,vector", "--bootstrap", "20", "--output",
          path(output),
        ] + more)
    }

    func bytes(_ name: String) throws -> [UInt8] {
      try FileContents.read(folder.file(name), limit: 1 << 24)
    }
  }

  private static let mask = ["--mask-classes"]

  private static func named(_ predictions: borrowing Predictions) -> [String] {
    mask + [
      "--label-classes", predictions.path("classes"), "--class-order",
      predictions.path("order.txt"),
    ]
  }

  @Test(arguments: ["--logits", "--cells"])
  func `masked columns leave the tables of columns that were selected before`(source: String)
    throws
  {
    let predictions = try Predictions.all()
    let named = Self.named(predictions)
    for (files, labels, output, options) in [
      ("some", "classes", "selected", []), ("all", "columns", "masked", Self.mask),
      ("all", "classes", "named", named),
    ] {
      let process = try predictions.score(source, files, labels: labels, output, options)
      try #require(process.status == 0, "\(process.errors)")
      let isMasked = process.errors.contains(
        "clean-\(labels).npy: --mask-classes: the columns of 4 of 12 classes are compared")
      #expect(isMasked == !options.isEmpty, "\(process.errors)")
    }
    let tables = ["cells.csv", "summary.csv", "ood.csv", "reliability.csv", "calibrations.json"]
    let stored = ["predictions/clean-0.npy", "predictions/labels.npy"]
    for name in tables + stored {
      let selected = try predictions.bytes("selected/\(name)")
      #expect(try predictions.bytes("masked/\(name)") == selected, "\(source) \(name)")
      #expect(try predictions.bytes("named/\(name)") == selected, "\(source) \(name)")
    }
    let record = String(decoding: try predictions.bytes("masked/run.json"), as: UTF8.self)
    #expect(record.contains("--mask-classes: the columns of 4 of 12 classes"))
  }

  @Test func `probabilities of the masked columns are divided by their sum`() throws {
    // Rows that all sum to 1 with powers of two, so that quotients of sums are as exact.
    let folder = try TemporaryFolder()
    let rows: [[Float]] = [
      [0.5, 0.125, 0.125, 0.25], [0.25, 0.25, 0.125, 0.375], [0.0625, 0.4375, 0.25, 0.25],
    ]
    let selected: [[Float]] = [[0.8, 0.2], [2.0 / 3, 1.0 / 3], [0.2, 0.8]]
    for (name, rows, labels) in [("all", rows, [0, 2, 2]), ("some", selected, [0, 1, 1])] {
      try NumPyArray.write(
        rows.flatMap(\.self), shape: [3, rows[0].count], to: folder.file("\(name).npy"))
      try NumPyArray.write(
        labels.map { Int64($0) }, shape: [3], to: folder.file("\(name)-y.npy"))
      let process = try MixmoProcess(
        [
          "score", "--logits", folder.file("\(name).npy").path, "--labels",
          folder.file("\(name)-y.npy").path, "--probabilities", "--name", "x", "--bootstrap", "0",
          "--output", folder.file("run-\(name)").path,
        ] + (name == "all" ? Self.mask : []))
      try #require(process.status == 0, "\(process.errors)")
    }
    func table(_ name: String) throws -> [UInt8] {
      try FileContents.read(folder.file("run-\(name)/cells.csv"), limit: 1 << 24)
    }
    #expect(try table("all") == table("some"))
  }

  @Test func `labels and columns that the mask does not fit are refused`() throws {
    let predictions = try Predictions.all()
    func refuses(
      _ words: String, _ files: String, _ labels: String, _ options: [String],
      status: Int32 = 1
    ) throws {
      let process = try predictions.score("--logits", files, labels: labels, "no", options)
      #expect(process.status == status && process.errors.contains(words), "\(process.errors)")
      #expect(!FileManager.default.fileExists(atPath: predictions.path("no")))
    }
    try refuses(
      "clean-classes.npy: --mask-classes: expected the indices of columns as labels, found 0 to 3 without "
        + "a gap, beside 12 columns", "all", "classes", Self.mask)
    let named = Self.named(predictions)
    try refuses(
      "clean-columns.npy: row 2: expected a label from 0 to 3, found 7", "all", "columns",
      named)
    try refuses(
      "some/clean.npy: expected a column for each of the model's 12 classes, found 4", "some",
      "classes", named)
    _ = try predictions.folder.file("few.txt", holding: Array("n12\nn13\nn17\n".utf8))
    try refuses(
      "few.txt: expected every class of the folders or labels, found no line for n21", "all",
      "classes",
      Self.mask + [
        "--label-classes", predictions.path("classes"), "--class-order",
        predictions.path("few.txt"),
      ])
    try refuses(
      "--label-classes and --class-order go together", "all", "classes",
      Self.mask + ["--class-order", "imagenet"], status: 64)
    // Validation rows of a class that no clean row has.
    try NumPyArray.write(
      (0..<30).map { [-1, 2, 5][$0 % 3] as Int64 }, shape: [30],
      to: predictions.folder.file("validation-columns.npy"))
    try refuses(
      "validation-columns.npy: row 2: expected a label of the classes that --labels has, found 5",
      "all", "columns", Self.mask)
    let again = try MixmoProcess("score", predictions.path("run"), "--mask-classes")
    #expect(again.errors.contains("--mask-classes is not for the folder of a run"))
  }
}
