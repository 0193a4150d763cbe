import Evaluation
import Formats
import Foundation
import Predictions
import Runs
import Scoring
import TestSupport
import Testing

/// Files of `mixmo calibrate` that something has changed.
struct KeptCalibrationTests {
  private static let (rowCount, memberCount, classCount) = (40, 2, 4)
  private static let calibrations = Calibration.all.filter { $0.needsFitting && !$0.isBound }

  /// Random predictions, in which the label has the larger logits.
  private static func predictions(seed: UInt64) -> (PredictionArray, labels: [Int]) {
    var generator = SeededGenerator(seed: seed)
    let labels = (0..<rowCount).map { $0 % classCount }
    let logits = (0..<rowCount * memberCount * classCount).map { index in
      let isOfLabel = index % classCount == labels[index / (memberCount * classCount)]
      return Float.random(in: -2...2, using: &generator) + (isOfLabel ? 1 : 0)
    }
    return (PredictionArray(logits, shape: [rowCount, memberCount, classCount]), labels)
  }

  /// The numbers that `apply` writes; nil where it refuses, with an error that names the file.
  private func applied(
    _ file: URL, to predictions: PredictionArray, _ folder: borrowing TemporaryFolder
  ) throws -> NumPyArray? {
    let output = folder.file("p.npy")
    do {
      let kept = try KeptCalibration(contentsOf: file)
      _ = try CalibrationKeeping(threadCount: 1).apply(
        kept, from: file.path, to: predictions, output: output)
    } catch {
      #expect("\(error)".contains(file.path), "\(error)")
      return nil
    }
    return try NumPyArray(contentsOf: output)
  }

  @Test func `fits and calibrated rows are counted`() throws {
    let folder = try TemporaryFolder()
    let (predictions, labels) = Self.predictions(seed: 3)
    let files = ["logits.npy", "labels.npy"].map { folder.file($0) }
    for file in files { try AtomicFile.write([1], to: file) }
    let rows = try predictions.labeled(labels, from: files[1])
    var keeping = CalibrationKeeping(threadCount: 1)
    let told = Told()
    keeping.report = { told.counts.append([$0, $1]) }
    let kept = try keeping.fit(
      .temperature, for: .ensemble, on: rows, logits: [files[0]], labels: files[1],
      version: "0.1.0")
    // One fit on all rows, and one for each of five parts.
    let expected: [[Int]] = (0...6).map { [$0, 6] }
    #expect(told.counts == expected)
    told.counts = []
    _ = try keeping.apply(kept, from: "c.json", to: predictions, output: folder.file("p.npy"))
    #expect(told.counts == [[Self.rowCount, Self.rowCount]])
  }

  /// What a job has told of how far it is.
  private final class Told {
    var counts: [[Int]] = []
  }

  /// Changes some bytes of a file: a digit, a sign or a bracket becomes another, a piece is left out or
  /// doubled, or a number becomes a hostile one.
  private static func changed(_ bytes: [UInt8], seed: UInt64) -> [UInt8] {
    var (generator, bytes) = (SeededGenerator(seed: seed), bytes)
    // The fit is in the last line.
    let start = (bytes.dropLast(3).lastIndex(of: UInt8(ascii: "\n")) ?? 0) + 1
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      let place = Int.random(in: start..<bytes.count, using: &generator)
      let end = min(bytes.count, place + Int.random(in: 1...12, using: &generator))
      switch Int.random(in: 0..<4, using: &generator) {
      case 0:
        bytes[place] = Array("0123456789-.e[]{},:\"".utf8).randomElement(using: &generator) ?? 0
      case 1: bytes.removeSubrange(place..<end)
      case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
      default:
        let words = ["1e308", "-1e308", "1e-320", "-1", "0", "2", "null", "1e999", "[]", "0.5,0.5"]
        guard let comma = bytes[place...].firstIndex(of: UInt8(ascii: ",")) else { continue }
        let next = bytes[(comma + 1)...].firstIndex { [44, 93, 125].contains($0) } ?? comma + 1
        bytes.replaceSubrange(
          comma + 1..<next, with: (words.randomElement(using: &generator) ?? "").utf8)
      }
    }
    return bytes
  }

  @Test(arguments: calibrations.map(\.name))
  func `a changed file gives probabilities, or an error that names it`(name: String) throws {
    let calibration = try #require(Self.calibrations.first { $0.name == name })
    let folder = try TemporaryFolder()
    let (predictions, labels) = Self.predictions(seed: 1)
    let file = folder.file("calibration.json")
    try AtomicFile.write("x", to: file)
    let rows = try predictions.labeled(labels, from: file)
    let predictor = try #require(
      Predictor.predicting(memberCount: Self.memberCount).last {
        calibration.applies(to: $0, memberCount: Self.memberCount)
      })
    try CalibrationKeeping(threadCount: 1)
      .fit(calibration, for: predictor, on: rows, logits: [file], labels: file, version: "1")
      .write(to: file)
    let whole = try FileContents.read(file, limit: 1 << 20)
    var (taken, refused) = (0, 0)
    for seed in 0..<400 {
      try Data(seed == 0 ? whole : Self.changed(whole, seed: UInt64(seed))).write(to: file)
      guard let array = try applied(file, to: predictions, folder) else {
        refused += 1
        continue
      }
      taken += 1
      let (values, width) = (try array.values(of: Double.self), array.shape[1])
      for row in 0..<Self.rowCount {
        let numbers = values[row * width..<(row + 1) * width]
        let probabilities = width == 2 ? numbers.suffix(1) : numbers
        #expect(probabilities.allSatisfy { (0...1).contains($0) }, "\(name) \(seed) \(numbers)")
        // K roundings of the sum.
        let isOne = width == 2 || abs(numbers.reduce(0, +) - 1) < 1e-12
        #expect(isOne, "\(name) \(seed) \(numbers)")
      }
    }
    #expect(taken > 5 && refused > 50, "\(taken) \(refused)")
  }
}
