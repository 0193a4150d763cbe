import Foundation

/// Where CIFAR's binary files lie and how their records are laid out.
///
/// A record is one or two label bytes, then the R, G and B planes of 32×32 row-major bytes.
package struct CIFARLayout: Sendable {
  /// The data set's name.
  let name: String
  /// The number of classes K.
  let classCount: Int
  /// The number of label bytes of a record; the last one is the class.
  let labelSize: Int
  /// The folders that may hold the data set, relative to a data folder.
  let folders: [String]
  /// The names of the files of each part.
  let files: [DatasetSplit: [String]]

  static let imageSide = 32
  static let planeSize = imageSide * imageSide

  /// The bytes of a record.
  var recordSize: Int { labelSize + 3 * Self.planeSize }

  /// The layout of `kind`, nil where it does not come in CIFAR's binary files.
  package init?(_ kind: DatasetKind) {
    name = kind.rawValue
    classCount = kind.classCount
    switch kind {
    case .cifar10, .digits:
      labelSize = 1
      files = [.train: (1...5).map { "data_batch_\($0).bin" }, .test: ["test_batch.bin"]]
      let folder = "cifar-10-batches-bin"
      folders =
        kind == .digits
        ? ["digits-data/\(folder)", ""] : ["cifar10-data/\(folder)", folder, ""]
    case .cifar100:
      labelSize = 2
      files = [.train: ["train.bin"], .test: ["test.bin"]]
      folders = ["cifar100-data/cifar-100-binary", "cifar-100-binary", ""]
    case .tinyimagenet200:
      return nil
    }
  }

  /// The files of `split`, in the first folder that has any of them.
  ///
  /// - Throws: `DatasetError.notFound` with the folders tried.
  func urls(of split: DatasetSplit, in data: URL) throws -> [URL] {
    let places = folders.map { $0.isEmpty ? data : data.appendingPathComponent($0) }
    for place in places {
      let urls = (files[split] ?? []).map { place.appendingPathComponent($0) }
      if urls.contains(where: { FileManager.default.fileExists(atPath: $0.path) }) { return urls }
    }
    throw DatasetError.notFound(dataset: name, places: places)
  }
}
