/// Tensors that are used again once nobody else refers to them.
///
/// After the first pass of a network over a batch of some size, later passes allocate nothing. A
/// pool belongs to one thread at a time.
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
