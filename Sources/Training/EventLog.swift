import Formats

/// The TensorBoard events of a run: an epoch is a step.
struct EventLog {
  private let file: EventFile

  /// Opens a run's file so that it has a step for each of `records`, and no others.
  ///
  /// - Throws: `EventFileError` if the file is damaged, `FileError`.
  init(_ folder: RunFolder, records: [EpochRecord]) throws {
    file = try EventFile(folder.events, keepingThrough: records.count)
    // What another program wrote may be of any step.
    let last = try EventFile.events(of: folder.events).map(\.step).reduce(0, max)
    try file.append(records.dropFirst(last).map { ScalarEvent($0) })
  }

  /// Adds an epoch, and the images that it trained on in a second.
  ///
  /// - Throws: `FileError.unwritable`.
  func append(_ record: EpochRecord, imagesPerSecond: Double) throws {
    try file.append([
      ScalarEvent(record, more: [.init("train/images_per_second", Float(imagesPerSecond))])
    ])
  }
}

extension ScalarEvent {
  /// The numbers of `record` that are defined, and more.
  fileprivate init(_ record: EpochRecord, more: [Scalar] = []) {
    let scalars = record.scalars.compactMap { scalar in
      scalar.value.map { Scalar(scalar.name, Float($0)) }
    }
    self.init(step: record.epoch, scalars: scalars + more)
  }
}
