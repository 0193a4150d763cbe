import Foundation

/// The room on a disk.
enum DiskSpace {
  /// What a file takes is a multiple of this on nearly every file system.
  static let blockSize = 4096

  /// The bytes that a file of `byteCount` bytes takes.
  static func taken(by byteCount: Int) -> Int {
    let (sum, overflow) = byteCount.addingReportingOverflow(blockSize - 1)
    return overflow ? .max : sum / blockSize * blockSize
  }

  /// - Throws: `DownloadError.notEnoughSpace` where the disk of `folder` has less than `byteCount`.
  static func require(_ byteCount: Int, at folder: URL) throws {
    var status = statvfs()
    guard statvfs(folder.path, &status) == 0 else { return }
    let (free, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(
      by: UInt64(status.f_frsize))
    let available = overflow ? Int.max : Int(clamping: free)
    guard byteCount <= available else {
      throw DownloadError.notEnoughSpace(folder, needed: byteCount, available: available)
    }
  }
}

extension Int {
  /// The sum, or the largest number where there is none.
  func addingClamped(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
