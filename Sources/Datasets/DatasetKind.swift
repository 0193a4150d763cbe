import Foundation

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

  /// The mean and standard deviation that training and evaluation normalise by.
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
  /// - Throws: `DatasetError` or `FileError`.
  package func read(_ split: DatasetSplit, in data: URL) throws -> any Dataset {
    guard let layout = CIFARLayout(self) else {
      throw DatasetError.unsupported(dataset: rawValue)
    }
    return try CIFARDataset(layout, split, in: data)
  }
}
