import Formats
import Foundation
import TestSupport

/// A run folder to be compared: a record, labels and predictions.
struct StoredRun {
  var name = "a"
  var dataset = "digits"
  var images: Int
  var data = "d"
  var suite: String? = "s"
  var seed = 3
  /// Hashes of corrupted files.
  var hashes: [String: String] = [:]
  var labels: [Int]
  /// Logits [N, M, K] by cell.
  var cells: [String: [Float]]
  var memberCount = 1
  var classCount: Int

  /// Random predictions of 24 images over three classes, on clean and foggy ones.
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

  /// Writes the folder `name` in `place`, and returns it.
  @discardableResult
  func write(to place: borrowing TemporaryFolder, _ name: String) throws -> URL {
    let folder = place.file(name)
    let predictions = folder.appending(path: "predictions")
    try FolderCreation.create(predictions)
    try JSONSerialization.data(withJSONObject: ["origin": origin, "cells": hashes])
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

  private var origin: [String: Any] {
    var origin: [String: Any] = [
      "run": name, "dataset": dataset, "images": images, "checkpoint": "c", "data": data,
      "seed": seed, "version": "0",
    ]
    origin["suite"] = suite
    return origin
  }
}
