/// The class of each row, as files of labels hold it: an index, or a 1 among zeros.
package struct ClassIndices: Sendable, Equatable {
  /// The class of each row, from 0; negative or too large where the file says so.
  package let values: [Int]  // [N]
  /// K, where the file has a row of K numbers for each label: 1 for its class, 0 for the others.
  package let oneHotClassCount: Int?

  /// The labels in `numbers` of shape [N], [N, 1], [1, N] or, one-hot, [N, K].
  ///
  /// - Parameters:
  ///   - numbers: The numbers in row-major order.
  ///   - shape: The shape.
  ///   - rowCount: The number of labels that is expected; it tells a row of labels from the one-hot
  ///     row of one label.
  ///   - file: The file's name in errors.
  /// - Throws: `ClassIndexError`.
  package init(_ numbers: [Double], shape: [Int], rowCount: Int, file: String) throws {
    try self.init(
      try numbers.enumerated().map { index, number in
        guard let whole = Int(exactly: number) else {
          let length = max(1, shape.dropFirst().reduce(1, *))
          throw ClassIndexError(
            file: file,
            problem: Self.isList(shape, rowCount) || !(0...1 ~= number)
              ? .notWhole(row: shape.first == 1 ? index : index / length, value: number)
              : .soft(row: index / length, value: number, shape: shape))
        }
        return whole
      }, shape: shape, rowCount: rowCount, file: file)
  }

  /// The same of whole numbers.
  init(_ numbers: [Int], shape: [Int], rowCount: Int, file: String) throws {
    if Self.isList(shape, rowCount) {
      (values, oneHotClassCount) = (numbers, nil)
      return
    }
    guard shape.count == 2, shape[1] > 1 else {
      throw ClassIndexError(file: file, problem: .wrongShape(shape))
    }
    values = try (0..<shape[0]).map { row in
      let classes = numbers[row * shape[1]..<(row + 1) * shape[1]]
      guard let label = classes.firstIndex(of: 1), classes.allSatisfy({ $0 == 0 || $0 == 1 }),
        classes.count(where: { $0 == 1 }) == 1
      else { throw ClassIndexError(file: file, problem: .notOneHot(row: row, shape: shape)) }
      return label - classes.startIndex
    }
    oneHotClassCount = shape[1]
  }

  /// Whether numbers of this shape are labels one after the other.
  private static func isList(_ shape: [Int], _ rowCount: Int) -> Bool {
    switch shape.count {
    case 1: true
    case 2: shape[1] == 1 || shape[0] == 1 && shape[1] == rowCount
    default: false
    }
  }
}

extension NumPyArray {
  /// The labels that the array holds as whole numbers of any type, in shape [N], [N, 1] or [1, N], or
  /// as one-hot rows [N, K].
  ///
  /// - Parameter rowCount: The number of labels that is expected.
  /// - Returns: The label of each row.
  /// - Throws: `ClassIndexError`, or `NumPyError`.
  package func classIndices(rowCount: Int) throws -> ClassIndices {
    elementType.isFloatingPoint
      ? try ClassIndices(values(of: Double.self), shape: shape, rowCount: rowCount, file: file)
      : try ClassIndices(wholeNumbers(), shape: shape, rowCount: rowCount, file: file)
  }
}

/// Labels that are no class indices.
package struct ClassIndexError: Error, CustomStringConvertible, Equatable {
  package enum Problem: Sendable, Equatable {
    /// A label that is no whole number; rows count from 0.
    case notWhole(row: Int, value: Double)
    /// Rows of numbers between 0 and 1: shares of several classes.
    case soft(row: Int, value: Double, shape: [Int])
    /// Rows of whole numbers that are not one 1 among zeros.
    case notOneHot(row: Int, shape: [Int])
    /// An array of another number of dimensions.
    case wrongShape([Int])
  }

  package let file: String
  package let problem: Problem

  package var description: String { "\(file): \(message)".withoutControlCharacters }

  private var message: String {
    switch problem {
    case .notWhole(let row, let value): "row \(row): expected a class index, found \(value)"
    case .soft(let row, let value, let shape):
      "row \(row): found \(value) in an array of shape \(shape): soft labels, of several classes each; "
        + "expected the index of one class for each row, such as that of the largest share"
    case .notOneHot(let row, let shape):
      "row \(row): expected a class index, or one 1 among zeros; found an array of shape \(shape) with "
        + "other numbers"
    case .wrongShape(let shape):
      "expected labels of shape [rows], [rows, 1] or, one-hot, [rows, classes]; found \(shape)"
    }
  }
}
