import Formats
import Foundation
import Scoring
import TestSupport
import Testing

/// Numbers that are scored as something else than they seem to be: what is said.
struct NumberDoubtTests {
  @Test func `numbers that look like probabilities are named, for each file`() throws {
    let folder = try PredictionFolder()
    func plain(_ values: [Double]) throws -> URL {
      try folder.array("p.npy", values, [values.count / 3, 3])
    }
    var p = try plain([0.5, 0.25, 0.25, 1, 0, 0])
    let half = try folder.array("h.npy", [0.1, 0.2, 0.7, 0.3, 0.3, 0.4] as [Float16], [2, 3])
    let rows = try folder.read([p, half], rowCount: 2)
    #expect(rows.predictions.numbers == .logits && rows.notes.count == 2)
    #expect(rows.notes.allSatisfy { $0.contains("--probabilities") })
    #expect(try folder.read([p], rowCount: 2) { $0.areProbabilities = false }.notes.isEmpty)
    #expect(try folder.read([p], rowCount: 2) { $0.areProbabilities = true }.notes.isEmpty)
    p = try plain([0.5, 0.25, 0.2, 1, 0, 0])
    #expect(try folder.read([p], rowCount: 2).notes.isEmpty)
    p = try plain([0.67, 0.17, 0.17, 0.2, 0.7, 0.1])
    #expect(try folder.read([p], rowCount: 2).notes.count == 1)
    p = try plain([0.5, 0.25, 0.2] + (1..<20).flatMap { _ in [0.5, 0.25, 0.25, 0.2, 0.3, 0.5] })
    #expect(try folder.read([p], rowCount: 39).notes.count == 1)
  }

  /// Members `[N, M, K]` of logits and of `scale` times probabilities.
  private func members(
    _ areProbabilities: [Bool], scale: Double, decimals: Int, using source: inout SeededGenerator
  ) -> (values: [Double], shape: [Int]) {
    let (rows, classes) = (12, Int.random(in: 2...6, using: &source))
    let values = (0..<rows).flatMap { _ in
      areProbabilities.flatMap { isProbability in
        let logits = (0..<classes).map { _ in Double.random(in: -3...3, using: &source) }
        guard isProbability else { return logits }
        let sum = logits.reduce(0) { $0 + exp($1) }
        let unit = pow(10, Double(decimals))
        return logits.map { (scale * exp($0) / sum * unit).rounded() / unit }
      }
    }
    return (values, [rows, areProbabilities.count, classes])
  }

  @Test(
    arguments: [
      (1, 3, "are they probabilities? --probabilities"), (100, 2, "are they percentages?"),
      (100, 0, "are they percentages?"), (255, 6, "are they votes or shares?"),
    ] as [(Double, Int, String)], 1...12 as ClosedRange<UInt64>)
  func `members of probabilities beside members of logits are named`(
    form: (scale: Double, decimals: Int, question: String), seed: UInt64
  ) throws {
    var source = SeededGenerator(seed: seed)
    let folder = try PredictionFolder()
    let areProbabilities = (0..<Int.random(in: 1...4, using: &source)).map { _ in
      Bool.random(using: &source)
    }
    let (values, shape) = members(
      areProbabilities, scale: form.scale, decimals: form.decimals, using: &source)
    let url = try folder.array("z.npy", values, shape)
    let rows = try folder.read([url], rowCount: shape[0]) { $0.tables.takesAllColumns = true }
    let notes = rows.notes.filter { $0.contains(form.question) }
    #expect(notes.count == (areProbabilities.contains(true) ? 1 : 0), "\(rows.notes)")
    #expect(notes.count == rows.notes.count)
    if let note = notes.first, areProbabilities.contains(false) {
      let members = areProbabilities.indices.filter { areProbabilities[$0] }.map(String.init)
      #expect(note.contains("the numbers of member \(members.joined(separator: ", ")) are"))
    }
  }

