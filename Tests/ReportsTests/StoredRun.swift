import Formats
import Foundation
import TestSupport
import Testing

/// A run folder that `compare` reads: a record, labels and predictions.
struct StoredRun {
  var name = "a"
  var dataset = "digits"
  var images: Int
  var data = "d"
  var suite: String? = "s"
  var seed = 3
  /// The bins of calibration errors, and their norm.
  var (bins, norm): (Int?, String?)
  /// What its numbers are of, and what calibrations were fitted on; nil as in older versions.
  var (figures, fitting): (String?, String?)
  /// SHA-256 of corrupted files, by cell.
  var hashes: [String: String] = [:]
  var labels: [Int]
  var cells: [String: [Float]]  // by cell, logits [N, M, K]
  var memberCount = 1
  var classCount: Int

  /// Random predictions of 24 images over three classes, on clean and on foggy images.
  init(seed: UInt64 = 0, cells names: [String] = ["clean-0", "fog-1", "fog-2"]) {
    var generator = SeededGenerator(seed: seed)
    images = 24
    classCount = 3
    labels = (0..<24).map { $0 % 3 }
    cells = [:]
    for name in names {
      cells[name] = (0..<72).map { _ in Float.random(in: -2...2, using: &generator) }
    }
  }

  /// Writes the folder `name` into `parent`, and returns it.
  @discardableResult
  func write(to parent: borrowing TemporaryFolder, _ name: String) throws -> URL {
    let folder = parent.file(name)
    let predictions = folder.appending(path: "predictions")
    try FolderCreation.create(predictions)
    try JSONSerialization.data(withJSONObject: record)
      .write(to: folder.appending(path: "run.json"))
    try NumPyArray.write(
      labels.map(Int64.init), shape: [labels.count],
      to: predictions.appending(path: "labels.npy"))
    for (cell, logits) in cells {
      let shape = [logits.count / (memberCount * classCount), memberCount, classCount]
      try NumPyArray.write(logits, shape: shape, to: predictions.appending(path: "\(cell).npy"))
    }
    return folder
  }

  private var record: [String: Any] {
    var record: [String: Any] = ["origin": origin, "cells": hashes]
    guard bins != nil || norm != nil || figures != nil else { return record }
    var scoring: [String: Any] = [
      "calibrations": ["none"], "fitting": fitting ?? "clean-halves", "draws": 0,
    ]
    scoring["figures"] = figures
    scoring["bins"] = bins
    scoring["norm"] = norm
    record["scoring"] = scoring
    return record
  }

  private var origin: [String: Any] {
    var origin: [String: Any] = [
      "run": name, "dataset": dataset, "images": images, "checkpoint": "c", "data": data,
      "seed": seed, "version": "0",
    ]
    origin["suite"] = suite
    return origin
  }
}

/// A change of a run's record that makes its images differ, and the message about it.
struct Difference<Record>: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let change: @Sendable (inout Record) -> Void
  let message: String
}
