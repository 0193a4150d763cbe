/// A Swift type that the elements of NumPy arrays are read as and written from.
public protocol NumPyElement: BitwiseCopyable, Sendable {
  /// The element type of arrays that are written from this type.
  static var elementType: ElementType { get }
  /// Whether this type represents every value of `type` exactly.
  static func holdsAll(of type: ElementType) -> Bool
  /// Converts the elements of `bytes`, which are of `type` in this machine's byte order.
  ///
  /// - Returns: The elements; none if `holdsAll(of:)` is false for `type`.
  static func elements(_ type: ElementType, in bytes: UnsafeRawBufferPointer) -> [Self]
}

// The loops are in the conformances, so that the compiler specializes them for each pair of types. A
// generic loop outside of them would look up the conversion for every element.

extension NumPyElement where Self: FixedWidthInteger {
  public static func holdsAll(of type: ElementType) -> Bool {
    guard !type.isFloatingPoint, isSigned || !type.isSignedInteger else { return false }
    return type.magnitudeBits <= (isSigned ? bitWidth - 1 : bitWidth)
  }

  public static func elements(
    _ type: ElementType, in bytes: UnsafeRawBufferPointer
  ) -> [Self] {
    switch type {
    case .bool: bytes.elements { (value: UInt8) in value == 0 ? 0 : 1 }
    case .int8: bytes.elements { (value: Int8) in Self(truncatingIfNeeded: value) }
    case .int16: bytes.elements { (value: Int16) in Self(truncatingIfNeeded: value) }
    case .int32: bytes.elements { (value: Int32) in Self(truncatingIfNeeded: value) }
    case .int64: bytes.elements { (value: Int64) in Self(truncatingIfNeeded: value) }
    case .uint8: bytes.elements { (value: UInt8) in Self(truncatingIfNeeded: value) }
    case .uint16: bytes.elements { (value: UInt16) in Self(truncatingIfNeeded: value) }
    case .uint32: bytes.elements { (value: UInt32) in Self(truncatingIfNeeded: value) }
    case .uint64: bytes.elements { (value: UInt64) in Self(truncatingIfNeeded: value) }
    case .float16, .float32, .float64, .bfloat16: []
    }
  }
}

extension NumPyElement where Self: BinaryFloatingPoint {
  public static func holdsAll(of type: ElementType) -> Bool {
    switch type {
    case .float16, .float32, .float64: type.byteCount <= MemoryLayout<Self>.size
    case .bfloat16: false  // Not a type of NumPy's.
    default: type.magnitudeBits <= significandBitCount + 1
    }
  }

  public static func elements(
    _ type: ElementType, in bytes: UnsafeRawBufferPointer
  ) -> [Self] {
    switch type {
    case .bool: bytes.elements { (value: UInt8) in value == 0 ? 0 : 1 }
    case .int8: bytes.elements { (value: Int8) in Self(value) }
    case .int16: bytes.elements { (value: Int16) in Self(value) }
    case .int32: bytes.elements { (value: Int32) in Self(value) }
    case .uint8: bytes.elements { (value: UInt8) in Self(value) }
    case .uint16: bytes.elements { (value: UInt16) in Self(value) }
    case .uint32: bytes.elements { (value: UInt32) in Self(value) }
    case .float16: bytes.elements { (value: Float16) in Self(value) }
    case .float32: bytes.elements { (value: Float) in Self(value) }
    case .float64: bytes.elements { (value: Double) in Self(value) }
    case .int64, .uint64, .bfloat16: []
    }
  }
}

extension Bool: NumPyElement {
  public static var elementType: ElementType { .bool }
  public static func holdsAll(of type: ElementType) -> Bool { type == .bool }
  public static func elements(
    _ type: ElementType, in bytes: UnsafeRawBufferPointer
  ) -> [Bool] {
    type == .bool ? bytes.elements { (value: UInt8) in value != 0 } : []
  }
}

extension UnsafeRawBufferPointer {
  /// The elements as `convert` returns them.
  @inline(__always)
  fileprivate func elements<Stored: BitwiseCopyable, Element: BitwiseCopyable>(
    _ convert: (Stored) -> Element
  ) -> [Element] {
    let size = MemoryLayout<Stored>.size
    return [Element](unsafeUninitializedCapacity: count / size) { destination, initializedCount in
      for index in 0..<count / size {
        destination.initializeElement(
          at: index, to: convert(loadUnaligned(fromByteOffset: index * size, as: Stored.self)))
      }
      initializedCount = count / size
    }
  }
}

extension Int8: NumPyElement { public static var elementType: ElementType { .int8 } }
extension Int16: NumPyElement { public static var elementType: ElementType { .int16 } }
extension Int32: NumPyElement { public static var elementType: ElementType { .int32 } }
extension Int64: NumPyElement { public static var elementType: ElementType { .int64 } }
extension Int: NumPyElement { public static var elementType: ElementType { .int64 } }
extension UInt8: NumPyElement { public static var elementType: ElementType { .uint8 } }
extension UInt16: NumPyElement { public static var elementType: ElementType { .uint16 } }
extension UInt32: NumPyElement { public static var elementType: ElementType { .uint32 } }
extension UInt64: NumPyElement { public static var elementType: ElementType { .uint64 } }
extension Float16: NumPyElement { public static var elementType: ElementType { .float16 } }
extension Float: NumPyElement { public static var elementType: ElementType { .float32 } }
extension Double: NumPyElement { public static var elementType: ElementType { .float64 } }
