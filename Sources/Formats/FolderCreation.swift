import Foundation

/// Makes folders.
public enum FolderCreation {
  /// Makes `folder` and what is missing above it.
  ///
  /// - Throws: `FileError.unwritable` naming the folder and the system's reason.
  public static func create(_ folder: URL) throws {
    var status = stat()
    if stat(folder.path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw FileError.unwritable(folder, ENOTDIR)
      }
      return
    }
    let parent = folder.deletingLastPathComponent()
    if parent.path != folder.path { try create(parent) }
    guard mkdir(folder.path, 0o755) == 0 || errno == EEXIST else {
      throw FileError.unwritable(folder, errno)
    }
  }
}
