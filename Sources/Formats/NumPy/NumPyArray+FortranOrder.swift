extension NumPyArray {
  /// The elements of an array in which the first index varies fastest, so that the last one does.
  static func rowMajor(
    _ bytes: Slice<UnsafeRawBufferPointer>, _ shape: [Int], _ type: NumPyElementType
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

  /// The product of `shape` is the number of words of both.
  private static func copy<Word: FixedWidthInteger & BitwiseCopyable>(
    _: Word.Type, from source: UnsafeRawBufferPointer, _ shape: [Int],
    to destination: UnsafeMutableRawBufferPointer
  ) {
    let size = MemoryLayout<Word>.size
    let strides = shape.indices.map { shape[..<$0].reduce(size, *) }
    var index = shape.map { _ in 0 }
    var place = 0
    for target in stride(from: 0, to: source.count, by: size) {
      destination.storeBytes(
        of: source.loadUnaligned(fromByteOffset: place, as: Word.self), toByteOffset: target,
        as: Word.self)
      for dimension in shape.indices.reversed() {
        index[dimension] += 1
        place += strides[dimension]
        if index[dimension] < shape[dimension] { break }
        place -= strides[dimension] * shape[dimension]
        index[dimension] = 0
      }
    }
  }
}
