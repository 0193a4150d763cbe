import Foundation

/// An array of NumPy's `.npy` format, versions 1.0 to 3.0, in either byte order.
///
/// A file is memory-mapped: reading a block of rows touches only that block. Only an array in Fortran
/// order, in which the first index varies fastest, is copied to row-major order when it is opened.
/// The format is NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays".
public struct NumPyArray: Sendable {
  /// The extent of each dimension, slowest varying first; empty for a scalar.
  public let shape: [Int]
  /// The type of the elements as stored.
  public let elementType: ElementType
  /// The file's name in errors.
  public let file: String

  private let isBigEndian: Bool
  private let storage: ByteStorage
  private let dataOffset: Int

  /// Maps the file at `url` and checks its header and size.
  ///
  /// - Throws: `NumPyError`, `FileError`, or `FileFormError` for what is recognizably something else.
  public init(contentsOf url: URL) throws {
    self = try FileForm.naming(url, expecting: .numPyArray) {
      try NumPyArray(ByteStorage(mapping: url), file: url.path)
    }
  }

  /// Reads the contents of an `.npy` file, such as a member of an `.npz` archive.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - file: The file's name in errors.
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
    _ storage: ByteStorage, dataOffset: Int, shape: [Int], elementType: ElementType,
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

  /// The limit of an array in Fortran order, whose copy must leave memory for others.
  private static let maximumReorderedByteCount = Int(
    clamping: ProcessInfo.processInfo.physicalMemory / 2)

  /// The extent of the first dimension; 1 for a scalar.
  public var rowCount: Int { shape.first ?? 1 }

  /// The number of elements of one row, the product of all extents but the first.
  public var rowLength: Int { shape.contains(0) ? 0 : shape.dropFirst().reduce(1, *) }

  /// Copies the elements of `rows`, by default of all rows, in row-major order.
  ///
  /// Elements are converted if `Element` represents every value of the stored type: integers to wider
  /// integers and to floating-point numbers that are exact for them, half and single precision to
  /// wider floating-point numbers.
  ///
  /// - Throws: `NumPyError` for a type that cannot be converted, or rows outside the array.
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

  /// The bytes of some rows, or of all, of a `uint8` array.
  ///
  /// - Throws: As `values(of:rows:)`.
  package func bytes(ofRows rows: Range<Int>? = nil) throws -> [UInt8] {
    try values(of: UInt8.self, rows: rows)
  }

  /// All elements of an integer array; those greater than `Int.max` become `Int.max`.
  ///
  /// - Throws: `NumPyError` for other types.
  package func wholeNumbers() throws -> [Int] {
    elementType == .uint64
      ? try values(of: UInt64.self).map(Int.init(clamping:)) : try values(of: Int.self)
  }

  /// All elements in Float64; of 64-bit integers beyond 2⁵³ the nearest.
  ///
  /// - Throws: `NumPyError` for a type that cannot be converted.
  package func nearestNumbers() throws -> [Double] {
    switch elementType {
    case .int64: try values(of: Int64.self).map { Double($0) }
    // `Double.init` alone would take them for bits.
    case .uint64: try values(of: UInt64.self).map { Double($0) }
    default: try values()
    }
  }

  /// Calls `body` with the bytes of `rows` of a `uint8` array, without copying them.
  ///
  /// - Throws: `NumPyError` for another element type or rows outside the array, or what `body` throws.
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

  /// The elements as floating-point numbers in this machine's byte order, copied only if they must be
  /// converted.
  ///
  /// They are Float32 where that represents every value of the stored type, else Float64; of 64-bit
  /// integers beyond 2⁵³ the nearest.
  package func numberStorage() throws -> (ByteStorage, ElementType) {
    if Float.holdsAll(of: elementType) { return (try storage(of: Float.self), .float32) }
    if Double.holdsAll(of: elementType) { return (try storage(of: Double.self), .float64) }
    return (try nearestNumbers().withUnsafeBytes(ByteStorage.init(copying:)), .float64)
  }

  private func storage<Element: NumPyElement>(of type: Element.Type) throws -> ByteStorage {
    let bytes = UnsafeRawBufferPointer(rebasing: storage.bytes[dataOffset...])
    if elementType == Element.elementType, isBigEndian == isHostBigEndian,
      UInt(bitPattern: bytes.baseAddress) % UInt(MemoryLayout<Element>.alignment) == 0
    {
      return ByteStorage(bytes, ownedBy: storage)
    }
    return try values(of: type).withUnsafeBytes(ByteStorage.init(copying:))
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
    let reversed = ByteStorage(byteCount: bytes.count) { copy in
      copy.copyMemory(from: bytes)
      copy.reverseBytes(ofEach: elementType.byteCount)
    }
    return reversed.withBytes { Element.elements(elementType, in: $0) }
  }
}

// MARK: Fortran order

extension NumPyArray {
  /// Copies the elements of an array in Fortran order, in which the first index varies fastest, to
  /// row-major order.
  private static func rowMajor(
    _ bytes: Slice<UnsafeRawBufferPointer>, _ shape: [Int], _ type: ElementType
  ) -> ByteStorage {
    let source = UnsafeRawBufferPointer(rebasing: bytes)
    return ByteStorage(byteCount: source.count) { destination in
      switch type.byteCount {
      case 8: copy(UInt64.self, from: source, shape, to: destination)
      case 4: copy(UInt32.self, from: source, shape, to: destination)
      case 2: copy(UInt16.self, from: source, shape, to: destination)
      default: copy(UInt8.self, from: source, shape, to: destination)
      }
    }
  }

  /// Both buffers hold as many words as the product of `shape`.
  private static func copy<Word: FixedWidthInteger & BitwiseCopyable>(
    _: Word.Type, from source: UnsafeRawBufferPointer, _ shape: [Int],
    to destination: UnsafeMutableRawBufferPointer
  ) {
    let size = MemoryLayout<Word>.size
    let strides = shape.indices.map { shape[..<$0].reduce(size, *) }
    var index = shape.map { _ in 0 }
    var offset = 0
    for target in stride(from: 0, to: source.count, by: size) {
      destination.storeBytes(
        of: source.loadUnaligned(fromByteOffset: offset, as: Word.self), toByteOffset: target,
        as: Word.self)
      for dimension in shape.indices.reversed() {
        index[dimension] += 1
        offset += strides[dimension]
        if index[dimension] < shape[dimension] { break }
        offset -= strides[dimension] * shape[dimension]
        index[dimension] = 0
      }
    }
  }
}
