/// One of several parts of an evaluation, which processes that know nothing of each other make.
package struct Shard: Codable, Sendable, Equatable, CustomStringConvertible {
  /// Which part this is, from 1.
  package let index: Int
  /// How many parts there are.
  package let count: Int

  /// The part `index` of `count`; nil unless it is one of them.
  package init?(_ index: Int, of count: Int) {
    guard count >= 1, (1...count).contains(index) else { return nil }
    self.index = index
    self.count = count
  }

  /// Whether the cell at `index` of a plan, from 0, is in this part: each gets every `count`th.
  package func contains(index cell: Int) -> Bool { cell % count == index - 1 }

  package var description: String { "\(index)/\(count)" }
}
