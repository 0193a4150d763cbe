/// One of several parts of an evaluation, which processes that know nothing of each other make.
package struct Shard: Codable, Sendable, Equatable, CustomStringConvertible {
  /// Which part this is, from 1.
  package let index: Int
  /// How many parts there are.
  package let count: Int

  /// More parts than any evaluation has cells.
  private static let largestCount = 1 << 16

  /// All of an evaluation.
  package static let whole = Shard(part: 1, of: 1)

  private init(part: Int, of count: Int) {
    (index, self.count) = (part, count)
  }

  /// The part `index` of `count`; nil unless it is one of them.
  package init?(_ index: Int, of count: Int) {
    guard count >= 1, (1...count).contains(index) else { return nil }
    self.index = index
    self.count = count
  }

  /// - Throws: `DecodingError` for what is no part, as a damaged record may have it.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let index = try container.decode(Int.self, forKey: .index)
    let count = try container.decode(Int.self, forKey: .count)
    guard let shard = Shard(index, of: count), count <= Self.largestCount else {
      throw DecodingError.dataCorruptedError(
        forKey: .index, in: container,
        debugDescription: "part \(index) of \(count); expected 1 of at most \(Self.largestCount)")
    }
    self = shard
  }

  /// Whether the cell at `index` of a plan, from 0, is in this part: each gets every `count`th.
  package func contains(index cell: Int) -> Bool { cell % count == index - 1 }

  package var description: String { "\(index)/\(count)" }
}
