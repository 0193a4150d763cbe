import Images

/// Images of another data set, whose classes say nothing of a network's: each has the label −1.
package struct ImagesOfNoClass: Dataset {
  package let labels: [Int]
  private let whole: any Dataset

  package init(_ whole: any Dataset) {
    self.whole = whole
    labels = [Int](repeating: -1, count: whole.count)
  }

  package var name: String { whole.name }
  package var classCount: Int { whole.classCount }
  package var classNames: [String] { whole.classNames }
  package var imageSide: Int { whole.imageSide }

  package func image(at index: Int) throws -> Image { try whole.image(at: index) }

  package func imageName(at index: Int) -> String { whole.imageName(at: index) }

  package func imagePath(at index: Int) -> String { whole.imagePath(at: index) }

  package func storedBytes(at index: Int) throws -> [UInt8] {
    try whole.storedBytes(at: index)
  }
}
