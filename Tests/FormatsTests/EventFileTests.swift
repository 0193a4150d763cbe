import Formats
import Foundation
import TestSupport
import Testing

struct EventFileTests {
  /// The events of `Fixtures/make_events.py`.
  private static let begin = 1_700_000_000.25
  private static let events = [
    ScalarEvent(step: 0, wallTime: begin, scalars: [.init("train/loss", 2.302585)]),
    ScalarEvent(
      step: 1, wallTime: begin + 0.5,
      scalars: [
        .init("train/loss", 1.5), .init("test/accuracy", 0), .init("naïve ∑ 数", -0.0),
      ]),
    ScalarEvent(
      step: 300, wallTime: begin + 61.125,
      scalars: [.init("train/loss", .infinity), .init("test/accuracy", -.infinity)]),
    ScalarEvent(
      step: 1 << 40, wallTime: begin + 1e6,
      scalars: [
        .init("", .leastNonzeroMagnitude),
        .init(String(repeating: "x", count: 200), .greatestFiniteMagnitude),
      ]),
  ]
  private static let name = "tensorboard/record-writer.tfevents"

  private func write(_ events: [ScalarEvent], to url: URL) throws {
    let file = try EventFile(url, keepingThrough: nil, wallTime: Self.begin)
    for event in events { try file.append([event]) }
  }

  private func bytes(of url: URL) throws -> [UInt8] { Array(try Data(contentsOf: url)) }

  /// The byte offsets of the records in `bytes`, and the end of the last one.
  private func boundaries(of bytes: [UInt8]) -> [Int] {
    var boundaries = [0]
    while let start = boundaries.last, start < bytes.count {
      let length = bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
      boundaries.append(start + 8 + 4 + length + 4)
    }
    return boundaries
  }

