import Tensors
import TestSupport
import Testing

struct TensorTests {
  @Test func `rows share the memory of the tensor`() {
    let tensor = Tensor([3, 2])
    let rows = tensor.rows(1..<3)
    #expect(rows.shape == [2, 2] && rows.count == 4)
    rows[3] = 7
    rows.rows(0..<1)[0] = 5
    #expect(tensor.values == [0, 0, 5, 0, 0, 7])
    #expect(tensor.rows(1..<1).shape == [0, 2])
    #expect(tensor.rows(0..<3) === tensor)
  }

  @Test func `rows keep the memory of a released tensor`() {
    func rows() -> Tensor { Tensor([3, 2], [0, 1, 2, 3, 4, 5]).rows(1..<3) }
    let views = (0..<100).map { _ in rows() }
    #expect(views.allSatisfy { $0.values == [2, 3, 4, 5] })
    #expect(views.allSatisfy { $0.rows(1..<2).values == [4, 5] })
  }
}

struct TensorPoolTests {
  @Test func `one element makes a tensor or its squares infinite or no numbers, wherever it is`() {
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<200 {
      let count = Int.random(in: 1...100, using: &generator)
      let tensor = Tensor([count])
      for i in 0..<count { tensor[i] = .random(in: -1e19...1e19, using: &generator) }
      // The square of 1e19 is below the largest Float32, 3.4e38; that of 2e19 is above.
      #expect(tensor.isFinite && tensor.hasFiniteSquares)
      let index = Int.random(in: 0..<count, using: &generator)
      tensor[index] = -2e19
      #expect(tensor.isFinite && !tensor.hasFiniteSquares)
      tensor[index] = [.nan, .infinity, -.infinity].randomElement(using: &generator) ?? .nan
      #expect(!tensor.isFinite && !tensor.hasFiniteSquares)
    }
  }

  @Test func `the first of the largest elements of a part is found`() {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<200 {
      let values = (0..<20).map { _ in Float(Int.random(in: 0..<5, using: &generator)) }
      let start = Int.random(in: 0..<20, using: &generator)
      let part = Array(values[start..<Int.random(in: start + 1...20, using: &generator)])
      let found = Tensor([20], values).largestIndex(from: start, count: part.count)
      #expect(part.max().flatMap(part.firstIndex) == found)
    }
  }

  @Test func `a tensor without references is reused, under any shape of its count`() {
    let pool = TensorPool()
    let first = pool.tensor([2, 3]).elements
    let again = pool.tensor([6])
    #expect(again.elements == first && again.shape == [6] && pool.count == 1)
    let smaller = pool.tensor([5])
    #expect(smaller.shape == [5] && pool.count == 2)
  }

  @Test func `a tensor with references is not reused`() {
    let pool = TensorPool()
    let held = pool.tensor([4])
    let other = pool.tensor([4])
    withExtendedLifetime((held, other)) {
      #expect(other.elements != held.elements && pool.count == 2)
    }
  }

  @Test func `a tensor whose rows are referred to is not reused`() {
    let pool = TensorPool()
    var view: Tensor? = pool.tensor([4, 2]).rows(1..<3)
    let other = pool.tensor([4, 2])
    withExtendedLifetime((view, other)) { #expect(pool.count == 2) }
    view = nil
    let again = pool.tensor([4, 2])
    withExtendedLifetime((other, again)) { #expect(pool.count == 2) }
  }
}
