import Formats
import Foundation
import Images
import Loading
import Tensors

/// CIFAR-10.1: new test images for networks that are trained on CIFAR-10, in NumPy arrays.
///
/// Recht, Roelofs, Schmidt and Shankar 2018, "Do CIFAR-10 Classifiers Generalize to CIFAR-10?",
/// arXiv 1806.00451. There are two selections of the images; the authors recommend v6.
struct CIFAR101: DatasetDefinition {
  let name: String
  /// The name of the selection in file names.
  let version: String
  /// The number of images.
  let imageCount: Int
  /// Whether the classes have equally many.
  let isBalanced: Bool
  /// The name of the corrupted images, which is that of their folder.
  let corruptedName: String
  /// The MD5s that are known of the files, by name.
  var digests: [String: String] = [:]

  /// The MD5s are those that the datasets of MIT Lincoln Laboratory's rai_toolbox check.
  static let v6 = CIFAR101(
    name: "cifar10.1", version: "v6", imageCount: 2000, isBalanced: true,
    corruptedName: "CIFAR-10.1-C",
    digests: [
      "cifar10.1_v6_data.npy": "4fcae82cb1326aec9ed1dc1fc62345b8",
      "cifar10.1_v6_labels.npy": "09a97fb7c430502fcbd69d95093a3f85",
    ])
  static let v4 = CIFAR101(
    name: "cifar10.1-v4", version: "v4", imageCount: 2021, isBalanced: false,
    corruptedName: "CIFAR-10.1-v4-C")

  /// What to do where there are no files.
  static func advice(on name: String) -> String? {
    if [v6, v4].map(\.name).contains(name) {
      return "fetch its two .npy files from https://github.com/modestyachts/CIFAR-10.1"
    }
    guard [v6, v4].map(\.corruptedName).contains(name) else { return nil }
    return "make it with mixmo corrupt, or corrupt on the fly with --generate"
  }

  var classCount: Int { CIFAR.cifar10.classCount }
  var imageSide: Int { CIFARForm.imageSide }
  var normalization: Normalization { CIFAR.cifar10.normalization }
  var flips: Bool { true }
  var corruptedFiles: BenchmarkFiles { .npy }
  var archives: [PublishedArchive] { [] }
  var corruptedArchives: [PublishedArchive] { [] }

  /// The folders that the files may be in, relative to the data folder: the first that has one counts.
  static let folders = [
    "CIFAR-10.1", "CIFAR-10.1/datasets", "cifar10.1-data", "cifar10.1-data/datasets", "cifar10.1",
    "",
  ]
  var dataFile: String { "cifar10.1_\(version)_data.npy" }
  var labelFile: String { "cifar10.1_\(version)_labels.npy" }

  func read(
    _ split: DatasetSplit, in data: URL, cache: URL?, workers: Workers,
    advanced: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> any Dataset {
    guard split == .test else {
      throw DatasetError.noTrainingImages(dataset: name, trained: CIFAR.cifar10.name)
    }
    let folders = Self.folders.map(data.subfolder)
    let found = folders.first { folder in
      [dataFile, labelFile].contains {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
      }
    }
    guard let folder = found else { throw DatasetError.absence(of: name, in: folders) }
    return try CIFAR101Images(
      self, images: folder.appendingPathComponent(dataFile),
      labels: folder.appendingPathComponent(labelFile))
  }

  func benchmark(
    of clean: any Dataset, in data: URL, names: [String], isPartial: Bool
  ) throws -> any CorruptionBenchmark {
    try ArrayBenchmark(
      of: clean, name: corruptedName, in: [data.subfolder(corruptedName)], names: names,
      isPartial: isPartial)
  }

  func otherCorruptions(in data: URL) -> [String] {
    let files = try? FolderListing.names(in: data.subfolder(corruptedName))
    return ArrayBenchmark.otherNames(among: files ?? [])
  }
}

/// The images of two files, of which the array of images is mapped into memory.
struct CIFAR101Images: Dataset {
  let name: String
  let classCount: Int
  let labels: [Int]
  private let array: NumPyArray  // [N, 32, 32, 3]

  var imageSide: Int { CIFARForm.imageSide }

  /// Opens the arrays of bytes [N, 32, 32, 3] and of whole numbers [N].
  ///
  /// - Throws: `DatasetError`, `NumPyError`, `FileError` or `FileFormError` naming the file.
  init(_ definition: CIFAR101, images: URL, labels url: URL) throws {
    name = definition.name
    classCount = definition.classCount
    array = try Self.images(in: images)
    labels = try Self.labels(in: url, classCount: definition.classCount)
    guard labels.count == array.rowCount else {
      throw DatasetError.malformed(
        url, at: nil, expected: "\(array.rowCount) labels, one for each image of \(images.path)",
        found: "\(labels.count)")
    }
  }

  func image(at index: Int) throws -> Image {
    Image(
      height: imageSide, width: imageSide, pixels: try array.bytes(ofRows: index..<index + 1))
  }

  /// The array of images.
  static func images(in url: URL) throws -> NumPyArray {
    let array = try NumPyArray(contentsOf: url)
    let side = CIFARForm.imageSide
    guard array.elementType == .uint8, array.shape.dropFirst() == [side, side, 3],
      array.rowCount > 0
    else {
      throw DatasetError.malformed(
        url, at: nil, expected: "uint8 of shape [N, \(side), \(side), 3]",
        found: "\(array.elementType.rawValue) of shape \(array.shape)")
    }
    return array
  }

  /// The class of each image.
  static func labels(in url: URL, classCount: Int) throws -> [Int] {
    let array = try NumPyArray(contentsOf: url)
    guard !array.elementType.isFloatingPoint, array.elementType != .bool, array.shape.count == 1
    else {
      throw DatasetError.malformed(
        url, at: nil, expected: "whole numbers of shape [N]",
        found: "\(array.elementType.rawValue) of shape \(array.shape)")
    }
    let labels = try array.wholeNumbers()
    if let row = labels.firstIndex(where: { !(0..<classCount ~= $0) }) {
      throw DatasetError.labelOutOfRange(
        url, at: "row \(row)", classCount: classCount, found: labels[row])
    }
    return labels
  }
}

// MARK: Verification

extension CIFAR101 {
  func verifiedForms(in data: URL) -> [VerifiedForm] {
    [
      VerifiedForm(folders: Self.folders, marks: [[dataFile, labelFile]]) { folder in
        [
          folder.check(dataFile, md5: digests[dataFile]) { url in
            counted(try CIFAR101Images.images(in: url).rowCount)
          },
          folder.check(labelFile, md5: digests[labelFile], inspect: labelFindings),
        ]
      }
    ]
  }

  /// Corrupted images are not published.
  func corruptedForms(in data: URL) -> [VerifiedForm] { [] }

  private func labelFindings(in url: URL) throws -> Findings {
    let labels = try CIFAR101Images.labels(in: url, classCount: classCount)
    var findings = counted(labels.count)
    findings.imageCount = nil
    guard isBalanced, labels.count == imageCount else { return findings }
    var counts = [Int](repeating: 0, count: classCount)
    for label in labels { counts[label] += 1 }
    findings.compare(counts, expected: imageCount / classCount)
    return findings
  }

  private func counted(_ count: Int) -> Findings {
    Findings(
      imageCount: count,
      differences: count == imageCount ? [] : ["expected \(imageCount) images, found \(count)"])
  }
}
