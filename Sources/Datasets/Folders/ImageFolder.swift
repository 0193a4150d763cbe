import Formats
import Foundation
import Images
import Loading
import Tensors

/// Labeled image files, decoded when they are read.
struct ImageFolder: Dataset {
  let name: String
  let classNames: [String]
  let imageSide: Int
  let labels: [Int]
  private let root: URL
  /// The path of each image below the root.
  private let files: [String]

  /// The largest image file that is read, in bytes: twice the size of a PNG file of 16 bits, and in
  /// any case about a hundred times the size of 64×64 pixels.
  private var maximumFileSize: Int { max(1 << 22, imageSide * imageSide * 12) }

  /// The images of all classes below `root`, class after class.
  init(name: String, imageSide: Int, root: URL, classes: [ClassFolders.Class]) {
    self.init(
      name: name, classNames: classes.map(\.name), imageSide: imageSide,
      labels: classes.enumerated().flatMap { Array(repeating: $0, count: $1.files.count) },
      root: root, files: classes.flatMap(\.files))
  }

  /// The images in these files below `root`, as many as labels.
  init(
    name: String, classNames: [String], imageSide: Int, labels: [Int], root: URL, files: [String]
  ) {
    self.name = name
    self.classNames = classNames
    self.imageSide = imageSide
    self.labels = labels
    self.root = root
    self.files = files
  }

  var classCount: Int { classNames.count }

  func imageName(at index: Int) -> String {
    url(at: index).deletingPathExtension().lastPathComponent
  }

  /// - Throws: `FileError`, `FileFormError` or `ImageError` naming the file,
  ///   `DatasetError.wrongFileSize`.
  func image(at index: Int) throws -> Image {
    let url = url(at: index)
    let image = try FileForm.naming(url, expecting: .image) {
      try Image(
        decoding: storedBytes(at: index), file: url.path,
        maximumPixelCount: imageSide * imageSide * 64)
    }
    guard image.height == imageSide, image.width == imageSide else {
      throw DatasetError.wrongFileSize(
        url, expected: imageSide, height: image.height, width: image.width)
    }
    return image
  }

  func storedBytes(at index: Int) throws -> [UInt8] {
    try FileContents.read(url(at: index), limit: maximumFileSize)
  }

  /// SHA-256 of the paths, sizes and modification times of all files, which tells whether a copy of
  /// their contents is still valid.
  ///
  /// - Throws: `FileError.unreadable`.
  func listingFingerprint() throws -> String {
    try Digest { hasher in
      for (index, file) in files.enumerated() {
        let url = url(at: index)
        var status = stat()
        guard stat(url.path, &status) == 0 else { throw FileError.unreadable(url, errno) }
        let time = status.st_mtim
        hasher.update(
          Array(
            "\(labels[index])\t\(file)\t\(status.st_size)\t\(time.tv_sec).\(time.tv_nsec)\n".utf8))
      }
    }.description
  }

  private func url(at index: Int) -> URL {
    root.file(files[index])
  }
}

/// Decoded images in one memory-mapped file, so that a later run need not decode them.
struct PackedImages: Dataset {
  private let folder: ImageFolder
  private let array: NumPyArray  // [N, H, W, 3] bytes

  /// The number of images that are decoded in parallel before they are written.
  private static let chunkSize = 1024

  /// The packed images of `folder` in the folder `cache`, packed now if that was not done before or
  /// the folder's files have changed since.
  ///
  /// The file's name is `prefix` and the folder's fingerprint; other files with the same prefix are
  /// removed. Processes that use the same file wait for the one that packs it.
  ///
  /// `advanced` is told, while they are packed, how many images are, of how many.
  ///
  /// - Throws: what reading an image, or `advanced`, throws; `FileError` if the cache cannot be written.
  init(
    _ folder: ImageFolder, in cache: URL, prefix: String, workers: Workers,
    advanced: (_ done: Int, _ total: Int) throws -> Void
  ) throws {
    let url = cache.appendingPathComponent(
      "\(prefix)-\(try folder.listingFingerprint().prefix(16)).npy")
    let shape = [folder.count, folder.imageSide, folder.imageSide, 3]
    try FolderCreation.create(cache)
    let lock = try FileLock(waitingFor: cache.appendingPathComponent(".\(prefix).lock"))
    defer { lock.release() }
    if let array = try? NumPyArray(contentsOf: url), array.shape == shape,
      array.elementType == .uint8
    {
      self.array = array
    } else {
      try Self.removeOthers(in: cache, prefix: prefix)
      try Self.pack(folder, shape: shape, to: url, workers: workers, advanced)
      array = try NumPyArray(contentsOf: url)
    }
    self.folder = folder
  }

  var name: String { folder.name }
  var classCount: Int { folder.classCount }
  var classNames: [String] { folder.classNames }
  var imageSide: Int { folder.imageSide }
  var labels: [Int] { folder.labels }
  func imageName(at index: Int) -> String { folder.imageName(at: index) }
  func imagePath(at index: Int) -> String { folder.imagePath(at: index) }

  func image(at index: Int) throws -> Image {
    Image(
      height: imageSide, width: imageSide, pixels: try array.bytes(ofRows: index..<index + 1))
  }

  private static func pack(
    _ folder: ImageFolder, shape: [Int], to url: URL, workers: Workers,
    _ advanced: (_ done: Int, _ total: Int) throws -> Void
  ) throws {
    try NumPyArray.write(UInt8.self, shape: shape, to: url) { rows in
      for chunk in IndexChunks(total: folder.count, size: chunkSize) {
        let images = try workers.map(chunk.count) { try folder.image(at: chunk.lowerBound + $0) }
        for image in images {
          try rows.append(image.pixels)
        }
        try advanced(chunk.upperBound, folder.count)
      }
    }
  }

  /// Removes files of other fingerprints, and temporary files of killed processes.
  private static func removeOthers(in cache: URL, prefix: String) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: cache.path)
    where name.hasPrefix("\(prefix)-") || name.hasPrefix(".\(prefix)-") {
      unlink(cache.appendingPathComponent(name).path)
    }
  }
}
