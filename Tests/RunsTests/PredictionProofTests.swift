import Formats
import Foundation
import Predictions
import Runs
import Scoring
import TestSupport
import Testing

/// The SHA-256 of each prediction file stands in the record, and a file without it is not the run's.
struct PredictionProofTests {
  private static let fog = Cell(corruption: "fog", severity: 3)

  /// A claimed folder with labels and logits of two cells.
  private func stored(in folder: borrowing TemporaryFolder) throws -> RunFolder {
    let place = RunFolder(folder.file("run"))
    var record = RunRecordTests.record()
    record.begin(Self.step("mixmo evaluate"))
    let lock = try record.claim(place)
    defer { lock.release() }
    try store([.clean, Self.fog], in: place)
    try record.finish(in: place, since: Date())
    return place
  }

  private func store(_ cells: [Cell], in place: RunFolder) throws {
    try place.predictions.create(labels: [0, 1])
    for cell in cells {
      var batches = [[1, 2], [3, Float(cell.severity)]].map {
        PredictionArray($0, shape: [1, 1, 2])
      }[...]
      try place.predictions.store(cell, rowCount: 2) { batches.popFirst() }
    }
  }

  static func step(_ command: String) -> RunRecord.Step {
    RunRecord.Step(
      command: command, version: "0.1.0", start: Date(timeIntervalSince1970: 0),
      processor: "a processor", instructions: "avx2", threads: 2)
  }

  private func findings(_ place: RunFolder) throws -> [String: PredictionProof.Finding] {
    let proof = try PredictionProof(of: place, threadCount: 2)
    return Dictionary(uniqueKeysWithValues: proof.findings.map { ($0.name, $0.finding) })
  }

  private func message(_ place: RunFolder) -> String {
    do {
      try PredictionProof(of: place, threadCount: 2).check()
      return ""
    } catch {
      return "\(error)".replacing(place.predictions.folder.path + "/", with: "")
    }
  }

