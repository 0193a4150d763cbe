import Datasets
import Foundation
import Loading

extension Digits {
  /// The first `count` digits of a split, as a data set of the kind `kind`.
  package static func first(
    _ count: Int, of split: DatasetSplit, as kind: DatasetKind = .digits
  ) -> InMemoryDataset {
    let all = Digits.read(split)
    return InMemoryDataset(
      name: kind.rawValue, classCount: all.classCount, imageSide: all.imageSide,
      labels: Array(all.labels.prefix(count)), images: Array(all.images.prefix(count)))
  }

  /// Writes the first digits in CIFAR-10's binary form, where `kind` is looked for below the folder
  /// `data`.
  package static func writeFirst(
    train trainCount: Int, test testCount: Int, as kind: DatasetKind = .digits, below data: URL
  ) throws {
    try CIFARWriter.write(
      train: first(trainCount, of: .train, as: kind), test: first(testCount, of: .test, as: kind),
      classNames: (0...9).map(String.init),
      to: data.appending(path: "\(kind.rawValue)-data/cifar-10-batches-bin"))
  }
}
