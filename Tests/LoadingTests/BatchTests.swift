import Datasets
import Images
import Loading
import Tensors
import TestSupport
import Testing

struct BatchTests {
  /// A data set of one image with every byte in each channel.
  static let bytes = InMemoryDataset(
    name: "bytes", classCount: 2, imageSide: 16, labels: [1],
    images: [
      Image(height: 16, width: 16, pixels: (0..<768).map { UInt8($0 / 3) })
    ])

  @Test(arguments: [
    (DatasetKind.cifar10, 0), (.cifar100, 0), (.tinyimagenet200, 1), (.digits, 2),
  ])
  func `normalization gives the bits of PyTorch`(kind: DatasetKind, table: Int) throws {
    let expected = try fixtureFloats("normalization.f32")[table * 768..<(table + 1) * 768]
    let batch = try Batch(
      [0], of: Self.bytes, normalization: kind.normalization, workers: Workers(count: 1))
    #expect(batch.images.shape == [1, 16, 16, 3])
    #expect(batch.images.values.map(\.bitPattern) == expected.map(\.bitPattern))
  }

  @Test func `images and labels are the requested ones, on any number of threads`() throws {
    let dataset = InMemoryDataset.random(count: 20, side: 8)
    let indices = [3, 3, 19, 0, 7]
    let normalization = Normalization(mean: [0, 0, 0], standardDeviation: [1, 1, 1])
    for threads in [1, 3] {
      let batch = try Batch(
        indices, of: dataset, normalization: normalization, workers: Workers(count: threads))
      #expect(batch.labels == [3, 3, 9, 0, 7])
      #expect(batch.images.shape == [5, 8, 8, 3])
      let expected = indices.flatMap { dataset.images[$0].pixels.map { Float($0) / 255 } }
      #expect(batch.images.values == expected)
    }
  }

  @Test func `an image of another size is refused`() {
    let dataset = InMemoryDataset(
      name: "odd", classCount: 1, imageSide: 2, labels: [0, 0],
      images: [
        Image(height: 2, width: 2, pixels: Array(repeating: 0, count: 12)),
        Image(height: 1, width: 2, pixels: Array(repeating: 0, count: 6)),
      ])
    let normalization = DatasetKind.cifar10.normalization
    #expect {
      try Batch([0, 1], of: dataset, normalization: normalization, workers: Workers(count: 2))
    } throws: {
      "\($0)" == "odd: image 1: expected 2×2 pixels, found 1×2"
    }
  }
}
