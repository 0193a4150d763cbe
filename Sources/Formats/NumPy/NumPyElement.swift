/// A Swift type that NumPy elements are read as and written from.
public protocol NumPyElement: BitwiseCopyable, Sendable {
  /// The NumPy type that an array of this type is written as.
  static var numPyType: NumPyElementType { get }
  /// Whether this type holds every value of `type`.
  static func holdsAll(of type: NumPyElementType) -> Bool
  /// The elements that `bytes` are in this machine's byte order; none if this type does not hold
  /// every value of `type`.
  static func elements(_ type: NumPyElementType, in bytes: UnsafeRawBufferPointer) -> [Self]
}

// The loops stand in what each type provides for itself, so that the compiler makes one of each for
// each type, instead of one for all that asks the type about every element.

extension NumPyElement where Self: FixedWidthInteger {
  public static func holdsAll(of type: NumPyElementType) -> Bool {
    guard !type.isFloatingPoint, isSigned || !type.isSigned else { return false }
    return type.magnitudeBits <= (isSigned ? bitWidth - 1 : bitWidth)
  }

  public static func elements(
    _ type: NumPyElementType, in bytes: UnsafeRawBufferPointer
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
    case .float16, .float32, .float64: []
    }
  }
}

extension NumPyElement where Self: BinaryFloatingPoint {
  public static func holdsAll(of type: NumPyElementType) -> Bool {
    type.isFloatingPoint
      ? type.byteCount <= MemoryLayout<Self>.size : type.magnitudeBits <= significandBitCount + 1
  }

  public static func elements(
    _ type: NumPyElementType, in bytes: UnsafeRawBufferPointer
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
    case .int64, .uint64: []
    }
  }
}

extension Bool: NumPyElement {
  public static var numPyType: NumPyElementType { .bool }
  public static func holdsAll(of type: NumPyElementType) -> Bool { type == .bool }
  public static func elements(
    _ type: NumPyElementType, in bytes: UnsafeRawBufferPointer
  ) -> [Bool] {
    type == .bool ? bytes.elements { (value: UInt8) in value != 0 } : []
  }
}

extension UnsafeRawBufferPointer {
  /// What `convert` makes of each element.
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

extension Int8: NumPyElement { public static var numPyType: NumPyElementType { .int8 } }
extension Int16: NumPyElement { public static var numPyType: NumPyElementType { .int16 } }
extension Int32: NumPyElement { public static var numPyType: NumPyElementType { .int32 } }
extension Int64: NumPyElement { public static var numPyType: NumPyElementType { .int64 } }
extension Int: NumPyElement { public static var numPyType: NumPyElementType { .int64 } }
extension UInt8: NumPyElement { public static var numPyType: NumPyElementType { .uint8 } }
extension UInt16: NumPyElement { public static var numPyType: NumPyElementType { .uint16 } }
extension UInt32: NumPyElement { public static var numPyType: NumPyElementType { .uint32 } }
extension UInt64: NumPyElement { public static var numPyType: NumPyElementType { .uint64 } }
extension Float16: NumPyElement { public static var numPyType: NumPyElementType { .float16 } }
extension Float: NumPyElement { public static var numPyType: NumPyElementType { .float32 } }
extension Double: NumPyElement { public static var numPyType: NumPyElementType { .float64 } }
