import Foundation
import Tensors

/// A data set known by name, and the facts about it.
package enum DatasetKind: String, CaseIterable, Sendable, Codable {
  case cifar10, cifar100, tinyimagenet200, digits

  /// The number of classes K.
  package var classCount: Int {
    switch self {
    case .cifar10, .digits: 10
    case .cifar100: 100
    case .tinyimagenet200: 200
    }
  }

  /// The height and width of an image.
  package var imageSide: Int {
    self == .tinyimagenet200 ? 64 : 32
  }

  /// The mean and standard deviation that training and evaluation normalize by.
  package var normalization: Normalization {
    switch self {
    case .cifar10, .cifar100:
      Normalization(
        mean: [0.4913725490196078, 0.4823529411764706, 0.4466666666666667],
        standardDeviation: [0.2023, 0.1994, 0.2010])
    case .tinyimagenet200:
      Normalization(mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5])
    case .digits:
      // Of the training images themselves, to three places.
      Normalization(mean: [0.305, 0.305, 0.305], standardDeviation: [0.323, 0.323, 0.323])
    }
  }

  /// The crop and flip of training; a mirrored digit is no digit.
  package var cropAndFlip: CropAndFlip {
    CropAndFlip(padding: 4, flips: self != .digits)
  }

  /// Reads one part of the data set below the folder `data`.
  ///
  /// With a folder `cache`, images that come in files of their own are decoded once and kept there.
  ///
  /// - Throws: `DatasetError` or `FileError`, and the errors of the files' formats.
  package func read(
    _ split: DatasetSplit, in data: URL, cache: URL? = nil, workers: Workers = Workers(count: 1)
  ) throws -> any Dataset {
    guard self == .tinyimagenet200 else { return try CIFARDataset(self, split, in: data) }
    let images = try TinyImageNetFolder(in: data).images(split)
    guard let cache else { return images }
    return try PackedImages(
      images, in: cache, prefix: "\(rawValue)-\(split.rawValue)", workers: workers)
  }

  /// Opens the corrupted files of the data set's test images below the folder `data`.
  ///
  /// Read are the corruptions `names`, in that order; those without files are left out if the
  /// benchmark may be partial, else they are errors.
  ///
  /// - Throws: `DatasetError`, `NumPyError` or `FileError` naming the file.
  package func benchmark(
    of clean: any Dataset, in data: URL, names: [String], isPartial: Bool
  ) throws -> any CorruptionBenchmark {
    switch self {
    case .cifar10, .cifar100, .digits:
      try CIFARCBenchmark(self, clean: clean, in: data, names: names, isPartial: isPartial)
    case .tinyimagenet200:
      try TinyImageNetCBenchmark(clean: clean, in: data, names: names, isPartial: isPartial)
    }
  }
}
