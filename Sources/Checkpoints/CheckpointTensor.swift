import Formats
import Foundation

/// A tensor of a checkpoint: a view of a storage, which several tensors may share.
///
/// Element `[i, j, …]` has index `offset + i · strides[0] + j · strides[1] + …` in the storage. Copies
/// of a tensor share its storage, which is immutable. A view may repeat elements, so that a small file
/// can describe a tensor that fits in no memory: see `isCopyable`.
public struct CheckpointTensor: Sendable {
  /// The type of the elements as stored.
  public let elementType: ElementType
  /// The extent of each dimension; empty for a scalar.
  public let shape: [Int]
  /// The distance in elements between neighbors along each dimension, never negative.
  public let strides: [Int]
  /// The index of the first element in the storage.
  public let offset: Int
  /// The number of elements, the product of `shape`.
  public let count: Int

  let storage: ByteStorage

  /// Creates a view of `storage`, and checks that all its elements lie in it.
  init(
    _ elementType: ElementType, shape: [Int], strides: [Int], offset: Int, storage: ByteStorage
  ) throws(CheckpointError.Problem) {
    let stored = storage.bytes.count / elementType.byteCount
    guard let count = ElementType.elementCount(of: shape), strides.count == shape.count,
      let end = Self.end(shape, strides, offset)
    else { throw .malformedView(shape: shape, strides: strides, offset: offset) }
    guard count == 0 || end <= stored else {
      throw .viewBeyondStorage(expected: end, found: stored)
    }
    self.elementType = elementType
    self.shape = shape
    self.strides = strides
    self.offset = offset
    self.count = count
    self.storage = storage
  }

  /// Creates a view of all of `storage` in row-major order; its elements must be as many as the product
  /// of `shape`.
  init(_ elementType: ElementType, shape: [Int], storage: ByteStorage) {
    self.elementType = elementType
    self.shape = shape
    strides = Self.rowMajorStrides(of: shape)
    offset = 0
    count = shape.reduce(1, *)
    self.storage = storage
  }

  /// The index after that of the last element, or nil if the view is impossible.
  private static func end(_ shape: [Int], _ strides: [Int], _ offset: Int) -> Int? {
    guard offset >= 0, strides.allSatisfy({ $0 >= 0 }) else { return nil }
    var last = offset
    for (extent, stride) in zip(shape, strides) where extent > 0 {
      let (step, stepOverflow) = (extent - 1).multipliedReportingOverflow(by: stride)
      let (sum, sumOverflow) = last.addingReportingOverflow(step)
      guard !stepOverflow, !sumOverflow else { return nil }
      last = sum
    }
    let (end, overflow) = last.addingReportingOverflow(1)
    return overflow ? nil : end
  }

  static func rowMajorStrides(of shape: [Int]) -> [Int] {
    var stride = 1
    return Array(
      shape.reversed().map { extent in
        defer { stride *= max(extent, 1) }
        return stride
      }.reversed())
  }
}

// MARK: New tensors

extension CheckpointTensor {
  /// Creates a Float32 tensor with a copy of `values` in row-major order, as many as the product of
  /// `shape`.
  public init(_ shape: [Int], _ values: [Float]) {
    self.init(.float32, shape: shape, copying: values)
  }

  /// Creates an Int64 tensor with a copy of `values` in row-major order, as many as the product of
  /// `shape`.
  public init(_ shape: [Int], _ values: [Int64]) {
    self.init(.int64, shape: shape, copying: values)
  }

  /// Creates a Float32 tensor without copying its elements.
  ///
  /// - Parameters:
  ///   - shape: The extent of each dimension; the product must be the number of values.
  ///   - values: The elements in row-major order, which must not change while the tensor is in use.
  ///   - owner: An object that keeps `values` valid while it lives.
  public init(_ shape: [Int], _ values: UnsafeBufferPointer<Float>, ownedBy owner: AnyObject) {
    Self.check(shape, values.count)
    self.init(
      .float32, shape: shape,
      storage: ByteStorage(UnsafeRawBufferPointer(values), ownedBy: owner))
  }

  private init(_ type: ElementType, shape: [Int], copying values: [some BitwiseCopyable]) {
    Self.check(shape, values.count)
    self.init(
      type, shape: shape, storage: values.withUnsafeBytes(ByteStorage.init(copying:)))
  }

  private static func check(_ shape: [Int], _ valueCount: Int) {
    precondition(shape.reduce(1, *) == valueCount, "\(valueCount) values for shape \(shape)")
  }
}

// MARK: Elements