  @Test func `hashing tells how many bytes are done, of all`() throws {
    let folder = try TemporaryFolder()
    let place = try stored(in: folder)
    let sizes: [Int] = try ["labels.npy", "clean-0.npy", "fog-3.npy"].map {
      try FileContents.read(place.predictions.folder.appending(path: $0), limit: 1 << 20).count
    }
    var told: [[Int]] = []
    _ = try PredictionProof(of: place, threadCount: 2) { told.append([$0, $1]) }
    let total = sizes.reduce(0, +)
    let expected: [[Int]] = [[0, total], [total, total]]
    #expect(told == expected)
    #expect(throws: CancellationError.self) {
      try PredictionProof(of: place, threadCount: 1) { _, _ in throw CancellationError() }
    }
  }

  @Test func `digests are those of the files, with the command that made them`() throws {
    let folder = try TemporaryFolder()
    let place = try stored(in: folder)
    let record = try RunRecord.read(from: place)
    let names = ["labels.npy", "clean-0.npy", "fog-3.npy"]
    for name in names {
      let file = place.predictions.folder.appending(path: name)
      #expect(try record.predictions?[name] == Digest(ofFiles: [file]).description, "\(name)")
    }
    #expect(record.predictions?.count == 3 && record.unproven == nil)
    #expect(record.history.map(\.predictions) == [names])
    #expect(record.history[0].start == "1970-01-01T00:00:00Z" && record.history[0].end != nil)
    #expect(try findings(place).values.allSatisfy { $0 == .same })
    #expect(try PredictionProof(of: place, threadCount: 1).findings.map(\.name) == names)
    #expect(message(place) == "")
  }

  @Test func `companions are recorded, and forgotten where they are removed`() throws {
    let folder = try TemporaryFolder()
    let place = try stored(in: folder)
    let store = place.predictions
    let given = PredictionArray(
      float64: [0.5, 0.5, 1, 0], classCount: 2, as: .probabilities, file: folder.file("p.npy"))
    try store.store(given, of: .clean, labels: [0, 1])
    let digest = try RunRecord.read(from: place).predictions?["clean-0.probabilities.npy"]
    #expect(digest != nil && message(place) == "")
    let logits = PredictionArray([1, 2, 3, 4], classCount: 2, file: folder.file("z.npy"))
    try store.store(logits, of: .clean, labels: [0, 1])
    let record = try RunRecord.read(from: place)
    #expect(record.predictions?.keys.sorted() == ["clean-0.npy", "fog-3.npy", "labels.npy"])
    #expect(message(place) == "")
  }

  @Test func `every kind of other file is named, and nothing is claimed with it`() throws {
    let folder = try TemporaryFolder()
    let other = Array("another file".utf8)
    for name in ["labels.npy", "clean-0.npy", "fog-3.npy"] {
      let place = try stored(in: folder)
      let file = place.predictions.folder.appending(path: name)
      let digest = try Digest(ofFiles: [file]).description
      try AtomicFile.write(other, to: file)
      let found = Digest(of: other).description
      #expect(try findings(place)[name] == .other(expected: digest, found: found))
      #expect(
        message(place).hasPrefix(
          "\(name): not this run's file: expected SHA-256 \(digest), as run.json records, found \(found);"
        ))
      var record = RunRecordTests.record()
      #expect(throws: RunsError.otherPredictions(file, expected: digest, found: found)) {
        try record.claim(place)
      }
      try FileManager.default.removeItem(at: place.url)
    }
    for name in ["snow-1.npy", "clean-0.float64.npy", "fog-3.probabilities.npy"] {
      let place = try stored(in: folder)
      try AtomicFile.write(other, to: place.predictions.folder.appending(path: name))
      #expect(try findings(place)[name] == .unrecorded)
      #expect(message(place).hasPrefix("\(name): not this run's file: run.json does not record it"))
      try FileManager.default.removeItem(at: place.url)
    }
    let place = try stored(in: folder)
    try AtomicFile.write(other, to: place.predictions.folder.appending(path: "notes.npy"))
    try FileManager.default.removeItem(at: place.predictions.url(of: Self.fog))
    #expect(try findings(place)["fog-3.npy"] == .missing)
    #expect(message(place) == "")
  }

  @Test func `predictions in a folder without a record are nobody's`() throws {
    let folder = try TemporaryFolder()
    let place = RunFolder(folder.url)
    try store([.clean], in: place)
    var record = RunRecordTests.record()
    #expect(throws: RunsError.unrecordedPredictions(place.predictions.labelsURL)) {
      try record.claim(place)
    }
    #expect(try RunRecord.find(in: place) == nil)
  }

  @Test func `an older version's predictions are taken as they are, and said to be unproven`()
    throws
  {
    let folder = try TemporaryFolder()
    let place = RunFolder(folder.url)
    try store([.clean, Self.fog], in: place)
    try RunRecordTests.record().write(to: place)
    #expect(try RunRecord.read(from: place).predictions == nil)
    #expect(try Set(findings(place).values.map { "\($0)" }) == ["unproven"])
    #expect(message(place) == "")
    var record = RunRecordTests.record()
    try record.claim(place).release()
    let claimed = try RunRecord.read(from: place)
    #expect(claimed.unproven == ["clean-0.npy", "fog-3.npy", "labels.npy"])
    #expect(claimed.predictions?.count == 3)
    let note = try PredictionProof(of: place, threadCount: 1).note(on: "a run")
    #expect(note?.hasPrefix("a run: an older version made its predictions") == true)
    // From here on nobody may change them; what is made again is this version's.
    try FileManager.default.removeItem(at: place.predictions.url(of: Self.fog))
    try store([Self.fog], in: place)
    #expect(try RunRecord.read(from: place).unproven == ["clean-0.npy", "labels.npy"])
    try AtomicFile.write("other", to: place.predictions.url(of: .clean))
    #expect(message(place).hasPrefix("clean-0.npy: not this run's file"))
  }

  @Test func `the history keeps who made predictions, and no more than twenty others`() throws {
    var record = RunRecordTests.record()
    record.begin(Self.step("mixmo evaluate first"))
    record.history[0].predictions = ["clean-0.npy"]
    for count in 0..<50 { record.begin(Self.step("mixmo score \(count)")) }
    #expect(record.history.count == 22)
    #expect(record.history.first?.command == "mixmo evaluate first")
    #expect(record.history.last?.command == "mixmo score 49")
  }

  @Test(arguments: ["", "a: 1\n", "a: 1\nb:\n  c: 2\n", "no end", "\n", "a\n\n", "a\r\nb\n"])
  func `a configuration reads back from its lines`(text: String) throws {
    let folder = try TemporaryFolder()
    let place = RunFolder(folder.url)
    let record = RunRecordTests.record(configuration: text)
    try record.write(to: place)
    #expect(try RunRecord.read(from: place) == record)
    let json = try String(contentsOf: place.record, encoding: .utf8)
    if text == "a: 1\nb:\n  c: 2\n" {
      #expect(
        json.contains("\"configuration\" : [\n    \"a: 1\",\n    \"b:\",\n    \"  c: 2\"\n  ]"))
    }
  }
}
