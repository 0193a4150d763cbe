import Formats
import Foundation
import Scoring

/// Predictions as run folders hold them: logits in Float32, and beside them what was given where that
/// says more.
extension PredictionArray {
  /// Whether logits in Float32 are all that was given.
  package var isFloat32Logits: Bool { numbers == .logits && elementType == .float32 }

  /// Replaces `url` with these numbers as they are, `[N, M, K]`; `whole` is given the SHA-256 of the file
  /// before it gets its name.
  ///
  /// - Throws: `FileError`, or what `whole` throws.
  package func write(to url: URL, whole: (Digest) throws -> Void) throws {
    try withNumbers { values in
      try NumPyArray.write(Float.self, shape: shape, to: url, whole: whole) {
        try $0.append(values)
      }
    } float64: { values in
      try NumPyArray.write(Double.self, shape: shape, to: url, whole: whole) {
        try $0.append(values)
      }
    }
  }

  /// Replaces `url` with these predictions as logits, `[N, M, K]`; `whole` is given the SHA-256 of the
  /// file before it gets its name.
  ///
  /// Float64 is rounded to Float32. Probabilities become their logarithms, 0 becomes −∞.
  ///
  /// - Throws: `FileError`, or what `whole` throws.
  package func writeLogits(to url: URL, whole: (Digest) throws -> Void) throws {
    try NumPyArray.write(Float.self, shape: shape, to: url, whole: whole) { file in
      try forEachBlock { try file.append($0) }
    }
  }

  /// Whether `stored` holds what `writeLogits` would write.
  package func isStored(as stored: PredictionArray) -> Bool {
    guard shape == stored.shape, stored.elementType == .float32 else { return false }
    var (next, isSame) = (0, true)
    stored.withNumbers { values in
      try? forEachBlock { block in
        let other = UnsafeBufferPointer(rebasing: values[next..<next + block.count])
        isSame = isSame && zip(block, other).allSatisfy { $0.bitPattern == $1.bitPattern }
        next += block.count
      }
    } float64: { _ in
    }
    return isSame
  }

  private static let blockLength = 1 << 16

  /// Calls `body` with the logits, part by part; those in Float32 are not copied.
  private func forEachBlock(_ body: (UnsafeBufferPointer<Float>) throws -> Void) throws {
    try withNumbers { values in
      if numbers == .logits { return try body(values) }
      try Self.forEachBlock(of: values, { Self.logit(ofProbability: Double($0)) }, body)
    } float64: { values in
      try Self.forEachBlock(
        of: values, numbers == .logits ? { Float($0) } : Self.logit(ofProbability:), body)
    }
  }

  private static func logit(ofProbability probability: Double) -> Float {
    Float(log(probability))
  }

  private static func forEachBlock<Number>(
    of values: UnsafeBufferPointer<Number>, _ transform: (Number) -> Float,
    _ body: (UnsafeBufferPointer<Float>) throws -> Void
  ) throws {
    for start in stride(from: 0, to: values.count, by: blockLength) {
      let block = values[start..<min(start + blockLength, values.count)].map(transform)
      try block.withUnsafeBufferPointer(body)
    }
  }
}

/// Predictions that one process of a job sends to another.
extension PredictionArray {
  /// One byte that says which numbers these are, and the array as an `.npy` file.
  ///
  /// - Throws: `NumPyError` for a shape that is too large.
  package var bytes: Data {
    get throws {
      let header = try NumPyArray.header(of: elementType, shape: shape, file: file)
      return withBytes { Data([numbers == .logits ? 0 : 1] + header) + Data($0) }
    }
  }

  /// The predictions whose `bytes` these are.
  ///
  /// - Throws: `NumPyError` or `PredictionFileError` where they are none.
  package init(bytes: Data) throws {
    let file = "another process"
    try self.init(
      NumPyArray(bytes: Array(bytes.dropFirst()), file: file),
      as: bytes.first == 0 ? .logits : .probabilities, file: URL(fileURLWithPath: file))
  }
}
