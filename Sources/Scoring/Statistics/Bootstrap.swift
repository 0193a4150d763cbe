import Foundation
internal import Tensors

/// Draws of N images with replacement: one set of draws for every cell, metric and run.
///
/// Corrupted cells show the same images. Images are drawn, not rows, so that what is correlated by
/// the image stays together. A draw depends on the seed, N and its number alone, and every value is
/// the same bits on any number of threads.
public struct Bootstrap: Sendable {
  /// How many draws are evaluated at a time, one in each lane of a vector.
  static let laneCount = SIMD8<UInt8>.scalarCount

  /// N, the number of images.
  public let imageCount: Int
  /// How many draws there are.
  public let drawCount: Int
  let workers: Workers
  /// How often each draw holds each image; lanes beyond the last draw are never read.
  ///
  /// A byte each, so that the draws of a cell stay in the processor's cache: the probability that an
  /// image is drawn 256 times is below 1/256!, or 10⁻⁵⁰⁶.
  let multiplicities: [[SIMD8<UInt8>]]  // [draws / 8, N]

  /// Draws N of N images, `drawCount` times.
  ///
  /// Keeps a byte for each image and draw: 10 MB for 10,000 images and 1000 draws.
  ///
  /// - Throws: `ScoringError.nothingToResample` below one image or draw.
  public init(
    imageCount: Int, drawCount: Int = 1000, seed: UInt64 = 0,
    threadCount: Int = ProcessInfo.processInfo.activeProcessorCount
  ) throws {
    try self.init(
      imageCount: imageCount, drawCount: drawCount, seed: seed, purpose: "bootstrap",
      threadCount: threadCount)
  }

  /// The same by the streams of another `purpose`.
  init(
    imageCount: Int, drawCount: Int, seed: UInt64, purpose: String, threadCount: Int
  ) throws {
    guard imageCount > 0, drawCount > 0 else {
      throw ScoringError.nothingToResample(images: imageCount, draws: drawCount)
    }
    self.imageCount = imageCount
    self.drawCount = drawCount
    workers = Workers(count: threadCount)
    multiplicities = try workers.map((drawCount - 1) / Self.laneCount + 1) {
      Self.multiplicities(
        ofBlock: $0, imageCount: imageCount, seed: seed, purpose: purpose)
    }
  }

  private static func multiplicities(
    ofBlock block: Int, imageCount: Int, seed: UInt64, purpose: String
  ) -> [SIMD8<UInt8>] {
    var counts = [SIMD8<UInt8>](repeating: .zero, count: imageCount)
    for lane in 0..<laneCount {
      var random = RandomStream(
        seed: seed, purpose: purpose, major: block * laneCount + lane)
      for _ in 0..<imageCount { counts[random.integer(in: 0..<imageCount)][lane] += 1 }
    }
    return counts
  }

  /// The N images of a draw, by rising index, each as often as it was drawn.
  ///
  /// - Precondition: `draw` is in 0..<`drawCount`.
  public func images(ofDraw draw: Int) -> [Int] {
    precondition((0..<drawCount).contains(draw), "no draw \(draw) of \(drawCount)")
    let block = multiplicities[draw / Self.laneCount]
    return block.indices.flatMap { image in
      repeatElement(image, count: Int(block[image][draw % Self.laneCount]))
    }
  }

  /// Any value on every draw, from the images of the draw as `images(ofDraw:)` gives them.
  ///
  /// For values that neither `means` nor `distributions` covers, and to check those: slow, because the
  /// value is computed from scratch on each draw. Nil when the value is undefined on a draw.
  public func distribution(
    of value: @Sendable (_ images: [Int]) throws -> Double?
  ) throws -> BootstrapDistribution? {
    BootstrapDistribution(try workers.map(drawCount) { try value(images(ofDraw: $0)) })
  }

  /// The image of each of `rowCount` rows, by default image i in row i.
  func checked(_ images: [Int]?, rowCount: Int) throws(ScoringError) -> [Int] {
    let images = images ?? Array(0..<imageCount)
    guard images.count == rowCount else {
      throw .imagesOfOtherRows(expected: rowCount, found: images.count)
    }
    if let image = images.first(where: { !(0..<imageCount).contains($0) }) {
      throw .noSuchImage(image, images: imageCount)
    }
    return images
  }
}

extension Bootstrap {
  // Few enough columns and draws for a matrix product to stay in a core's cache.
  private static let columnsAtATime = 256
  private static let blocksAtATime = 4

  /// Means of numbers over rows, on every draw: such as accuracy, loss, Brier score or entropy.
  ///
  /// The numbers of each image are summed first, then weighted by a matrix product: 2·N operations
  /// for each column and draw, however many rows an image has. A mean over cells is one column of the
  /// images' means, a pooled mean one column of all rows.
  ///
  /// - Parameters:
  ///   - columns: For each mean its numbers, one a row.
  ///   - images: The image that each row shows, by default image i in row i.
  /// - Returns: A distribution for each column; nil where no row is drawn on some draw.
  /// - Throws: `ScoringError` when numbers and images do not match.
  public func means(
    of columns: [[Double]], images: [Int]? = nil
  ) throws -> [BootstrapDistribution?] {
    guard let first = columns.first else { return [] }
    let images = try checked(images, rowCount: first.count)
    for column in columns where column.count != images.count {
      throw ScoringError.imagesOfOtherRows(expected: column.count, found: images.count)
    }
    let ones = [Double](repeating: 1, count: images.count)
    let totals = try sums(of: [ones], images: images)[0]
    var means: [BootstrapDistribution?] = []
    for chunk in IndexChunks(total: columns.count, size: Self.columnsAtATime) {
      means += try sums(of: Array(columns[chunk]), images: images).map { sums in
        BootstrapDistribution(zip(sums, totals).map { $1 > 0 ? $0 / $1 : nil })
      }
    }
    return means
  }

  /// The sums of columns on every draw.
  private func sums(of columns: [[Double]], images: [Int]) throws -> [[Double]] {
    let values = perImage(columns, images)
    let blocks = IndexChunks(total: multiplicities.count, size: Self.blocksAtATime)
    let parts = try workers.map(blocks.count) { task in
      products(of: values, columnCount: columns.count, with: blocks[task])
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
            into: product, rowStride: columnCount, rows: draws,
            columns: columnCount, depth: imageCount)
        }
      }
      count = draws * columnCount
    }
  }
}
