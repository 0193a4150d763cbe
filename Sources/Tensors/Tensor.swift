#if os(Linux)
  import Glibc
#endif

/// A dense array of Float32 in row-major order, for example `[N, H, W, C]`.
///
/// A tensor is a reference to one 64-byte aligned buffer. Layers own the tensors that they write;
/// parallel loops write disjoint ranges of one tensor.
package final class Tensor: @unchecked Sendable {
  /// The extent of each dimension, slowest varying first.
  package private(set) var shape: [Int]
  /// The number of elements, the product of `shape`.
  package let count: Int
  /// The elements in row-major order; valid while this tensor is referred to.
  package let elements: UnsafeMutablePointer<Float>
  /// The tensor that owns the memory, where this one is a view of its rows.
  private let owner: Tensor?

  private static let alignment = 64
  /// Large tensors take pages of this size, which save most address translations.
  private static let largePage = 2 << 20

  /// A tensor of zeros.
  package init(_ shape: [Int]) {
    self.shape = shape
    count = shape.reduce(1, *)
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let isLarge = bytes >= Self.largePage
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: bytes, alignment: isLarge ? Self.largePage : Self.alignment)
    #if os(Linux)
      if isLarge { madvise(memory, bytes, MADV_HUGEPAGE) }
    #endif
    elements = memory.bindMemory(to: Float.self, capacity: max(count, 1))
    elements.initialize(repeating: 0, count: count)
    owner = nil
  }

  private init(rows: Range<Int>, of owner: Tensor) {
    let size = owner.count / owner.shape[0]
    shape = [rows.count] + owner.shape.dropFirst()
    count = rows.count * size
    elements = owner.elements + rows.lowerBound * size
    self.owner = owner
  }

  /// A view of a range of the first dimension, in the same memory.
  package func rows(_ range: Range<Int>) -> Tensor {
    range == 0..<shape[0] ? self : Tensor(rows: range, of: self)
  }

  /// A tensor holding `values`, whose number must be the product of `shape`.
  package convenience init(_ shape: [Int], _ values: [Float]) {
    self.init(shape)
    precondition(values.count == count, "\(values.count) values for shape \(shape)")
    elements.update(from: values, count: count)
  }

  deinit {
    if owner == nil { elements.deallocate() }
  }

  package subscript(index: Int) -> Float {
    get { elements[index] }
    set { elements[index] = newValue }
  }

  private var buffer: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: elements, count: count)
  }

  /// Whether no element is NaN or infinite.
  package var isFinite: Bool { buffer.allSatisfy(\.isFinite) }

  /// Whether the square of no element is NaN or infinite.
  package var hasFiniteSquares: Bool { buffer.allSatisfy { ($0 * $0).isFinite } }

  /// The index, relative to `start`, of the largest of `count` elements; the first of equal ones.
  package func largestIndex(from start: Int, count: Int) -> Int {
    (1..<max(count, 1)).reduce(0) { self[start + $1] > self[start + $0] ? $1 : $0 }
  }

  /// A copy of the elements in row-major order.
  package var values: [Float] {
    Array(buffer)
  }

  /// This tensor under another shape of the same count.
  func reshaped(_ shape: [Int]) -> Tensor {
    self.shape = shape
    return self
  }

  /// Replaces the elements by those of a tensor of the same count.
  package func assign(_ other: Tensor) {
    precondition(other.count == count, "\(other.shape) assigned to \(shape)")
    elements.update(from: other.elements, count: count)
  }

  package func fill(with value: Float) {
    elements.update(repeating: value, count: count)
  }
}

/// Tensors that are reused once nobody else refers to them.
///
/// After a network's first pass over a batch of some size, later passes allocate nothing. Only one
/// thread at a time may use a pool.
package final class TensorPool {
  /// All tensors of one element count.
  private final class Shelf {
    var tensors: [Tensor] = []
  }

  private var shelves: [Int: Shelf] = [:]

  /// The number of tensors made so far.
  package private(set) var count = 0

  package init() {}

  /// A tensor of the given shape with unspecified elements.
  package func tensor(_ shape: [Int]) -> Tensor {
    let count = shape.reduce(1, *)
    let shelf = shelves[count] ?? Shelf()
    shelves[count] = shelf
    for index in shelf.tensors.indices where isKnownUniquelyReferenced(&shelf.tensors[index]) {
      return shelf.tensors[index].reshaped(shape)
    }
    let tensor = Tensor(shape)
    shelf.tensors.append(tensor)
    self.count += 1
    return tensor
  }
}
