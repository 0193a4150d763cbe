import Foundation
internal import Tensors

/// Draws of N images with replacement: one set of draws for every cell, metric and run.
///
/// Corrupted cells show the same images, so that draws of images, not of rows, keep together what
/// hangs on one image. A draw depends on the seed, N and its number alone, and every figure is the
/// same bits on any number of threads.
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
  /// A byte each, so that the draws of a cell stay in the processor's cache: any image comes 256
  /// times with a probability below 1/256!, or 10⁻⁵⁰⁶.
  let multiplicities: [[SIMD8<UInt8>]]  // [draws / 8, N]

  /// Draws `drawCount` times N of N images.
  ///
  /// Keeps a byte for each image and draw: 10 MB for 10,000 images and 1000 draws.
  ///
  /// - Throws: `ScoringError.nothingToResample` below one image or draw.
  public init(
    imageCount: Int, drawCount: Int = 1000, seed: UInt64 = 0,
    threadCount: Int = ProcessInfo.processInfo.activeProcessorCount
  ) throws {
    guard imageCount > 0, drawCount > 0 else {
      throw ScoringError.nothingToResample(images: imageCount, draws: drawCount)
    }
    self.imageCount = imageCount
    self.drawCount = drawCount
    workers = Workers(count: threadCount)
    multiplicities = try workers.map((drawCount - 1) / Self.laneCount + 1) {
      Self.multiplicities(ofBlock: $0, imageCount: imageCount, seed: seed)
    }
  }

  private static func multiplicities(
    ofBlock block: Int, imageCount: Int, seed: UInt64
  ) -> [SIMD8<UInt8>] {
    var counts = [SIMD8<UInt8>](repeating: .zero, count: imageCount)
    for lane in 0..<laneCount {
      var random = RandomStream(
        seed: seed, purpose: "bootstrap", major: block * laneCount + lane)
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

  /// Any figure on every draw, from the images of the draw as `images(ofDraw:)` gives them.
  ///
  /// The slow way, for what neither `means` nor `distributions` covers: it costs a whole evaluation
  /// of the figure for each draw. Nil when the figure is undefined on a draw.
  public func distribution(
    of figure: @Sendable (_ images: [Int]) throws -> Double?
  ) throws -> BootstrapDistribution? {
    BootstrapDistribution(try workers.map(drawCount) { try figure(images(ofDraw: $0)) })
  }

  /// The image of each of `rowCount` rows, by default all images in their order.
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
