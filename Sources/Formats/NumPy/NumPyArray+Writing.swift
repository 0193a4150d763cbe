import Foundation

extension NumPyArray {
  /// Replaces `url` with an array of version 1.0 in C order, byte for byte what `numpy.save` writes.
  ///
  /// - Parameters:
  ///   - values: The elements in row-major order.
  ///   - shape: The extent of each dimension; their product is the number of values.
  ///   - url: The file, which is written beside and renamed.
  /// - Throws: `NumPyError` for a wrong number of values, or `FileError`.
  public static func write<Element: NumPyElement>(
    _ values: [Element], shape: [Int], to url: URL
  ) throws {
    try write(Element.self, shape: shape, to: url) { rows in try rows.append(values) }
  }

  /// Replaces `url` with an array of a known shape that `body` appends piece by piece.
  ///
  /// The file is written beside and renamed once `body` has appended all its elements; on any error
  /// `url` is as it was.
  ///
  /// - Parameters:
  ///   - type: The type of the elements.
  ///   - shape: The extent of each dimension of the whole array.
  ///   - url: The file.
  ///   - body: Appends the elements in row-major order.
  /// - Throws: `NumPyError` for a wrong number of values, `FileError`, or what `body` throws.
  public static func write<Element: NumPyElement>(
    _ type: Element.Type, shape: [Int], to url: URL,
    _ body: (inout NumPyRows<Element>) throws -> Void
  ) throws {
    let header = try NumPyHeader.bytes(Element.numPyType, shape: shape, file: url.path)
    try AtomicFile.stream(to: url) { stream in
      try header.withUnsafeBytes(stream.append)
      var rows = NumPyRows<Element>(
        stream: stream, expected: shape.reduce(1, *), file: url.path)
      try body(&rows)
      guard rows.written == rows.expected else { throw rows.wrongCount(rows.written) }
    }
  }
}

/// The array that `NumPyArray.write` is writing.
public struct NumPyRows<Element: NumPyElement> {
  fileprivate let stream: ByteStream
  fileprivate let expected: Int
  fileprivate let file: String
  fileprivate var written = 0

  /// Appends elements, any number of them, in row-major order.
  ///
  /// - Throws: `NumPyError.Problem.wrongValueCount` if that is more than the shape has room for, or
  ///   `FileError`.
  public mutating func append(_ values: [Element]) throws {
    try values.withUnsafeBufferPointer { try append($0) }
  }

  /// Appends elements in memory, as `append(_:)` of an array.
  ///
  /// - Throws: as `append(_:)` of an array.
  public mutating func append(_ values: UnsafeBufferPointer<Element>) throws {
    guard values.count <= expected - written else { throw wrongCount(written + values.count) }
    try stream.append(UnsafeRawBufferPointer(values))
    written += values.count
  }

  fileprivate func wrongCount(_ found: Int) -> NumPyError {
    NumPyError(file: file, problem: .wrongValueCount(expected: expected, found: found))
  }
}
