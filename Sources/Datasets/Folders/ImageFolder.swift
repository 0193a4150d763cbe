import Formats
import Foundation
import Images

/// Labeled image files, decoded when they are asked for.
struct ImageFolder: Dataset {
  let name: String
  let classNames: [String]
  let imageSide: Int
  let labels: [Int]
  private let root: URL
  /// The path of each image below the root.
  private let files: [String]

  /// The largest image file that is read, in bytes: some hundred times what 64×64 pixels need.
  private static let maximumFileSize = 1 << 22

  /// The images of all classes below `root`, class after class.
  init(name: String, imageSide: Int, root: URL, classes: [ClassFolders.Class]) {
    self.name = name
    self.imageSide = imageSide
    self.root = root
    classNames = classes.map(\.name)
    files = classes.flatMap(\.files)
    labels = classes.enumerated().flatMap { Array(repeating: $0, count: $1.files.count) }
  }

  var classCount: Int { classNames.count }

  func imageName(at index: Int) -> String {
    url(at: index).deletingPathExtension().lastPathComponent
  }

  /// - Throws: `FileError` or `ImageError` naming the file, `DatasetError.wrongFileSize`.
  func image(at index: Int) throws -> Image {
    let url = url(at: index)
    let image = try Image(
      decoding: storedBytes(at: index), file: url.path,
      maximumPixelCount: imageSide * imageSide * 64)
    guard image.height == imageSide, image.width == imageSide else {
      throw DatasetError.wrongFileSize(
        url, expected: imageSide, height: image.height, width: image.width)
    }
    return image
  }

  func storedBytes(at index: Int) throws -> [UInt8] {
    try FileContents.read(url(at: index), limit: Self.maximumFileSize)
  }

  /// SHA-256 of the paths, sizes and times of change of all files: what a copy of their contents
  /// must be made anew for when it changes.
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
    root.appending(path: files[index], directoryHint: .notDirectory)
  }
}
