import Foundation

/// A form in which CIFAR is published: where its files lie and what they hold.
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

  static let imageSide = 32
  static let planeSize = imageSide * imageSide
  /// The bytes of an image's three planes.
  static let imageSize = 3 * planeSize

  private static let cifar10Binary = CIFARForm(
    folder: "cifar-10-batches-bin",
    files: [.train: (1...5).map { "data_batch_\($0).bin" }, .test: ["test_batch.bin"]],
    encoding: .binary(labelSize: 1))
  private static let cifar10Python = CIFARForm(
    folder: "cifar-10-batches-py",
    files: [.train: (1...5).map { "data_batch_\($0)" }, .test: ["test_batch"]],
    encoding: .python(labelKey: "labels"))
  private static let cifar100Binary = CIFARForm(
    folder: "cifar-100-binary", files: [.train: ["train.bin"], .test: ["test.bin"]],
    encoding: .binary(labelSize: 2))
  private static let cifar100Python = CIFARForm(
    folder: "cifar-100-python", files: [.train: ["train"], .test: ["test"]],
    encoding: .python(labelKey: "fine_labels"))

  /// The forms that a data set comes in, none where it is not in CIFAR's.
  static func all(of kind: DatasetKind) -> [CIFARForm] {
    switch kind {
    case .cifar10: [cifar10Binary, cifar10Python]
    case .cifar100: [cifar100Binary, cifar100Python]
    case .digits: [cifar10Binary]
    case .tinyimagenet200: []
    }
  }

  /// The folders that a data set may be in, relative to the data folder, with the form it has there:
  /// the first that has a file.
  static func homes(of kind: DatasetKind) -> [(form: CIFARForm, home: String)] {
    let forms = all(of: kind)
    return ["\(kind.rawValue)-data/", ""].flatMap { folder in
      forms.map { ($0, folder + $0.folder) }
    } + forms.map { ($0, "") }
  }

  /// The form and the files of one part of a data set, in the first place below `data` that has any.
  ///
  /// - Throws: `DatasetError.notFound` with the folders tried.
  static func find(
    _ split: DatasetSplit, of kind: DatasetKind, in data: URL
  ) throws -> (form: CIFARForm, urls: [URL]) {
    let candidates = homes(of: kind).map { form, home in
      (form, home.isEmpty ? data : data.appendingPathComponent(home))
    }
    for (form, place) in candidates {
      let urls = (form.files[split] ?? []).map { place.appendingPathComponent($0) }
      if urls.contains(where: { FileManager.default.fileExists(atPath: $0.path) }) {
        return (form, urls)
      }
    }
    var places = candidates.map(\.1)
    places.removeLast(all(of: kind).count - 1)
    throw DatasetError.notFound(dataset: kind.rawValue, places: places)
  }
}
