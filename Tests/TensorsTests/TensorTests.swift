import Tensors
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
