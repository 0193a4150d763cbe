extension NumPyArray {
  /// What stands before the elements of an array that comes piece by piece, as through a pipe.
  package struct Header: Sendable {
    package let shape: [Int]
    package let elementType: ElementType

    /// The first bytes, which tell how many there are.
    package static let prefixCount = NumPyHeader.prefixCount

    /// Whether an array may begin with these bytes.
    package static func canBegin(with bytes: [UInt8]) -> Bool { NumPyHeader.canBegin(with: bytes) }

    /// The size in bytes of the header that begins with these.
    ///
    /// - Throws: `NumPyError` where none does.
    package static func byteCount(fromPrefix prefix: [UInt8], file: String) throws -> Int {
      try NumPyHeader.byteCount(fromPrefix: prefix, file: file)
    }

    /// Reads a whole header.
    ///
    /// - Throws: `NumPyError`.
    package init(_ bytes: [UInt8], file: String) throws {
      let header = try bytes.withUnsafeBytes { try NumPyHeader($0, file: file) }
      (shape, elementType) = (header.shape, header.elementType)
    }
  }
}
