import Formats

/// The TensorBoard events of a run; an epoch is a step.
package struct EventLog {
  private let file: EventFile

  /// Opens a run's file so that it has a step for each of `records`, and no later ones.
  ///
  /// - Throws: `EventFileError` if the file is damaged, `FileError`.
  package init(_ folder: RunFolder, records: [EpochRecord]) throws {
    file = try EventFile(folder.events, keepingThrough: records.count)
    // Another program may have written events of any step, even negative ones.
    let last = try EventFile.events(of: folder.events).map(\.step).reduce(0, max)
    try file.append(records.dropFirst(last).map { ScalarEvent($0) })
  }

  /// Adds an epoch and its training speed.
  ///
  /// - Throws: `FileError.unwritable`.
  package func append(_ record: EpochRecord, imagesPerSecond: Double) throws {
    try file.append([
      ScalarEvent(record, more: [.init("train/images_per_second", Float(imagesPerSecond))])
    ])
  }
}

extension ScalarEvent {
  /// The defined scalars of `record`, and more.
  fileprivate init(_ record: EpochRecord, more: [Scalar] = []) {
    let scalars = record.scalars.compactMap { scalar in
      scalar.value.map { Scalar(scalar.name, Float($0)) }
    }
    self.init(step: record.epoch, scalars: scalars + more)
  }
}
