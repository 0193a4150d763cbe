/// One named tensor of a safetensors file: its elements in row-major order, least significant byte
/// first.
public struct SafeTensor: Sendable {
  /// The name, unique in its file.
  public let name: String
  /// The type of the elements.
  public let elementType: SafeTensorElementType
  /// The extent of each dimension; empty for a single element.
  public let shape: [Int]
  /// The elements where they are: a part of the mapped file, without alignment, for one that was
  /// read.
  package let storage: ByteStorage

  /// A tensor with a copy of `bytes`, as many as `shape` and `elementType` say.
  ///
  /// Their number is checked only when the tensor is written.
  public init(
    _ name: String, _ elementType: SafeTensorElementType, shape: [Int], bytes: [UInt8]
  ) {
    self.init(
      name, elementType, shape: shape,
      storage: bytes.withUnsafeBytes(ByteStorage.init(copying:)))
  }

  /// As `init` with bytes, without a copy.
  package init(
    _ name: String, _ elementType: SafeTensorElementType, shape: [Int], storage: ByteStorage
  ) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.storage = storage
  }

  /// Calls `body` with the elements, which need not be aligned.
  public func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try storage.withBytes(body)
  }
}

/// The type of a safetensors element by the format's own name.
public enum SafeTensorElementType: String, Sendable, CaseIterable {
  /// IEEE 754 numbers of 8, 4 and 2 bytes.
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  /// The upper half of a `float32`.
  case bfloat16 = "BF16"
  /// Signed integers of 8, 4, 2 and 1 bytes.
  case int64 = "I64"
  case int32 = "I32"
  case int16 = "I16"
  case int8 = "I8"
  /// An unsigned byte.
  case uint8 = "U8"
  /// True or false in one byte.
  case bool = "BOOL"

  /// The number of bytes of one element.
  public var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// The number of bytes of a tensor, or nil if that overflows.
  package func byteCount(of shape: [Int]) -> Int? {
    var product = byteCount
    for extent in shape where extent != 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      if overflow || extent < 0 { return nil }
      product = next
    }
    return shape.contains(0) ? 0 : product
  }
}
