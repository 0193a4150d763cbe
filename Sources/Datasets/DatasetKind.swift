import Foundation
import Loading
import Tensors

/// A data set that the program knows by name.
///
/// To add a data set, write a type that conforms to `DatasetDefinition`, as `CIFAR` and
/// `TinyImageNet` do, and add a case here.
package enum DatasetKind: String, CaseIterable, Sendable, Codable {
  case cifar10, cifar100, tinyimagenet200, digits
  case cifar101 = "cifar10.1"
  case cifar101v4 = "cifar10.1-v4"

  /// Those that have training images.
  package static let trained = allCases.filter { $0 != .cifar101 && $0 != .cifar101v4 }

  /// Everything that is particular to the data set.
  var definition: any DatasetDefinition {
    switch self {
    case .cifar10: CIFAR.cifar10
    case .cifar100: CIFAR.cifar100
    case .tinyimagenet200: TinyImageNet()
    case .digits: Digits.definition
    case .cifar101: CIFAR101.v6
    case .cifar101v4: CIFAR101.v4
    }
  }

  /// The number of classes K.
  package var classCount: Int { definition.classCount }

  /// The height and width of an image in pixels.
  package var imageSide: Int { definition.imageSide }

  /// The mean and standard deviation that training and evaluation normalize by.
  package var normalization: Normalization { definition.normalization }

  /// The crop and flip of training.
  package var cropAndFlip: CropAndFlip { CropAndFlip(padding: 4, flips: definition.flips) }

  /// The lossless form that is closest to that of the published corrupted images.
  package var corruptedFiles: BenchmarkFiles { definition.corruptedFiles }

  /// Reads one part of the data set below the folder `data`.
  ///
  /// With a folder `cache`, images that come in files of their own are decoded once and stored
  /// there. `advanced` is told meanwhile how many are, of how many.
  ///
  /// - Throws: `DatasetError` or `FileError`, the errors of the files' formats, or what `advanced` throws.
  package func read(
    _ split: DatasetSplit, in data: URL, cache: URL? = nil, workers: Workers = Workers(count: 1),
    advanced: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> any Dataset {
    try definition.read(split, in: data, cache: cache, workers: workers, advanced: advanced)
  }

  /// Opens the corrupted files of the data set's test images below the folder `data`.
  ///
  /// - Parameters:
  ///   - clean: The clean test images.
  ///   - data: The folder that holds the data sets' folders.
  ///   - names: The names of the corruptions to read, in order.
  ///   - isPartial: Whether corruptions without files are left out; otherwise they are errors.
  /// - Returns: The benchmark.
  /// - Throws: `DatasetError`, `NumPyError` or `FileError` naming the file.
  package func benchmark(
    of clean: any Dataset, in data: URL, names: [String], isPartial: Bool
  ) throws -> any CorruptionBenchmark {
    try definition.benchmark(of: clean, in: data, names: names, isPartial: isPartial)
  }
}

extension DatasetKind {
  /// The names of the corruptions that are in no published list but have files below the folder
  /// `data`, of whichever data set.
  package static func otherCorruptions(in data: URL) -> [String] {
    Set(allCases.flatMap { $0.definition.otherCorruptions(in: data) }).sorted()
  }
}

extension DataLoader {
  /// A loader of the images of `dataset`, which is of the given kind.
  ///
  /// `maskSize` is the size of the encoders' output.
  ///
  /// - Throws: `LoadingError` if the images do not fill a batch or a mixing method is impossible.
  package init(
    of dataset: any Dataset, _ kind: DatasetKind, maskSize: MixingMask.Size,
    _ configuration: Configuration, seed: UInt64, workers: Workers
  ) throws {
    try self.init(
      of: dataset, normalization: kind.normalization, cropAndFlip: kind.cropAndFlip,
      maskSize: maskSize, configuration, seed: seed, workers: workers)
  }
}

/// Everything that is particular to a data set.
protocol DatasetDefinition: Sendable {
  /// The name that users give, the same as that of the `DatasetKind`.
  var name: String { get }
  /// The number of classes K.
  var classCount: Int { get }
  /// The height and width of an image in pixels.
  var imageSide: Int { get }
  /// The mean and standard deviation that training and evaluation normalize by.
  var normalization: Normalization { get }
  /// Whether the mirror image of an image is one of the same class.
  var flips: Bool { get }
  /// See `DatasetKind.corruptedFiles`.
  var corruptedFiles: BenchmarkFiles { get }
  /// The archives that the data set is published as; empty if it is not published.
  var archives: [PublishedArchive] { get }
  /// The archives that its corrupted test images are published as.
  var corruptedArchives: [PublishedArchive] { get }

  /// See `DatasetKind.read`.
  func read(
    _ split: DatasetSplit, in data: URL, cache: URL?, workers: Workers,
    advanced: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> any Dataset

  /// See `DatasetKind.benchmark`.
  func benchmark(
    of clean: any Dataset, in data: URL, names: [String], isPartial: Bool
  ) throws -> any CorruptionBenchmark

  /// The names of the corruptions in its corrupted images' files that are in no published list.
  func otherCorruptions(in data: URL) -> [String]

  /// The checks of the data set's files, for each form that it comes in below the folder `data`.
  func verifiedForms(in data: URL) -> [VerifiedForm]

  /// The checks of the published corrupted images.
  func corruptedForms(in data: URL) -> [VerifiedForm]
}

extension DatasetKind {
  fileprivate static let published = allCases.map(\.definition).filter { !$0.archives.isEmpty }
  fileprivate static let unpublished = allCases.map(\.definition).filter(\.archives.isEmpty)
}

extension PublishedArchive {
  /// Every archive that can be downloaded.
  package static let all =
    DatasetKind.published.flatMap(\.archives) + DatasetKind.published.flatMap(\.corruptedArchives)

  /// The archive that a user calls `name`.
  package static func named(_ name: String) -> PublishedArchive? {
    all.first { $0.name == name }
  }
}

extension VerifiedDataset {
  /// Everything that can be verified: the published data sets, their corrupted images, the others.
  package static let all =
    DatasetKind.published.map { VerifiedDataset(name: $0.name, forms: $0.verifiedForms) }
    + DatasetKind.published.map { VerifiedDataset(name: "\($0.name)-c", forms: $0.corruptedForms) }
    + DatasetKind.unpublished.map { VerifiedDataset(name: $0.name, forms: $0.verifiedForms) }
    + ImageNetVerification.datasets

  /// The data set that a user calls `name`.
  package static func named(_ name: String) -> VerifiedDataset? {
    all.first { $0.name == name }
  }
}
