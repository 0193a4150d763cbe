import Formats

/// A tensor of a checkpoint: a view of a storage, which several tensors may share.
///
/// Element `[i, j, …]` stands at `offset + i · strides[0] + j · strides[1] + …` of the storage.
/// Copies of this value share the storage, which never changes.
public struct CheckpointTensor: Sendable {
  /// The type of the elements as stored.
  public let scalarType: ScalarType
  /// The extent of each dimension; empty for a single number.
  public let shape: [Int]
  /// The distance in elements between neighbors of each dimension, none negative.
  public let strides: [Int]
  /// The place of the first element in the storage.
  public let offset: Int
  /// The number of elements, the product of `shape`.
  public let count: Int

  let storage: ByteStorage

  /// The elements that a view may repeat beyond the number that its storage has.
  private static let maximumRepeatedCount = 1 << 20

  /// A view of `storage`, all of whose elements lie within it.
  init(
    _ scalarType: ScalarType, shape: [Int], strides: [Int], offset: Int, storage: ByteStorage
  ) throws(CheckpointError.Problem) {
    let stored = storage.bytes.count / scalarType.byteCount
    guard let count = Self.count(of: shape), strides.count == shape.count,
      let end = Self.end(shape, strides, offset)
    else { throw .malformedView(shape: shape, strides: strides, offset: offset) }
    guard count == 0 || end <= stored else {
      throw .viewBeyondStorage(expected: end, found: stored)
    }
    guard count <= max(stored, Self.maximumRepeatedCount) else {
      throw .viewTooLarge(count: count, maximum: Self.maximumRepeatedCount)
    }
    self.scalarType = scalarType
    self.shape = shape
    self.strides = strides
    self.offset = offset
    self.count = count
    self.storage = storage
  }

  /// All of `storage` in row-major order; the product of `shape` is the number of its elements.
  init(_ scalarType: ScalarType, shape: [Int], storage: ByteStorage) {
    self.scalarType = scalarType
    self.shape = shape
    strides = Self.rowMajorStrides(of: shape)
    offset = 0
    count = shape.reduce(1, *)
    self.storage = storage
  }

  /// The product of `shape`, or nil if that of its extents other than 0 overflows: strides are made
  /// of those.
  private static func count(of shape: [Int]) -> Int? {
    var product = 1
    for extent in shape where extent != 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard extent > 0, !overflow else { return nil }
      product = next
    }
    return shape.contains(0) ? 0 : product
  }

  /// One more than the place of the last element, or nil if the view makes no sense.
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
  /// A Float32 tensor with a copy of `values` in row-major order, whose number must be the product
  /// of `shape`.
  public init(_ shape: [Int], _ values: [Float]) {
    self.init(.float32, shape: shape, copying: values)
  }

  /// An Int64 tensor with a copy of `values` in row-major order, whose number must be the product of
  /// `shape`.
  public init(_ shape: [Int], _ values: [Int64]) {
    self.init(.int64, shape: shape, copying: values)
  }

  /// A Float32 tensor on memory that is not copied.
  ///
  /// - Parameters:
  ///   - shape: The extent of each dimension; their product must be the number of values.
  ///   - values: The elements in row-major order, which must not change while the tensor is in use.
  ///   - owner: The object that keeps `values` in place for as long as it lives.
  public init(_ shape: [Int], _ values: UnsafeBufferPointer<Float>, ownedBy owner: AnyObject) {
    Self.check(shape, values.count)
    self.init(
      .float32, shape: shape,
      storage: ByteStorage(UnsafeRawBufferPointer(values), ownedBy: owner))
  }

  private init(_ type: ScalarType, shape: [Int], copying values: [some BitwiseCopyable]) {
    Self.check(shape, values.count)
    self.init(
      type, shape: shape, storage: values.withUnsafeBytes(ByteStorage.init(copying:)))
  }

  private static func check(_ shape: [Int], _ valueCount: Int) {
    precondition(shape.reduce(1, *) == valueCount, "\(valueCount) values for shape \(shape)")
  }
}
