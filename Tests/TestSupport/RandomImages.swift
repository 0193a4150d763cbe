import Images
import Loading
import Tensors

extension InMemoryDataset {
  /// Random images with the labels 0, 1, …, K−1, 0, ….
  package static func random(count: Int, classCount: Int = 10, side: Int = 32, seed: UInt64 = 1)
    -> Self
  {
    var random = RandomStream(seed: seed, purpose: "test images")
    let images = (0..<count).map { _ in
      Image(
        height: side, width: side,
        pixels: (0..<side * side * 3).map { _ in UInt8(random.integer(in: 0..<256)) })
    }
    return InMemoryDataset(
      name: "random", classCount: classCount, imageSide: side,
      labels: (0..<count).map { $0 % classCount }, images: images)
  }
}
