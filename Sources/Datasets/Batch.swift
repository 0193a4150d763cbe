import Images
import Tensors

/// Normalized images and their classes.
///
/// N batch, H height, W width.
package struct Batch: Sendable {
  package let images: Tensor  // [N, H, W, 3]
  package let labels: [Int]  // [N]

  /// The batch of `labels.count` images that `image` gives, made in parallel.
  ///
  /// Every image must be `side` pixels high and wide.
  ///
  /// - Throws: what `image` throws.
  package init(
    labels: [Int], side: Int, normalization: Normalization, workers: Workers,
    image: @Sendable (Int) throws -> Image
  ) throws {
    let size = side * side * 3
    let tensor = Tensor([labels.count, side, side, 3])
    _ = try workers.map(labels.count) { position in
      let image = try image(position)
      precondition(image.height == side && image.width == side, "image of another size")
      normalization.write(image, to: tensor.elements + position * size)
    }
    images = tensor
    self.labels = labels
  }

  /// The batch of the images at `indices`.
  ///
  /// - Throws: `DatasetError.wrongImageSize`, or what reading an image throws.
  package init(
    _ indices: [Int], of dataset: any Dataset, normalization: Normalization, workers: Workers
  ) throws {
    try self.init(
      labels: indices.map { dataset.labels[$0] }, side: dataset.imageSide,
      normalization: normalization, workers: workers
    ) { try dataset.checkedImage(at: indices[$0]) }
  }
}
