import Formats
import Foundation
import Images

/// CIFAR-10-C or CIFAR-100-C as published, or other files of their form.
///
/// For each corruption there is a file `<name>.npy` of bytes [5·N, 32, 32, 3], the N test images at
/// severity 1, then at 2, and so on; `labels.npy` holds the N labels five times. The file of a
/// substitute has its mark in its name. A file is mapped while its images are in use, so that memory
/// holds one severity's at most.
package struct CIFARCBenchmark: CorruptionBenchmark {
  package let corruptions: [CorruptionSeries]
  private let clean: any Dataset
  private let folder: URL

  static let severityCount = 5

  /// The folders that the files may be in, relative to the data folder: the first with the labels.
  static func homes(of kind: DatasetKind) -> [String] {
    let name =
      switch kind {
      case .cifar10: "CIFAR-10-C"
      case .cifar100: "CIFAR-100-C"
      case .tinyimagenet200, .digits: "\(kind.rawValue)-C"
      }
    return [name, "\(kind.rawValue)-data/\(name)", ""]
  }

  /// Opens the folder below `data` and checks its labels against those of the clean test set.
  ///
  /// Read are the corruptions `names`, in that order; those without a file are left out if the
  /// benchmark may be partial, else they are errors.
  ///
  /// - Throws: `DatasetError`, `NumPyError` or `FileError` naming the file.
  package init(
    _ kind: DatasetKind, clean: any Dataset, in data: URL, names: [String], isPartial: Bool
  ) throws {
    let homes = Self.homes(of: kind)
    let places = homes.map { $0.isEmpty ? data : data.appendingPathComponent($0) }
    let labels = "labels.npy"
    let found = places.first { place in
      FileManager.default.fileExists(atPath: place.appendingPathComponent(labels).path)
    }
    guard let folder = found else { throw DatasetError.notFound(dataset: homes[0], places: places) }
    self.folder = folder
    self.clean = clean
    try Self.check(folder.appendingPathComponent(labels), against: clean.labels)
    let present = try FolderListing.names(in: folder)
    corruptions = names.compactMap { name in
      let stored = CorruptedFiles.storedName(of: name, in: present, suffix: ".npy")
      return (isPartial ? stored : stored ?? name).map {
        CorruptionSeries(name: $0, severities: Array(1...Self.severityCount))
      }
    }
  }

  package var isGenerated: Bool { false }

  package func images(under corruption: String, severity: Int) throws -> any CorruptedDataset {
    try CIFARCImages(
      folder.appendingPathComponent("\(corruption).npy"), corruption: corruption,
      severity: severity, clean: clean)
  }

  private static func check(_ url: URL, against clean: [Int]) throws {
    let array = try NumPyArray(contentsOf: url)
    let shape = [severityCount * clean.count]
    guard array.shape == shape else {
      throw DatasetError.malformed(
        url, place: nil, expected: "shape \(shape), five times the \(clean.count) test images",
        found: "shape \(array.shape)")
    }
    for (row, label) in try array.wholeNumbers().enumerated()
    where label != clean[row % clean.count] {
      throw DatasetError.otherLabel(
        url, row: row, expected: clean[row % clean.count], found: label)
    }
  }
}

/// The part of a file that has one severity.
private struct CIFARCImages: CorruptedDataset {
  let corruption: String
  let name: String
  let classCount: Int
  let labels: [Int]
  let imageSide: Int
  private let array: NumPyArray  // [5·N, H, W, 3]
  private let firstRow: Int

  init(_ url: URL, corruption: String, severity: Int, clean: any Dataset) throws {
    array = try NumPyArray(contentsOf: url)
    let shape = [
      CIFARCBenchmark.severityCount * clean.count, clean.imageSide, clean.imageSide, 3,
    ]
    guard array.shape == shape, array.elementType == .uint8 else {
      throw DatasetError.malformed(
        url, place: nil, expected: "bytes of shape \(shape)",
        found: "\(array.elementType.rawValue) of shape \(array.shape)")
    }
    self.corruption = corruption
    name = clean.name
    classCount = clean.classCount
    labels = clean.labels
    imageSide = clean.imageSide
    firstRow = (severity - 1) * clean.count
  }

  var severity: Int { firstRow / labels.count + 1 }

  func image(at index: Int) throws -> Image {
    let row = firstRow + index
    return Image(
      height: imageSide, width: imageSide, pixels: try array.values(rows: row..<row + 1))
  }
}