  @Test func `percentages of one output are named`() throws {
    let folder = try PredictionFolder()
    let url = try folder.array("p.npy", [73.5, 2.5, 99, 12] as [Double], [4])
    let notes = try folder.read([url], rowCount: 4) { $0.isBinary = true }.notes
    #expect(notes.count == 1 && notes[0].contains("are they percentages?"), "\(notes)")
    let logits = try folder.array("z.npy", [3.5, -2.5, 9, 1] as [Double], [4])
    #expect(try folder.read([logits], rowCount: 4) { $0.isBinary = true }.notes.isEmpty)
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `whole numbers that are the bits of others are named, and no others`(seed: UInt64) throws {
    var source = SeededGenerator(seed: seed)
    let folder = try PredictionFolder()
    let scale = Double.random(in: 0.5...20, using: &source)
    let logits = (0..<120).map { _ in Double.random(in: -scale...scale, using: &source) }
    func notes(_ values: [some NumPyElement]) throws -> [String] {
      let url = try folder.array("z.npy", values, [30, 4])
      return try folder.read([url], rowCount: 30) { $0.tables.takesAllColumns = true }.notes
    }
    let brain = logits.map { UInt16(Float($0).bitPattern >> 16) }
    #expect(
      try notes(brain).contains { $0.contains("of type uint16, can be the bits of bfloat16") })
    #expect(try notes(brain.map { Int16(bitPattern: $0) }).contains { $0.contains("bfloat16") })
    let halves = logits.map { Float16($0).bitPattern }
    #expect(try notes(halves).contains { $0.contains("can be the bits of float16") })
    let singles = logits.map { Float($0).bitPattern }
    #expect(try notes(singles).contains { $0.contains("can be the bits of float32") })
    let doubles = logits.map { Int64(bitPattern: $0.bitPattern) }
    #expect(try notes(doubles).contains { $0.contains("can be the bits of float64") })
    let unsigned = logits.map(\.bitPattern)
    #expect(
      try notes(unsigned).contains { $0.contains("such as \(logits[0]) for \(unsigned[0]);") })
    for factor in [1.0, 10, 100] {
      #expect(try notes(logits.map { Int16($0 * factor) }).isEmpty)
      #expect(try notes(logits.map { UInt16(($0 + scale) * factor) }).isEmpty)
    }
    #expect(try notes((0..<120).map { _ in UInt16.random(in: 0 ... .max, using: &source) }).isEmpty)
  }

  @Test func `whole numbers that Float64 does not hold are named`() throws {
    let folder = try PredictionFolder()
    for values in [[1 << 53 + 1, 5, 7, 3], [5, -(1 << 60), 1, 2]] as [[Int64]] {
      let url = try folder.array("z.npy", values, [2, 2])
      #expect(
        try folder.read([url], rowCount: 2).notes.contains {
          $0.contains("of 2^53 and more are rounded")
        } == (values.contains { $0.magnitude > 1 << 53 }))
    }
    let text = try folder.text("z.csv", "9007199254740993,5\n4,7\n")
    #expect(try folder.read([text], rowCount: 2).notes.contains { $0.contains("2^53") })
    let decimal = try folder.text("d.csv", "1e30,5\n4,7\n")
    #expect(!(try folder.read([decimal], rowCount: 2).notes.contains { $0.contains("2^53") }))
  }

  @Test(arguments: [
    ("<f16", "array.astype(numpy.float64)"), ("<c8", "array.real"), ("<V2", "numpy.float32"),
    ("|O", "dtype=float"), ("<U4", "array.astype(float)"), ("<M8[s]", "booleans"),
  ])
  func `types that are not read are answered with what is`(descr: String, remedy: String) {
    let error = NumPyError(file: "z.npy", problem: .unsupportedType(descr))
    #expect("\(error)".contains(descr) && "\(error)".contains(remedy))
  }

  @Test func `members of any precision are read as alone`() throws {
    let folder = try PredictionFolder()
    // Sums of Float32 are off 1 by more than Float64 explains; the text has three decimals.
    let single: [Float] = [0.6, 0.3, 0.1, 0.1, 0.3, 0.6, 0.3, 0.6, 0.1]
    let files = try [
      folder.array("f4.npy", single, [3, 3]),
      folder.array("f8.npy", single.map { Double($0) / 3 + 2.0 / 9 }, [3, 3]),
      folder.text("p.csv", "0.333,0.333,0.333\n0.1,0.3,0.6\n0.667,0.167,0.167\n"),
    ]
    func rows(_ files: [URL]) throws -> LabeledLogits {
      let read = try folder.read(files, rowCount: 3) { $0.areProbabilities = true }
      return try read.predictions.labeled(read.labels, from: files[0])
    }
    let (scorer, together) = (Scorer(threadCount: 1), try rows(files))
    for (member, file) in files.enumerated() {
      #expect(
        try scorer.rows(of: .member(member), in: together).rows
          == scorer.rows(of: .ensemble, in: rows([file])).rows, "\(file.lastPathComponent)")
    }
  }
}
