import Foundation
import Images
import TestSupport

/// A folder of small pictures, which tests may damage.
struct PictureTree: ~Copyable {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A tree with pictures at these paths, whose gray levels are the places in the list.
  static func holding(_ paths: String...) throws -> PictureTree {
    let tree = try PictureTree()
    for (level, path) in paths.enumerated() { try tree.write(picture(level), path) }
    return tree
  }

  var url: URL { folder.url }

  /// A picture of one gray level, which PNG and JPEG keep exactly.
  static func picture(_ level: Int, _ height: Int = 8, _ width: Int = 8) -> Image {
    Image(
      height: height, width: width,
      pixels: Array(repeating: UInt8(level % 256), count: height * width * 3))
  }

  func write(_ image: Image, _ path: String) throws {
    let isPNG = path.lowercased().hasSuffix("png")
    try write(isPNG ? image.png(file: path) : image.jpeg(quality: 95, file: path), path)
  }

  func write(_ bytes: [UInt8], _ path: String) throws {
    let url = folder.file(path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  @discardableResult
  func write(text: String, _ path: String) throws -> URL {
    try write(Array(text.utf8), path)
    return folder.file(path)
  }

  /// The message that `body` fails with, without the folder's path.
  func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "done"
    } catch {
      return "\(error)".replacing(folder.url.path + "/", with: "")
    }
  }
}
