import Foundation

/// A TensorBoard event file that scalars are appended to.
///
/// TensorBoard finds files by names that contain `tfevents`, and shows each folder that has some as a
/// run. A process that is killed leaves whole records, and perhaps a piece of a last one, which the
/// next `EventFile` and TensorBoard both pass over.
public final class EventFile {
  /// The usual name of a folder's only event file.
  public static let name = "events.out.tfevents.mixmo"

  /// What the first record of every event file says.
  static let version = "brain.Event:2"

  /// Larger files are not continued: a scalar takes some fifty bytes.
  private static let maximumByteCount = 1 << 30

  private let url: URL
  private let file: Int32

  /// Opens `url` to append to it, and makes it where there is none.
  ///
  /// Of what it holds, events after `lastStep` and a record cut short are removed. If something is,
  /// or the file is new, it is written beside and renamed, else it is left as it is.
  ///
  /// - Parameters:
  ///   - url: The file.
  ///   - lastStep: The last step to keep; nil keeps no step.
  ///   - wallTime: Seconds since 1970, for the first record of a new file.
  /// - Throws: `EventFileError` if it is no event file or damaged before its end, `FileError`.
  public init(
    _ url: URL, keepingThrough lastStep: Int?, wallTime: Double = Date().timeIntervalSince1970
  ) throws {
    self.url = url
    if FileManager.default.fileExists(atPath: url.path) {
      try Self.cut(url, after: lastStep)
    } else {
      let version = TensorBoard_Event.with {
        $0.wallTime = wallTime
        $0.fileVersion = Self.version
      }
      try AtomicFile.write(EventRecord.bytes(of: version), to: url)
    }
    file = open(url.path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard file >= 0 else { throw FileError.unwritable(url, errno) }
  }

  deinit { close(file) }

  private static func cut(_ url: URL, after lastStep: Int?) throws {
    let bytes = try FileContents.read(url, limit: maximumByteCount)
    let kept = try EventRecord.records(bytes, of: url).filter { record in
      if case .fileVersion = record.event.what { return true }
      guard let lastStep else { return false }
      return record.event.step <= lastStep
    }
    guard kept.reduce(0, { $0 + $1.range.count }) < bytes.count else { return }
    try AtomicFile.write(kept.flatMap { bytes[$0.range] }, to: url)
  }

  /// Appends `events`, which are on the disk when this returns.
  ///
  /// - Throws: `FileError.unwritable`; then the file is as it was.
  public func append(_ events: [ScalarEvent]) throws {
    let bytes = try events.flatMap { try EventRecord.bytes(of: $0.event) }
    let end = lseek(file, 0, SEEK_END)
    guard end >= 0 else { throw FileError.unwritable(url, errno) }
    do {
      try write(bytes)
    } catch {
      ftruncate(file, end)
      throw error
    }
  }

  private func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try ByteStream(file: file, url: url).append($0) }
    guard fsync(file) == 0 else { throw FileError.unwritable(url, errno) }
  }

  /// The scalars of the file `url`, in its order; a record cut short at its end is passed over.
  ///
  /// - Throws: `EventFileError` if it is no event file or damaged, `FileError`.
  public static func events(of url: URL) throws -> [ScalarEvent] {
    let bytes = try FileContents.read(url, limit: maximumByteCount)
    return try EventRecord.records(bytes, of: url).compactMap { ScalarEvent($0.event) }
  }
}
