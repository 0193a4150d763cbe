import Images

/// Some images of a data set.
package struct Subset: Dataset {
  package var name: String { whole.name }
  package var classCount: Int { whole.classCount }
  package var classNames: [String] { whole.classNames }
  package var imageSide: Int { whole.imageSide }
  package let labels: [Int]

  private let whole: any Dataset
  private let indices: [Int]

  /// At most `limit` images of `whole`, evenly spaced, in order.
  ///
  /// Spaced, because folders hold their images class after class.
  package init(_ limit: Int, of whole: any Dataset) {
    let count = min(limit, whole.count)
    let indices = (0..<count).map { $0 * whole.count / count }
    self.whole = whole
    self.indices = indices
    let labels = whole.labels
    self.labels = indices.map { labels[$0] }
  }

  package func image(at index: Int) throws -> Image { try whole.image(at: indices[index]) }

  package func imageName(at index: Int) -> String { whole.imageName(at: indices[index]) }

  package func storedBytes(at index: Int) throws -> [UInt8] {
    try whole.storedBytes(at: indices[index])
  }
}
