import Foundation

/// An array of NumPy's `.npy` format, versions 1.0 to 3.0, in either byte order.
///
/// A file is memory-mapped: taking a block of rows reads that block alone. Only an array in Fortran
/// order, in which the first index varies fastest, is copied to row-major order as it is opened. The
/// format is NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays".
public struct NumPyArray: Sendable {
  /// The extent of each dimension, slowest varying first; empty for a single value.
  public let shape: [Int]
  /// The type of the elements as stored.
  public let elementType: NumPyElementType
  /// The name that errors carry.
  public let file: String

  private let isBigEndian: Bool
  private let storage: ByteStorage
  private let dataOffset: Int

  /// Maps the file at `url` and checks its header and length.
  ///
  /// - Throws: `NumPyError` or `FileError`.
  public init(contentsOf url: URL) throws {
    try self.init(ByteStorage(mapping: url), file: url.path)
  }

  /// Reads the contents of an `.npy` file, such as a member of an `.npz` archive.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - file: The name that errors carry.
  /// - Throws: `NumPyError`.
  public init(bytes: [UInt8], file: String) throws {
    try self.init(bytes.withUnsafeBytes(ByteStorage.init(copying:)), file: file)
  }

  init(_ storage: ByteStorage, file: String) throws {
    let header = try storage.withBytes { try NumPyHeader($0, file: file) }
    try self.init(
      storage, dataOffset: header.byteCount, shape: header.shape, elementType: header.elementType,
      isBigEndian: header.isBigEndian, isFortranOrder: header.isFortranOrder, file: file)
  }

  init(
    _ storage: ByteStorage, dataOffset: Int, shape: [Int], elementType: NumPyElementType,
    isBigEndian: Bool, isFortranOrder: Bool = false, file: String
  ) throws {
    guard let expected = NumPyHeader.byteCount(of: shape, elementType) else {
      throw NumPyError(file: file, problem: .shapeTooLarge(shape))
    }
    let found = storage.bytes.count - dataOffset
    guard found == expected else {
      throw NumPyError(file: file, problem: .wrongByteCount(expected: expected, found: found))
    }
    self.shape = shape
    self.elementType = elementType
    self.isBigEndian = isBigEndian
    self.file = file
    if isFortranOrder, shape.count > 1 {
      guard expected <= Self.maximumReorderedByteCount else {
        throw NumPyError(file: file, problem: .tooLargeToReorder(byteCount: expected))
      }
      self.storage = storage.withBytes { bytes in
        Self.rowMajor(bytes[dataOffset...], shape, elementType)
      }
      self.dataOffset = 0
    } else {
      self.storage = storage
      self.dataOffset = dataOffset
    }
  }

  /// Arrays in Fortran order are copied, which must not take all memory.
  private static let maximumReorderedByteCount = Int(
    clamping: ProcessInfo.processInfo.physicalMemory / 2)

  /// The extent of the first dimension, 1 for a single value.
  public var rowCount: Int { shape.first ?? 1 }

  /// The number of elements of one row, the product of all extents but the first.
  public var rowLength: Int { shape.contains(0) ? 0 : shape.dropFirst().reduce(1, *) }

  /// Copies out the elements of `rows`, of the whole array by default, in row-major order.
  ///
  /// Elements are converted if `Element` holds every value of the stored type: whole numbers to
  /// wider whole numbers and to floating-point numbers that are exact for them, half and single
  /// precision to wider floating-point numbers.
  ///
  /// - Throws: `NumPyError` for a type that does not fit or rows beyond the array.
  public func values<Element: NumPyElement>(
    of type: Element.Type = Element.self, rows: Range<Int>? = nil
  ) throws -> [Element] {
    guard Element.holdsAll(of: elementType) else {
      throw NumPyError(
        file: file, problem: .wrongElementType(requested: "\(Element.self)", found: elementType))
    }
    let range = try byteRange(of: rows ?? 0..<rowCount)
    return storage.withBytes { elements(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// All elements, of any type of whole numbers; those beyond `Int` become its largest.
  ///
  /// - Throws: `NumPyError` for other types.
  package func wholeNumbers() throws -> [Int] {
    elementType == .uint64
      ? try values(of: UInt64.self).map(Int.init(clamping:)) : try values(of: Int.self)
  }

  /// Calls `body` with the bytes of `rows` where they are, of an array of `uint8`.
  ///
  /// - Throws: `NumPyError` for another element type or rows beyond the array, or what `body` throws.
  package func withRowBytes<Result>(
    _ rows: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard elementType == .uint8 else {
      throw NumPyError(
        file: file, problem: .wrongElementType(requested: "UInt8", found: elementType))
    }
    let range = try byteRange(of: rows)
    return try storage.withBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// The elements as Float32 of this machine: where they are, or a copy where they must be converted.
  ///
  /// Of Float64 the nearest Float32 are taken, infinite where there is none.
  ///
  /// - Throws: `NumPyError` for whole numbers that Float32 does not hold.
  package func floatStorage() throws -> ByteStorage {
    let bytes = UnsafeRawBufferPointer(rebasing: storage.bytes[dataOffset...])
    if elementType == .float32, isBigEndian == isHostBigEndian,
      UInt(bitPattern: bytes.baseAddress) % UInt(MemoryLayout<Float>.alignment) == 0
    {
      return ByteStorage(bytes, ownedBy: storage)
    }
    let floats =
      elementType == .float64
      ? try values(of: Double.self).map { Float($0) } : try values(of: Float.self)
    return floats.withUnsafeBytes(ByteStorage.init(copying:))
  }

  private func byteRange(of rows: Range<Int>) throws -> Range<Int> {
    guard rows.lowerBound >= 0, rows.upperBound <= rowCount else {
      throw NumPyError(file: file, problem: .rowsOutOfRange(requested: rows, count: rowCount))
    }
    let rowByteCount = rowLength * elementType.byteCount
    let start = dataOffset + rows.lowerBound * rowByteCount
    return start..<start + rows.count * rowByteCount
  }

  private func elements<Element: NumPyElement>(_ bytes: UnsafeRawBufferPointer) -> [Element] {
    guard isBigEndian != isHostBigEndian, elementType.byteCount > 1 else {
      return Element.elements(elementType, in: bytes)
    }
    let turned = ByteStorage(byteCount: bytes.count) { copy in
      copy.copyMemory(from: bytes)
      copy.reverseBytes(ofEach: elementType.byteCount)
    }
    return turned.withBytes { Element.elements(elementType, in: $0) }
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Turns the byte order of each element of 1, 2, 4 or 8 bytes.
  package func reverseBytes(ofEach size: Int) {
    switch size {
    case 2: reverse(UInt16.self)
    case 4: reverse(UInt32.self)
    case 8: reverse(UInt64.self)
    default: break
    }
  }

  private func reverse<Word: FixedWidthInteger & BitwiseCopyable>(_: Word.Type) {
    let size = MemoryLayout<Word>.size
    for offset in stride(from: 0, to: count - count % size, by: size) {
      let word = loadUnaligned(fromByteOffset: offset, as: Word.self)
      storeBytes(of: word.byteSwapped, toByteOffset: offset, as: Word.self)
    }
  }
}
