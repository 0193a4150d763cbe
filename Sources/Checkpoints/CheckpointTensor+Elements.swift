import Formats

extension CheckpointTensor {
  /// The elements in row-major order, rounded to Float32.
  public func floats() -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      copyFloats(to: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      initializedCount = count
    }
  }

  /// Writes the elements in row-major order, rounded to Float32, to memory for exactly `count`.
  public func copyFloats(to destination: UnsafeMutableBufferPointer<Float>) {
    precondition(destination.count == count, "\(destination.count) places for \(count) elements")
    switch scalarType {
    case .float32: copy(to: destination) { (value: Float) in value }
    case .float64: copy(to: destination) { (value: Double) in Float(value) }
    case .float16: copy(to: destination) { (value: Float16) in Float(value) }
    case .bfloat16:
      copy(to: destination) { (value: UInt16) in Float(bitPattern: UInt32(value) << 16) }
    case .int64: copy(to: destination) { (value: Int64) in Float(value) }
    case .int32: copy(to: destination) { (value: Int32) in Float(value) }
    case .int16: copy(to: destination) { (value: Int16) in Float(value) }
    case .int8: copy(to: destination) { (value: Int8) in Float(value) }
    case .uint8: copy(to: destination) { (value: UInt8) in Float(value) }
    case .bool: copy(to: destination) { (value: UInt8) in value == 0 ? 0 : 1 }
    }
  }

  /// The elements in row-major order, or nil if they are floating-point numbers.
  public func integers() -> [Int64]? {
    switch scalarType {
    case .float32, .float64, .float16, .bfloat16: nil
    case .int64: elements { (value: Int64) in value }
    case .int32: elements { (value: Int32) in Int64(value) }
    case .int16: elements { (value: Int16) in Int64(value) }
    case .int8: elements { (value: Int8) in Int64(value) }
    case .uint8: elements { (value: UInt8) in Int64(value) }
    case .bool: elements { (value: UInt8) in value == 0 ? 0 : 1 }
    }
  }

  /// The bytes of the elements in row-major order: a part of the storage where that is their order.
  func rowMajorBytes() -> ByteStorage {
    let byteCount = count * scalarType.byteCount
    if isContiguous || count == 0 {
      let start = count == 0 ? 0 : offset * scalarType.byteCount
      return ByteStorage(
        UnsafeRawBufferPointer(rebasing: storage.bytes[start..<start + byteCount]),
        ownedBy: storage)
    }
    return ByteStorage(byteCount: byteCount) { bytes in
      switch scalarType.byteCount {
      case 8: copy(to: bytes.bindMemory(to: UInt64.self)) { (word: UInt64) in word }
      case 4: copy(to: bytes.bindMemory(to: UInt32.self)) { (word: UInt32) in word }
      case 2: copy(to: bytes.bindMemory(to: UInt16.self)) { (word: UInt16) in word }
      default: copy(to: bytes.bindMemory(to: UInt8.self)) { (word: UInt8) in word }
      }
    }
  }

  /// The bits of the elements in row-major order.
  fileprivate func bits() -> [UInt64] {
    switch scalarType.byteCount {
    case 8: elements { (word: UInt64) in word }
    case 4: elements { (word: UInt32) in UInt64(word) }
    case 2: elements { (word: UInt16) in UInt64(word) }
    default: elements { (word: UInt8) in UInt64(word) }
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
    var position = 0
    forEachRun { start, stride, count in
      for index in 0..<count {
        let place = (start + index * stride) * size
        destination[position + index] = convert(
          storage.bytes.loadUnaligned(fromByteOffset: place, as: Stored.self))
      }
      position += count
    }
  }

  /// Whether the elements stand in the storage as in row-major order.
  var isContiguous: Bool {
    zip(shape, zip(strides, Self.rowMajorStrides(of: shape))).allSatisfy { extent, strides in
      extent == 1 || strides.0 == strides.1
    }
  }

  /// Calls `body` with the place, stride and length of each run of elements in row-major order.
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
  /// Whether both have the same type, shape and bits, wherever those are stored.
  public static func == (left: CheckpointTensor, right: CheckpointTensor) -> Bool {
    left.scalarType == right.scalarType && left.shape == right.shape && left.bits() == right.bits()
  }
}
