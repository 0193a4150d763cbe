import Foundation

extension NumPyArray {
  /// Replaces `url` with the bytes that `numpy.save` writes: version 1.0, C order.
  ///
  /// - Parameters:
  ///   - values: The elements in row-major order.
  ///   - shape: The extent of each dimension; the product must be the number of values.
  ///   - url: The file, replaced atomically.
  /// - Throws: `NumPyError` for a wrong number of values, or `FileError`.
  public static func write<Element: NumPyElement>(
    _ values: [Element], shape: [Int], to url: URL
  ) throws {
    try write(Element.self, shape: shape, to: url) { rows in try rows.append(values) }
  }

  /// Replaces `url` with an array of known shape, whose elements `body` appends in pieces.
  ///
  /// The file is replaced once `body` has appended all elements; on any error `url` is unchanged.
  ///
  /// - Parameters:
  ///   - type: The Swift type of the elements.
  ///   - shape: The extent of each dimension of the whole array.
  ///   - url: The file.
  ///   - body: Appends the elements in row-major order.
  /// - Throws: `NumPyError` for a wrong number of values, `FileError`, or what `body` throws.
  public static func write<Element: NumPyElement>(
    _ type: Element.Type, shape: [Int], to url: URL,
    _ body: (inout NumPyRows<Element>) throws -> Void
  ) throws {
    try AtomicFile.stream(to: url) { try write(type, shape: shape, to: $0, body) }
  }

  /// The same, hashed on the way.
  ///
  /// - Parameters:
  ///   - type: The Swift type of the elements.
  ///   - shape: The extent of each dimension of the whole array.
  ///   - url: The file.
  ///   - whole: Called with the SHA-256 of the whole file, before the file is replaced.
  ///   - body: Appends the elements in row-major order.
  /// - Throws: `NumPyError` for a wrong number of values, `FileError`, or what `whole` or `body` throws.
  package static func write<Element: NumPyElement>(
    _ type: Element.Type, shape: [Int], to url: URL, whole: (Digest) throws -> Void,
    _ body: (inout NumPyRows<Element>) throws -> Void
  ) throws {
    try AtomicFile.stream(to: url) { stream in
      let digest = RunningDigest()
      try write(type, shape: shape, to: stream.hashed(by: digest), body)
      try whole(digest.finish())
    }
  }

  /// What `numpy.save` writes before the elements, in this machine's byte order.
  ///
  /// - Throws: `NumPyError` for a shape that is too large, or a type that NumPy does not have.
  package static func header(
    of type: ElementType, shape: [Int], file: String
  ) throws -> [UInt8] {
    try NumPyHeader.bytes(type, shape: shape, file: file)
  }

  private static func write<Element: NumPyElement>(
    _ type: Element.Type, shape: [Int], to stream: ByteStream,
    _ body: (inout NumPyRows<Element>) throws -> Void
  ) throws {
    let file = stream.url.path
    let header = try NumPyHeader.bytes(Element.elementType, shape: shape, file: file)
    try header.withUnsafeBytes(stream.append)
    var rows = NumPyRows<Element>(stream: stream, expected: shape.reduce(1, *), file: file)
    try body(&rows)
    guard rows.written == rows.expected else { throw rows.wrongCount(rows.written) }
  }
}

/// The elements of an array that `NumPyArray.write` is writing.
public struct NumPyRows<Element: NumPyElement> {
  fileprivate let stream: ByteStream
  fileprivate let expected: Int
  fileprivate let file: String
  fileprivate var written = 0

  /// Appends any number of elements, in row-major order.
  ///
  /// - Throws: `NumPyError.Problem.wrongValueCount` if there are more than the shape has, or
  ///   `FileError`.
  public mutating func append(_ values: [Element]) throws {
    try values.withUnsafeBufferPointer { try append($0) }
  }

  /// Appends elements of a buffer, as `append(_:)` of an array.
  ///
  /// - Throws: As `append(_:)` of an array.
  public mutating func append(_ values: UnsafeBufferPointer<Element>) throws {
    guard values.count <= expected - written else { throw wrongCount(written + values.count) }
    try stream.append(UnsafeRawBufferPointer(values))
    written += values.count
  }

  fileprivate func wrongCount(_ found: Int) -> NumPyError {
    NumPyError(file: file, problem: .wrongValueCount(expected: expected, found: found))
  }
}
