import Formats
import Foundation

/// The lock that keeps other processes from writing a page, its figures and its tables in a folder.
///
/// It is not that of the folder's results: a page of stored results can be made while others come.
struct PageLock {
  private let lock: FileLock

  /// Waits for the lock; creates the folder if it is missing.
  ///
  /// - Throws: `FileError.unwritable`.
  init(_ folder: URL) throws {
    try FolderCreation.create(folder)
    lock = try FileLock(waitingFor: folder.appendingPathComponent(".page.lock"))
  }

  func release() { lock.release() }
}