extension CheckpointTensor {
  /// The elements in row-major order, rounded to Float32.
  public func floats() -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      copyFloats(to: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initializedCount = count
    }
  }

  /// Writes the elements in row-major order, rounded to Float32, to memory for exactly `count` of them.
  public func copyFloats(to destination: UnsafeMutableBufferPointer<Float>) {
    precondition(destination.count == count, "room for \(destination.count) of \(count) elements")
    switch elementType {
    case .float32: copy(to: destination) { (value: Float) in value }
    case .float64: copy(to: destination) { (value: Double) in Float(value) }
    case .float16: copy(to: destination) { (value: Float16) in Float(value) }
    case .bfloat16:
      copy(to: destination) { (value: UInt16) in Float(bitPattern: UInt32(value) << 16) }
    case .int64: copy(to: destination) { (value: Int64) in Float(value) }
    case .int32: copy(to: destination) { (value: Int32) in Float(value) }
    case .int16: copy(to: destination) { (value: Int16) in Float(value) }
    case .int8: copy(to: destination) { (value: Int8) in Float(value) }
    case .uint64: copy(to: destination) { (value: UInt64) in Float(value) }
    case .uint32: copy(to: destination) { (value: UInt32) in Float(value) }
    case .uint16: copy(to: destination) { (value: UInt16) in Float(value) }
    case .uint8: copy(to: destination) { (value: UInt8) in Float(value) }
    case .bool: copy(to: destination) { (value: UInt8) in value == 0 ? 0 : 1 }
    }
  }

  /// The elements in row-major order, rounded to Float64.
  public func doubles() -> [Double] {
    switch elementType {
    case .float64: elements { (value: Double) in value }
    case .float32, .float16, .bfloat16: floats().map(Double.init)
    case .uint64: elements { (value: UInt64) in Double(value) }
    default: (integers() ?? []).map(Double.init)
    }
  }

  /// The elements in row-major order, or nil if Int64 does not represent their type.
  public func integers() -> [Int64]? {
    switch elementType {
    case .float32, .float64, .float16, .bfloat16, .uint64: nil
    case .int64: elements { (value: Int64) in value }
    case .int32: elements { (value: Int32) in Int64(value) }
    case .int16: elements { (value: Int16) in Int64(value) }
    case .int8: elements { (value: Int8) in Int64(value) }
    case .uint32: elements { (value: UInt32) in Int64(value) }
    case .uint16: elements { (value: UInt16) in Int64(value) }
    case .uint8: elements { (value: UInt8) in Int64(value) }
    case .bool: elements { (value: UInt8) in value == 0 ? 0 : 1 }
    }
  }

  /// The bytes of the elements in row-major order: a part of the storage if they are contiguous in it,
  /// otherwise a copy.
  func rowMajorBytes() -> ByteStorage {
    let byteCount = count * elementType.byteCount
    if isContiguous || count == 0 {
      let start = count == 0 ? 0 : offset * elementType.byteCount
      return ByteStorage(
        UnsafeRawBufferPointer(rebasing: storage.bytes[start..<start + byteCount]),
        ownedBy: storage)
    }
    return ByteStorage(byteCount: byteCount) { bytes in
      switch elementType.byteCount {
      case 8: copy(to: bytes.bindMemory(to: UInt64.self)) { (word: UInt64) in word }
      case 4: copy(to: bytes.bindMemory(to: UInt32.self)) { (word: UInt32) in word }
      case 2: copy(to: bytes.bindMemory(to: UInt16.self)) { (word: UInt16) in word }
      default: copy(to: bytes.bindMemory(to: UInt8.self)) { (word: UInt8) in word }
      }
    }
  }

  private func elements<Stored: BitwiseCopyable, Element: BitwiseCopyable>(
    _ convert: (Stored) -> Element
  ) -> [Element] {
    [Element](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      copy(to: UnsafeMutableBufferPointer(rebasing: buffer[..<count]), convert)
      initializedCount = count
    }
  }

  private func copy<Stored: BitwiseCopyable, Element: BitwiseCopyable>(
    to destination: UnsafeMutableBufferPointer<Element>, _ convert: (Stored) -> Element
  ) {
    let size = MemoryLayout<Stored>.size
    var target = 0
    forEachRun { start, stride, count in
      for index in 0..<count {
        let source = (start + index * stride) * size
        destination[target + index] = convert(
          storage.bytes.loadUnaligned(fromByteOffset: source, as: Stored.self))
      }
      target += count
    }
  }

  /// Whether the elements are contiguous in the storage, in row-major order.
  var isContiguous: Bool {
    zip(shape, zip(strides, Self.rowMajorStrides(of: shape))).allSatisfy { extent, strides in
      extent == 1 || strides.0 == strides.1
    }
  }

  /// Calls `body` with the first index, stride and length of each run of elements, in row-major order.
  private func forEachRun(_ body: (_ start: Int, _ stride: Int, _ count: Int) -> Void) {
    guard count > 0 else { return }
    guard !isContiguous, let run = shape.last, let stride = strides.last else {
      body(offset, 1, count)
      return
    }
    var index = Array(repeating: 0, count: shape.count - 1)
    for _ in 0..<count / run {
      body(offset + zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 }, stride, run)
      for dimension in index.indices.reversed() {
        index[dimension] += 1
        if index[dimension] < shape[dimension] { break }
        index[dimension] = 0
      }
    }
  }
}

extension CheckpointTensor: Equatable {
  /// Whether both have the same type, shape and bits, in whatever storage and layout.
  public static func == (left: CheckpointTensor, right: CheckpointTensor) -> Bool {
    guard left.elementType == right.elementType, left.shape == right.shape else { return false }
    let isSameView =
      left.storage === right.storage && left.offset == right.offset
      && left.strides == right.strides
    if isSameView || left.count == 0 { return true }
    let (first, second) = (left.rowMajorBytes(), right.rowMajorBytes())
    return first.withBytes { first in
      second.withBytes { second in
        guard first.count == second.count, let start = first.baseAddress,
          let other = second.baseAddress
        else { return false }
        return memcmp(start, other, first.count) == 0
      }
    }
  }
}
