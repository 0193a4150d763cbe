import Foundation

/// A TensorBoard event file that scalars are appended to.
///
/// TensorBoard finds files whose names contain `tfevents`, and shows each folder with such files as a
/// run. A killed process leaves complete records and possibly a part of a last one, which the next
/// `EventFile` and TensorBoard both skip.
public final class EventFile {
  /// The usual name of the event file in a run's folder.
  public static let name = "events.out.tfevents.mixmo"

  /// The limit on files that are read; a scalar takes about 50 bytes.
  private static let maximumByteCount = 1 << 30

  private let url: URL
  private let file: Int32

  /// Opens `url` to append to it, and creates it if there is none.
  ///
  /// Events after `lastStep` and a truncated last record are removed. If there are any, the file is
  /// replaced atomically; otherwise it is unchanged.
  ///
  /// - Parameters:
  ///   - url: The file.
  ///   - lastStep: The last step to keep, or nil to remove all events.
  ///   - wallTime: Seconds since 1970, for the first record of a new file.
  /// - Throws: `EventFileError` if it is not an event file or is damaged, or `FileError`.
  public init(
    _ url: URL, keepingThrough lastStep: Int?, wallTime: Double = Date().timeIntervalSince1970
  ) throws {
    self.url = url
    if FileManager.default.fileExists(atPath: url.path) {
      try Self.cut(url, after: lastStep)
    } else {
      let version = EventMessage(wallTime: wallTime, content: .version(EventRecord.version))
      try AtomicFile.write(EventRecord.bytes(of: version), to: url)
    }
    file = open(url.path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard file >= 0 else { throw FileError.unwritable(url, errno) }
  }

  deinit { close(file) }

  private static func cut(_ url: URL, after lastStep: Int?) throws {
    let bytes = try FileContents.read(url, limit: maximumByteCount)
    let kept = try EventRecord.records(bytes, of: url).filter { record in
      if case .version = record.event.content { return true }
      guard let lastStep else { return false }
      return record.event.step <= lastStep
    }
    guard kept.reduce(0, { $0 + $1.range.count }) < bytes.count else { return }
    try AtomicFile.write(kept.flatMap { bytes[$0.range] }, to: url)
  }

  /// Appends `events`, which are on the disk when this returns.
  ///
  /// - Throws: `FileError.unwritable`; the file is then unchanged.
  public func append(_ events: [ScalarEvent]) throws {
    let bytes = events.flatMap { EventRecord.bytes(of: $0.event) }
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

  /// The events of the file `url` in its order; a truncated last record is skipped.
  ///
  /// - Throws: `EventFileError` if it is not an event file or is damaged, or `FileError`.
  public static func events(of url: URL) throws -> [ScalarEvent] {
    let bytes = try FileContents.read(url, limit: maximumByteCount)
    return try EventRecord.records(bytes, of: url).compactMap { ScalarEvent($0.event) }
  }
}

/// The scalars of one step, as TensorBoard shows them.
public struct ScalarEvent: Sendable, Equatable {
  /// The step, by convention counted from the start of the run.
  public let step: Int
  /// Seconds since 1970.
  public let wallTime: Double
  /// The scalars in the order of the file.
  public let scalars: [Scalar]

  /// A named value.
  public struct Scalar: Sendable, Equatable {
    /// The name, with slashes between the names of groups.
    public let tag: String
    /// The value, which may be infinite or not a number.
    public let value: Float

    /// Creates a scalar.
    public init(_ tag: String, _ value: Float) {
      self.tag = tag
      self.value = value
    }
  }

  /// Creates an event of now or of `wallTime`.
  public init(
    step: Int, wallTime: Double = Date().timeIntervalSince1970, scalars: [Scalar]
  ) {
    self.step = step
    self.wallTime = wallTime
    self.scalars = scalars
  }
}

extension ScalarEvent {
  /// The scalars of `event`, or nil if it has none.
  init?(_ event: EventMessage) {
    guard case .scalars(let scalars) = event.content, !scalars.isEmpty else { return nil }
    self.init(step: Int(event.step), wallTime: event.wallTime, scalars: scalars)
  }

  var event: EventMessage {
    EventMessage(wallTime: wallTime, step: step, content: .scalars(scalars))
  }
}
