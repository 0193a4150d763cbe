import Formats
import Foundation
import Predictions
import Runs
import Scoring
import TestSupport
import Testing

/// Predictions in a run folder: logits in Float32, and what was given beside them.
struct PredictionStoreTests {
  private static let values: [Double] = [0.6, 0.4, 1, 0]

  private func names(_ store: PredictionStore) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: store.folder.path))
  }

  @Test(arguments: PredictionNumbers.allCases)
  func `Float64 stands beside its logits and is what is read`(numbers: PredictionNumbers) throws {
    let folder = try TemporaryFolder()
    let store = PredictionStore(folder: folder.file("predictions"))
    let array = PredictionArray(
      float64: Self.values, classCount: 2, as: numbers, file: folder.file("p.npy"))
    try store.store(array, of: .clean, labels: [0, 1])
    let form = numbers == .logits ? "float64" : "probabilities"
    #expect(try names(store) == ["labels.npy", "clean-0.npy", "clean-0.\(form).npy"])
    #expect(store.cells() == [.clean])
    let read = try store.logits(of: .clean, labels: [0, 1])
    #expect(read.float64Values == Self.values && read.numbers == numbers)
    let logits: [Float] = try NumPyArray(contentsOf: store.url(of: .clean)).values()
    let expected = Self.values.map { numbers == .logits ? Float($0) : Float(log($0)) }
    #expect(logits == expected)
  }

  @Test func `Float32 logits stand alone`() throws {
    let folder = try TemporaryFolder()
    let store = PredictionStore(folder: folder.file("predictions"))
    let given = PredictionArray(
      float64: Self.values, classCount: 2, as: .probabilities, file: folder.file("p.npy"))
    try store.store(given, of: .clean, labels: [0, 1])
    let logits = PredictionArray([1, 2, 3, 4], classCount: 2, file: folder.file("z.npy"))
    try store.store(logits, of: .clean, labels: [0, 1])
    #expect(try names(store) == ["labels.npy", "clean-0.npy"])
    let written = try FileContents.read(store.url(of: .clean), limit: 1 << 10)
    try store.store(logits, of: .clean, labels: [0, 1])
    #expect(try FileContents.read(store.url(of: .clean), limit: 1 << 10) == written)
    #expect(try store.logits(of: .clean, labels: [0, 1]).values == [1, 2, 3, 4])
  }

  @Test func `members of both types become Float64`() throws {
    let folder = try TemporaryFolder()
    let narrow = PredictionArray([0.1, 0.2], classCount: 2, file: folder.file("a.npy"))
    let wide = PredictionArray(float64: [0.3, 0.4], classCount: 2, file: folder.file("b.npy"))
    let both = PredictionArray(interleaving: [narrow, wide])
    #expect(both.elementType == .float64 && both.shape == [1, 2, 2])
    let rows = try both.labeled([0], from: folder.file("y.npy"))
    #expect(rows.float64Values == [Double(0.1 as Float), Double(0.2 as Float), 0.3, 0.4])
    #expect(PredictionArray(interleaving: [narrow, narrow]).elementType == .float32)
  }

  @Test func `Float64 stays in its mapped file, and whole numbers are read`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("z.npy")
    try NumPyArray.write([1e-9, 2.5, -3, 4] as [Double], shape: [2, 2], to: url)
    let array = try PredictionArray(contentsOf: url)
    #expect(array.elementType == .float64)
    #expect(
      try array.labeled([0, 1], from: url).float64Values == [1e-9, 2.5, -3, 4])
    try NumPyArray.write([1, -2, 1 << 40, 4] as [Int64], shape: [2, 2], to: url)
    #expect(
      try PredictionArray(contentsOf: url).labeled([0, 1], from: url).float64Values
        == [1, -2, 0x1p40, 4])
  }
}
