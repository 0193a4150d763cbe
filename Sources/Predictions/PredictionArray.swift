// N rows, M members, K classes.

import Formats
import Foundation
import Scoring

/// Anybody's predictions: logits or probabilities of N rows by M members over K classes, in Float32 or
/// Float64.
package struct PredictionArray: Sendable {
  package let rowCount: Int
  package let memberCount: Int
  package let classCount: Int
  /// What the numbers are.
  package let numbers: PredictionNumbers
  /// `float32` or `float64`.
  package let elementType: ElementType
  /// Where errors say that the numbers are from.
  package let file: String
  private let storage: ByteStorage  // [N, M, K]

  /// Reads an `.npy` file of shape [N, K] or [N, M, K].
  ///
  /// It holds floating-point or whole numbers. An array of Float32 or Float64 stays in its file, which
  /// must not change meanwhile.
  ///
  /// - Throws: `PredictionFileError`, `NumPyError` or `FileError`.
  package init(contentsOf url: URL, as numbers: PredictionNumbers = .logits) throws {
    try self.init(NumPyArray(contentsOf: url), as: numbers, file: url)
  }

  /// The numbers of an array of shape [N, K] or [N, M, K], which is from `file`.
  ///
  /// - Throws: `PredictionFileError` or `NumPyError`.
  package init(_ array: NumPyArray, as numbers: PredictionNumbers = .logits, file: URL) throws {
    guard (2...3).contains(array.shape.count), !array.shape.contains(0) else {
      throw PredictionFileError(
        file: file.path,
        problem: .wrongShape(
          expected: "[rows, classes] or [rows, members, classes]", found: array.shape))
    }
    self.file = file.path
    self.numbers = numbers
    rowCount = array.shape[0]
    memberCount = array.shape.count == 3 ? array.shape[1] : 1
    classCount = array.shape[array.shape.count - 1]
    (storage, elementType) = try array.numberStorage()
  }

  /// One member's numbers `[rows, classes]` in Float32, which are from `file`.
  package init(
    _ values: [Float], classCount: Int, as numbers: PredictionNumbers = .logits, file: URL
  ) {
    self.init(
      values.withUnsafeBytes(ByteStorage.init(copying:)), .float32,
      shape: [values.count / classCount, 1, classCount], as: numbers, file: file.path)
  }

  /// One member's numbers `[rows, classes]` in Float64, which are from `file`.
  package init(
    float64 values: [Double], classCount: Int, as numbers: PredictionNumbers = .logits, file: URL
  ) {
    self.init(
      values.withUnsafeBytes(ByteStorage.init(copying:)), .float64,
      shape: [values.count / classCount, 1, classCount], as: numbers, file: file.path)
  }

  /// The two classes of a binary classifier, of which `values` `[rows, members]` holds one number for each
  /// row: a logit z becomes (0, z), a probability p (1 − p, p).
  package init(
    binary values: [Double], memberCount: Int, as numbers: PredictionNumbers, file: URL
  ) {
    var pairs = [Double](repeating: 0, count: 2 * values.count)
    for (index, value) in values.enumerated() {
      pairs[2 * index] = numbers == .probabilities ? 1 - value : 0
      pairs[2 * index + 1] = value
    }
    self.init(
      pairs.withUnsafeBytes(ByteStorage.init(copying:)), .float64,
      shape: [values.count / memberCount, memberCount, 2], as: numbers, file: file.path)
  }

  /// The logits `[N, M, K]` of a network; `shape` has these three.
  package init(_ logits: [Float], shape: [Int]) {
    self.init(
      logits.withUnsafeBytes(ByteStorage.init(copying:)), .float32, shape: shape, as: .logits,
      file: "the network")
  }

  /// The rows of arrays of the same members, classes and type, one array after the other.
  ///
  /// - Throws: `PredictionFileError` where they are not.
  package init(joining parts: [PredictionArray]) throws {
    let first = parts[0]
    if parts.count == 1 {
      self = first
      return
    }
    for part in parts { try first.check(isLike: part) }
    let storage = ByteStorage(byteCount: parts.reduce(0) { $0 + $1.storage.bytes.count }) { bytes in
      var next = 0
      for part in parts {
        part.storage.withBytes {
          UnsafeMutableRawBufferPointer(rebasing: bytes[next...]).copyMemory(from: $0)
          next += $0.count
        }
      }
    }
    self.init(
      storage, first.elementType,
      shape: [parts.reduce(0) { $0 + $1.rowCount }, first.memberCount, first.classCount],
      as: first.numbers, file: first.file)
  }

  /// Makes sure that the rows of both are of the same members, classes and type.
  ///
  /// - Throws: `PredictionFileError`.
  package func check(isLike other: PredictionArray) throws {
    func form(_ array: PredictionArray) -> String {
      "\(array.memberCount) × \(array.classCount) \(array.elementType)"
    }
    guard form(self) == form(other), numbers == other.numbers else {
      throw PredictionFileError(
        file: other.file, problem: .otherRows(expected: form(self), found: form(other)))
    }
  }

  /// Whether both are of one form, and differ by no more than another order of sums, or a lower precision of
  /// products, can make.
  package func isClose(to other: PredictionArray) -> Bool {
    guard shape == other.shape, numbers == other.numbers else { return false }
    let (mine, others) = (inFloat64, other.inFloat64)
    return mine.withNumbers { _ in
      false
    } float64: { mine in
      others.withNumbers { _ in
        false
      } float64: { others in
        zip(mine, others).allSatisfy { abs($0 - $1) <= 1e-3 + 1e-2 * max(abs($0), abs($1)) }
      }
    }
  }

  /// The members of an ensemble, each an array of one member and of the same shape.
  ///
  /// They are Float64 where one of them is. The numbers are what those of the first are.
  package init(interleaving members: [PredictionArray]) {
    let first = members[0]
    let isFloat64 = members.contains { $0.elementType == .float64 }
    self.init(
      isFloat64
        ? Self.interleaved(members, as: Double.self) : Self.interleaved(members, as: Float.self),
      isFloat64 ? .float64 : .float32, shape: [first.rowCount, members.count, first.classCount],
      as: first.numbers, file: first.file)
  }

  private init(
    _ storage: ByteStorage, _ elementType: ElementType, shape: [Int],
    as numbers: PredictionNumbers, file: String
  ) {
    (rowCount, memberCount, classCount) = (shape[0], shape[1], shape[2])
    (self.storage, self.elementType) = (storage, elementType)
    (self.numbers, self.file) = (numbers, file)
  }

  private static func interleaved<Number: BinaryFloatingPoint & BitwiseCopyable>(
    _ members: [PredictionArray], as _: Number.Type
  ) -> ByteStorage {
    let (rows, classes) = (members[0].rowCount, members[0].classCount)
    let size = members.count * rows * classes * MemoryLayout<Number>.size
    return ByteStorage(byteCount: size) { bytes in
      let target = bytes.bindMemory(to: Number.self)
      for (index, member) in members.enumerated() {
        func copy(_ source: UnsafeBufferPointer<some BinaryFloatingPoint>) {
          for row in 0..<rows {
            let start = (row * members.count + index) * classes
            for c in 0..<classes { target[start + c] = Number(source[row * classes + c]) }
          }
        }
        member.withNumbers(float32: copy, float64: copy)
      }
    }
  }

  /// The same numbers, taken as `numbers`.
  package func taken(as numbers: PredictionNumbers) -> PredictionArray {
    PredictionArray(storage, elementType, shape: shape, as: numbers, file: file)
  }

  /// The numbers of some rows, which are said to be from `file`; they are not copied.
  ///
  /// - Precondition: The array has these rows.
  package func rows(_ rows: Range<Int>, file: String) -> PredictionArray {
    let size = memberCount * classCount * elementType.byteCount
    let bytes = UnsafeRawBufferPointer(
      rebasing: storage.bytes[rows.lowerBound * size..<rows.upperBound * size])
    return PredictionArray(
      ByteStorage(bytes, ownedBy: storage), elementType,
      shape: [rows.count, memberCount, classCount], as: numbers, file: file)
  }

  /// The numbers of some rows, in the order given; a copy.
  ///
  /// - Precondition: The array has these rows.
  package func selecting(rows: [Int]) -> PredictionArray {
    let size = memberCount * classCount * elementType.byteCount
    let selected = ByteStorage(byteCount: rows.count * size) { bytes in
      storage.withBytes { source in
        for (index, row) in rows.enumerated() {
          UnsafeMutableRawBufferPointer(rebasing: bytes[index * size..<(index + 1) * size])
            .copyMemory(
              from: UnsafeRawBufferPointer(rebasing: source[row * size..<(row + 1) * size]))
        }
      }
    }
    return PredictionArray(
      selected, elementType, shape: [rows.count, memberCount, classCount], as: numbers, file: file)
  }

  /// The numbers of some classes, in the order given; a copy.
  ///
  /// Probabilities are divided by their sum over these classes, which gives the softmax of these classes'
  /// logits alone; of a row without any they are not finite.
  ///
  /// - Precondition: The array has these classes.
  package func selecting(classes: [Int]) -> PredictionArray {
    let (rows, size) = (rowCount * memberCount, classes.count * elementType.byteCount)
    func fill<Number: BinaryFloatingPoint & BitwiseCopyable>(
      _ source: UnsafeBufferPointer<Number>
    ) -> ByteStorage {
      ByteStorage(byteCount: rows * size) { bytes in
        let target = bytes.bindMemory(to: Number.self)
        for row in 0..<rows {
          let (first, start) = (row * classes.count, row * classCount)
          for (place, index) in classes.enumerated() {
            target[first + place] = source[start + index]
          }
          guard numbers == .probabilities else { continue }
          let sum = target[first..<first + classes.count].reduce(0.0) { $0 + Double($1) }
          for place in first..<first + classes.count {
            target[place] = Number(Double(target[place]) / sum)
          }
        }
      }
    }
    return PredictionArray(
      withNumbers(float32: fill, float64: fill), elementType,
      shape: [rowCount, memberCount, classes.count], as: numbers, file: file)
  }

  /// The same numbers in a mapped file: where they are from, or a temporary one.
  ///
  /// - Throws: `FileError.unwritable`.
  package func mapped() throws -> PredictionArray {
    guard !storage.isMapped else { return self }
    return PredictionArray(
      try storage.withBytes(ByteStorage.init(inTemporaryFile:)), elementType, shape: shape,
      as: numbers, file: file)
  }

  /// The same numbers in Float64, which has all of Float32.
  package var inFloat64: PredictionArray {
    guard elementType != .float64 else { return self }
    let numbers = withNumbers {
      $0.map { Double($0) }
    } float64: {
      Array($0)
    }
    return PredictionArray(
      numbers.withUnsafeBytes(ByteStorage.init(copying:)), .float64, shape: shape,
      as: self.numbers, file: file)
  }

  /// Calls one of two closures with the numbers `[N, M, K]`.
  package func withNumbers<Result>(
    float32: (UnsafeBufferPointer<Float>) throws -> Result,
    float64: (UnsafeBufferPointer<Double>) throws -> Result
  ) rethrows -> Result {
    try storage.withBytes { bytes in
      try elementType == .float64
        ? float64(bytes.bindMemory(to: Double.self)) : float32(bytes.bindMemory(to: Float.self))
    }
  }

  /// Calls `body` with the bytes of the numbers, in this machine's order.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows
    -> Result
  {
    try storage.withBytes(body)
  }

  /// What the numbers were given in, in words.
  package var precision: String {
    "\(elementType == .float64 ? "float64" : "float32") \(numbers == .logits ? "logits" : "probabilities")"
  }

  package var shape: [Int] { [rowCount, memberCount, classCount] }

  /// The numbers with the labels of the file `labelFile`.
  ///
  /// - Throws: `PredictionFileError` naming the file, and the row, where labels are not as many as rows
  ///   or not in 0..<K, where a logit is NaN or infinite, or where numbers are no probabilities.
  package func labeled(_ labels: [Int], from labelFile: URL) throws -> LabeledLogits {
    guard labels.count == rowCount else {
      throw PredictionFileError(
        file: labelFile.path, problem: .wrongLabelCount(expected: rowCount, found: labels.count))
    }
    do {
      return try withNumbers { values in
        try LabeledLogits(
          borrowing: values, as: numbers, owner: storage, memberCount: memberCount,
          classCount: classCount, labels: labels)
      } float64: { values in
        try LabeledLogits(
          borrowing: values, as: numbers, owner: storage, memberCount: memberCount,
          classCount: classCount, labels: labels)
      }
    } catch let error as ScoringError {
      let isOfLabels = if case .labelOutOfRange = error { true } else { false }
      if case .notProbabilities = error, let member = memberInPercent {
        throw PredictionFileError(
          file: file, problem: .percent(member: memberCount > 1 ? member : nil))
      }
      throw PredictionFileError(
        file: isOfLabels ? labelFile.path : file, problem: .unusable(error))
    }
  }

  /// Makes sure that another axis than that of the rows is not as long as there are labels, where the
  /// rows are not.
  ///
  /// Rows that are one more or less are rows: a header, or a row, is missing or too much.
  ///
  /// - Throws: `PredictionFileError`.
  package func checkAxes(labelCount: Int) throws {
    let shape = memberCount == 1 ? [rowCount, classCount] : shape
    guard abs(labelCount - rowCount) > 1, shape.dropFirst().contains(labelCount) else { return }
    throw PredictionFileError(
      file: file, problem: .otherAxes(shape: shape, labelCount: labelCount))
  }

  /// The first member all of whose numbers are from 0 to 100, with rows that nearly all sum to about
  /// 100.
  package var memberInPercent: Int? {
    func check(_ values: UnsafeBufferPointer<some BinaryFloatingPoint>, _ member: Int) -> Bool {
      var otherSums = 0
      for row in 0..<rowCount {
        let start = (row * memberCount + member) * classCount
        var sum = 0.0
        for value in values[start..<start + classCount] {
          guard value >= 0, value <= 100.1 else { return false }
          sum += Double(value)
        }
        // Ten whole percentages are off 100 by no more.
        if abs(sum - 100) > 5 { otherSums += 1 }
      }
      return 20 * otherSums <= rowCount
    }
    return (0..<memberCount).first { member in
      withNumbers(float32: { check($0, member) }, float64: { check($0, member) })
    }
  }
}
