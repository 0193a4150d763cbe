internal import Tensors

extension Bootstrap {
  // Few enough columns and draws for their numbers to stay in a core's cache while they multiply.
  private static let columnsAtATime = 256
  private static let blocksAtATime = 4

  /// Means of numbers over rows, on every draw: such as accuracy, loss, Brier score or entropy.
  ///
  /// Numbers of one image are summed first, then weighed by a matrix product: 2·N operations for
  /// each column and draw, however many rows an image has. So a mean over cells is one column of
  /// the images' means, and a pooled mean one column of all rows.
  ///
  /// - Parameters:
  ///   - columns: The numbers of one mean each, one a row.
  ///   - images: The image that each row shows, by default row by row all of them.
  /// - Returns: A distribution for each column; nil where no row is drawn on some draw.
  /// - Throws: `ScoringError` when numbers and images do not match.
  public func means(
    of columns: [[Double]], images: [Int]? = nil
  ) throws -> [BootstrapDistribution?] {
    let images = try checked(images, rowCount: columns.first?.count ?? imageCount)
    for column in columns where column.count != images.count {
      throw ScoringError.imagesOfOtherRows(expected: column.count, found: images.count)
    }
    let ones = [Double](repeating: 1, count: images.count)
    let totals = try sums(of: [ones], images: images)[0]
    var means: [BootstrapDistribution?] = []
    for start in stride(from: 0, to: columns.count, by: Self.columnsAtATime) {
      let chunk = columns[start..<min(start + Self.columnsAtATime, columns.count)]
      means += try sums(of: Array(chunk), images: images).map { sums in
        BootstrapDistribution(zip(sums, totals).map { $1 > 0 ? $0 / $1 : nil })
      }
    }
    return means
  }

  /// The sums of columns on every draw.
  private func sums(of columns: [[Double]], images: [Int]) throws -> [[Double]] {
    let values = perImage(columns, images)
    let tasks = (multiplicities.count - 1) / Self.blocksAtATime + 1
    let parts = try workers.map(tasks) { task in
      let first = task * Self.blocksAtATime
      return products(
        of: values, columnCount: columns.count,
        with: first..<min(first + Self.blocksAtATime, multiplicities.count))
    }
    let draws = Array(parts.joined())  // [draws, columns]
    return columns.indices.map { column in
      (0..<drawCount).map { draws[$0 * columns.count + column] }
    }
  }

  /// The sums of the numbers of each image.
  private func perImage(_ columns: [[Double]], _ images: [Int]) -> [Double] {
    var values = [Double](repeating: 0, count: columns.count * imageCount)  // [columns, N]
    for (c, column) in columns.enumerated() {
      for (number, image) in zip(column, images) { values[c * imageCount + image] += number }
    }
    return values
  }

  /// Σ over images of multiplicity · value, for the draws of some blocks and every column.
  private func products(
    of values: [Double], columnCount: Int, with blocks: Range<Int>
  ) -> [Double] {
    let draws = blocks.count * Self.laneCount
    let weights = [Double](unsafeUninitializedCapacity: imageCount * draws) { buffer, count in
      for image in 0..<imageCount {
        for (b, block) in blocks.enumerated() {
          let lanes = multiplicities[block][image]
          for lane in 0..<Self.laneCount {
            buffer[image * draws + b * Self.laneCount + lane] = Double(lanes[lane])
          }
        }
      }
      count = imageCount * draws
    }  // [N, draws]
    return [Double](unsafeUninitializedCapacity: draws * columnCount) { product, count in
      values.withUnsafeBufferPointer { values in
        weights.withUnsafeBufferPointer { weights in
          guard let values = values.baseAddress, let weights = weights.baseAddress,
            let product = product.baseAddress
          else { return }
          MatrixProduct.multiply(
            MatrixView(weights, rowStride: draws, isTransposed: true),
            MatrixView(values, rowStride: imageCount, isTransposed: true),
            into: product, rowStride: columnCount, m: draws, n: columnCount, k: imageCount)
        }
      }
      count = draws * columnCount
    }
  }
}
