import Foundation
import Loading
import Tensors

/// CIFAR-10, CIFAR-100, or another data set in files of their form.
///
/// Krizhevsky 2009, "Learning multiple layers of features from tiny images".
struct CIFAR: DatasetDefinition {
  let name: String
  let classCount: Int
  let normalization: Normalization
  let flips: Bool
  /// The forms that the data set comes in.
  let forms: [CIFARForm]
  /// The number of images of each part.
  let imageCounts: [DatasetSplit: Int]
  /// Whether the files of a part, and its classes, have equally many images.
  let isBalanced: Bool
  /// The file of the class names in the binary form; nil if it is not verified.
  let classNamesFile: String?
  /// The name of the corrupted images, which is that of their folder.
  let corruptedName: String
  /// The published MD5s of the corrupted images' files, by name.
  var corruptedDigests: [String: String] = [:]
  var archives: [PublishedArchive] = []
  var corruptedArchives: [PublishedArchive] = []

  var imageSide: Int { CIFARForm.imageSide }
  var corruptedFiles: BenchmarkFiles { .npy }

  func read(
    _ split: DatasetSplit, in data: URL, cache: URL?, workers: Workers,
    advanced: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> any Dataset {
    let (form, urls) = try find(split, in: data)
    return try CIFARDataset(name: name, classCount: classCount, urls, form.encoding)
  }

  func benchmark(
    of clean: any Dataset, in data: URL, names: [String], isPartial: Bool
  ) throws -> any CorruptionBenchmark {
    try ArrayBenchmark(
      of: clean, name: corruptedName, in: corruptedFolders.map(data.subfolder), names: names,
      isPartial: isPartial)
  }

  func otherCorruptions(in data: URL) -> [String] {
    let files = corruptedFolders.flatMap {
      (try? FolderListing.names(in: data.subfolder($0))) ?? []
    }
    return ArrayBenchmark.otherNames(among: files)
  }

  /// The folders that the corrupted images may be in, relative to the data folder: the first with
  /// labels counts, else the first with a corruption.
  var corruptedFolders: [String] { [corruptedName, "\(name)-data/\(corruptedName)", ""] }

  /// The folders that the files of a form may be in, relative to the data folder.
  func candidateFolders(of form: CIFARForm) -> [String] {
    ["\(name)-data/\(form.folder)", form.folder, ""]
  }

  /// The form and the files of one part: those of the first folder below `data` that has any of
  /// them.
  ///
  /// - Throws: `DatasetError.notFound` with the folders tried, or `.misnamed`.
  private func find(
    _ split: DatasetSplit, in data: URL
  ) throws -> (form: CIFARForm, urls: [URL]) {
    var tried: [URL] = []
    for level in 0..<3 {
      for form in forms {
        let folder = data.subfolder(candidateFolders(of: form)[level])
        let urls = (form.files[split] ?? []).map { folder.appendingPathComponent($0) }
        if urls.contains(where: { FileManager.default.fileExists(atPath: $0.path) }) {
          return (form, urls)
        }
        if !tried.contains(folder) { tried.append(folder) }
      }
    }
    throw DatasetError.absence(of: name, in: tried)
  }
}

/// A form in which CIFAR is published: the names of its files and what they hold.
///
/// Both forms hold an image as its R, G and B planes of 32×32 row-major bytes.
struct CIFARForm: Sendable {
  /// How a file holds labels and planes.
  enum Encoding: Sendable {
    /// Records of `labelSize` label bytes, of which the last is the class, and the planes.
    case binary(labelSize: Int)
    /// A pickled dictionary with the planes under `data` and the classes under `labelKey`.
    case python(labelKey: String)
  }

  /// The folder that the published archive unpacks to.
  let folder: String
  /// The names of the files of each part.
  let files: [DatasetSplit: [String]]
  let encoding: Encoding
  /// The published MD5s of files, by name.
  var digests: [String: String] = [:]

  static let imageSide = 32
  static let planeSize = imageSide * imageSide
  /// The bytes of an image's three planes.
  static let imageSize = 3 * planeSize
}