  @Test func `the bytes that TensorBoard writes for the same events`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file(EventFile.name)
    try write(Self.events, to: url)
    #expect(try bytes(of: url) == fixtureBytes(Self.name))
    try EventFile(url, keepingThrough: nil).append(Self.events)
    #expect(try bytes(of: url) == fixtureBytes(Self.name))
    #expect(EventFile.name.contains("tfevents"))
  }

  @Test(arguments: ["record-writer", "event-file-writer"])
  func `reads what TensorBoard wrote`(name: String) throws {
    let events = try EventFile.events(of: fixture("tensorboard/\(name).tfevents"))
    #expect(events == Self.events)
    #expect(events[1].scalars[2].value.sign == .minus)
  }

  /// TensorBoard's own first record names its writer in a field that the reader does not know.
  @Test func `a file of TensorBoard's can be appended to`() throws {
    let original = try fixtureBytes("tensorboard/event-file-writer.tfevents")
    let folder = try TemporaryFolder()
    let url = try folder.file("tfevents", holding: original)
    let file = try EventFile(url, keepingThrough: 0)
    try file.append(Array(Self.events[1...]))
    #expect(try bytes(of: url) == original)
  }

  @Test(arguments: [0, 1, 2, 299, 300, Int.max])
  func `what a run does again after a kill leaves the file of an uninterrupted run`(
    lastStep: Int
  ) throws {
    let folder = try TemporaryFolder()
    let url = folder.file(EventFile.name)
    try write(Self.events, to: url)
    let file = try EventFile(url, keepingThrough: lastStep)
    let rest = Self.events.filter { $0.step > lastStep }
    #expect(try EventFile.events(of: url) == Self.events.filter { $0.step <= lastStep })
    try file.append(rest)
    #expect(try bytes(of: url) == fixtureBytes(Self.name))
    #expect(try folder.names == [EventFile.name])
  }

  @Test func `a file with nothing to remove stays the same file`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file(EventFile.name)
    try write(Self.events, to: url)
    func number() throws -> UInt64? {
      try FileManager.default.attributesOfItem(atPath: url.path)[.systemFileNumber] as? UInt64
    }
    let before = try number()
    _ = try EventFile(url, keepingThrough: .max)
    #expect(try number() == before)
    _ = try EventFile(url, keepingThrough: 300)
    #expect(try number() != before)
  }

  @Test func `every truncated file keeps its complete records`() throws {
    let original = try fixtureBytes(Self.name)
    let boundaries = boundaries(of: original)
    let folder = try TemporaryFolder()
    for count in 0..<original.count {
      let url = try folder.file("tfevents", holding: original.prefix(count))
      guard count >= boundaries[1] else {
        #expect(throws: EventFileError.notAnEventFile(url)) {
          try EventFile(url, keepingThrough: .max)
        }
        continue
      }
      let whole = boundaries.lastIndex { $0 <= count } ?? 0
      #expect(try EventFile.events(of: url) == Array(Self.events.prefix(whole - 1)))
      let file = try EventFile(url, keepingThrough: .max)
      #expect(try bytes(of: url) == Array(original.prefix(boundaries[whole])))
      try file.append(Array(Self.events[(whole - 1)...]))
      #expect(try bytes(of: url) == original)
    }
  }

  /// A CRC of 32 bits detects every change within 32 adjacent bits, so of any byte.
  @Test(arguments: [0xFF, 0x01, 0x80] as [UInt8])
  func `every changed byte is found, and the file left as it is`(change: UInt8) throws {
    let original = try fixtureBytes(Self.name)
    let boundaries = boundaries(of: original)
    let folder = try TemporaryFolder()
    for index in original.indices {
      var changed = original
      changed[index] ^= change
      let url = try folder.file("tfevents", holding: changed)
      let error = #expect(throws: EventFileError.self) {
        try EventFile(url, keepingThrough: .max)
      }
      let start = boundaries.last { $0 <= index } ?? 0
      let part = index - start < 12 ? "length" : "data"
      #expect(
        error == (start == 0 ? .notAnEventFile(url) : .damaged(url, offset: start, part: part)))
      #expect(try bytes(of: url) == changed)
    }
  }

  @Test(arguments: [17, 1 << 31, 1 << 62, 1 << 63 - 1, 1 << 63, .max - 15, .max] as [UInt64])
  func `a length beyond the file's end takes no memory`(length: UInt64) throws {
    let original = try fixtureBytes(Self.name)
    let number = withUnsafeBytes(of: length.littleEndian, Array.init)
    let checksum = withUnsafeBytes(of: CRC32C.masked(number).littleEndian, Array.init)
    let folder = try TemporaryFolder()
    let url = try folder.file("tfevents", holding: original + number + checksum + [1, 2, 3, 4])
    #expect(try EventFile.events(of: url) == Self.events)
    _ = try EventFile(url, keepingThrough: .max)
    #expect(try bytes(of: url) == original)
  }

  /// A complete record of these bytes.
  private func record(_ data: [UInt8]) -> [UInt8] {
    let length = withUnsafeBytes(of: UInt64(data.count).littleEndian, Array.init)
    return [length, data].flatMap {
      $0 + withUnsafeBytes(of: CRC32C.masked($0).littleEndian, Array.init)
    }
  }

  @Test func `complete records that contain no message`() throws {
    let original = try fixtureBytes(Self.name)
    let folder = try TemporaryFolder()
    // A tag without a field, a text that is not UTF-8, a message that is longer than its record.
    for data in [[0x07], [0x1A, 1, 0xFF], [0x2A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07]] as [[UInt8]] {
      let url = try folder.file("tfevents", holding: original + record(data))
      let expected = EventFileError.damaged(url, offset: original.count, part: "message")
      #expect(throws: expected) { try EventFile.events(of: url) }
    }
    let empty = try folder.file("tfevents", holding: original + record([]))
    #expect(try EventFile.events(of: empty) == Self.events)
    let other = try folder.file("tfevents", holding: record([]) + original)
    #expect(throws: EventFileError.notAnEventFile(other)) { try EventFile.events(of: other) }
  }

  /// Fields as protobuf.dev/programming-guides/encoding allows them: in any order, given twice, unknown
  /// ones of every wire type among them.
  @Test func `fields of others are passed over`() throws {
    let number: [UInt8] = [0x15, 0, 0, 0x40, 0x40]  // 2: 3.0
    let others: [UInt8] = [
      0x48, 0x96, 0x01, 0x51, 1, 2, 3, 4, 5, 6, 7, 8, 0x5A, 1, 9, 0x65, 1, 2, 3, 4,
    ]
    let value = others + number + [0x0A, 1, 0x61] + others  // 1: "a"
    let summary = [0x12, 1, 7] + [0x0A, UInt8(value.count)] + value + [0x0A, 3, 0x0A, 1, 0x62]
    let step: [UInt8] = [0x10, 5, 0x10, 0x80, 0x80, 0x01]  // 2: 5, then 2¹⁴
    let message = others + [0x2A, UInt8(summary.count)] + summary + step
    let folder = try TemporaryFolder()
    let url = try folder.file(
      "tfevents",
      holding: fixtureBytes(Self.name).prefix(boundaries(of: fixtureBytes(Self.name))[1])
        + record(message))
    #expect(
      try EventFile.events(of: url) == [
        ScalarEvent(step: 1 << 14, wallTime: 0, scalars: [.init("a", 3)])
      ])
  }

  @Test func `mutated messages in complete records are read or refused`() throws {
    let original = try fixtureBytes(Self.name)
    let boundaries = boundaries(of: original)
    let messages = zip(boundaries, boundaries.dropFirst()).map { original[$0 + 12..<$1 - 4] }
    var generator = SeededGenerator(seed: 71)
    let folder = try TemporaryFolder()
    var refusals = 0
    for message in messages[1...] {
      for _ in 0..<1000 {
        let mutated = Array(message).mutated(using: &generator)
        let url = try folder.file(
          "tfevents", holding: record(Array(messages[0])) + record(mutated))
        do {
          for event in try EventFile.events(of: url) {
            _ = try EventFile(url, keepingThrough: event.step)
          }
        } catch let error as EventFileError {
          refusals += 1
          #expect(error == .damaged(url, offset: boundaries[1], part: "message"))
        }
      }
    }
    #expect(refusals > 0)
  }

  @Test func `messages name the file, the byte and the remedy`() throws {
    let url = URL(filePath: "/run/tfevents")
    #expect(
      "\(EventFileError.notAnEventFile(url))"
        == "/run/tfevents: expected a TensorBoard event file of version brain.Event:2, found "
        + "something else; move it away")
    #expect(
      "\(EventFileError.damaged(url, offset: 40, part: "data"))"
        == "/run/tfevents: byte 40: the data of a record is damaged; move the file away")
    let folder = try TemporaryFolder()
    #expect(throws: FileError.unreadable(folder.url, EISDIR)) {
      try EventFile(folder.url, keepingThrough: nil)
    }
    let missing = folder.file("none/tfevents")
    #expect(throws: FileError.unwritable(missing, ENOENT)) {
      try EventFile(missing, keepingThrough: nil)
    }
  }
}

struct CRC32CTests {
  /// RFC 3720, appendix B.4, and the check value of the usual catalogs.
  @Test(
    arguments: [
      (Array(repeating: 0, count: 32), 0x8A91_36AA),
      (Array(repeating: 0xFF, count: 32), 0x62A8_AB43),
      (Array(0..<32), 0x46DD_794E),
      (Array((0..<32).reversed()), 0x113F_DB5C),
      (Array("123456789".utf8), 0xE306_9283),
      ([], 0),
    ] as [([UInt8], UInt32)])
  func `published answers`(bytes: [UInt8], expected: UInt32) {
    #expect(CRC32C.checksum(bytes) == expected)
  }

  /// The fifth of RFC 3720: a SCSI read command.
  @Test func `published answer of a SCSI command`() {
    var bytes = [UInt8](repeating: 0, count: 48)
    for (index, byte) in [
      (0, 0x01), (1, 0xC0), (16, 0x14), (22, 0x04), (27, 0x14), (31, 0x18), (32, 0x28), (40, 0x02),
    ] as [(Int, UInt8)] {
      bytes[index] = byte
    }
    #expect(CRC32C.checksum(bytes) == 0xD996_3A56)
  }
}
