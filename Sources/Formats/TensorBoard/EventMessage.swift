/// The part of TensorBoard's events that is written here: a version, or the scalars of a step.
///
/// Fields have the numbers of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
/// Those of others are passed over.
struct EventMessage {
  /// What an event holds.
  enum Content: Equatable {
    case version(String)
    case scalars([ScalarEvent.Scalar])
  }

  /// Seconds since 1970.
  var wallTime = 0.0
  var step: Int64 = 0
  /// Nil for events of other kinds.
  var content: Content?

  private enum Field {
    static let (wallTime, step, version, summary) = (1, 2, 3, 5)
    // Of a summary
    static let value = 1
    // Of a value
    static let (tag, simpleValue) = (1, 2)
  }

  /// An event.
  init(wallTime: Double, step: Int = 0, content: Content) {
    (self.wallTime, self.step, self.content) = (wallTime, Int64(step), content)
  }

  // MARK: Writing

  /// The bytes of the event; as TensorBoard does, numbers that are 0 and empty texts are left out.
  var serialized: [UInt8] {
    var message = WireMessage()
    if wallTime != 0 { message.fields.append((Field.wallTime, .fixed64(wallTime.bitPattern))) }
    if step != 0 { message.fields.append((Field.step, .integer(UInt64(bitPattern: step)))) }
    switch content {
    case .version(let text): message.fields.append((Field.version, .bytes(Array(text.utf8))))
    case .scalars(let scalars):
      var summary = WireMessage()
      summary.fields = scalars.map { (Field.value, .bytes(Self.serialized($0))) }
      message.fields.append((Field.summary, .bytes(summary.serialized)))
    case nil: break
    }
    return message.serialized
  }

  private static func serialized(_ scalar: ScalarEvent.Scalar) -> [UInt8] {
    var message = WireMessage()
    if !scalar.tag.isEmpty { message.fields.append((Field.tag, .bytes(Array(scalar.tag.utf8)))) }
    message.fields.append((Field.simpleValue, .fixed32(scalar.value.bitPattern)))
    return message.serialized
  }

  // MARK: Reading

  /// The event in `bytes`.
  ///
  /// - Throws: `WireMessage.Damage`.
  init(_ bytes: [UInt8]) throws {
    for field in try WireMessage(bytes).fields {
      switch (field.number, field.value) {
      case (Field.wallTime, .fixed64(let bits)): wallTime = Double(bitPattern: bits)
      case (Field.step, .integer(let bits)): step = Int64(bitPattern: bits)
      case (Field.version, .bytes(let text)): content = .version(try Self.text(text))
      case (Field.summary, .bytes(let summary)): content = .scalars(try Self.scalars(summary))
      default: break
      }
    }
  }

  private static func scalars(_ summary: [UInt8]) throws -> [ScalarEvent.Scalar] {
    try WireMessage(summary).fields.compactMap { field in
      guard field.number == Field.value, case .bytes(let value) = field.value else { return nil }
      var (tag, number): (String, Float?) = ("", nil)
      for field in try WireMessage(value).fields {
        switch (field.number, field.value) {
        case (Field.tag, .bytes(let text)): tag = try Self.text(text)
        case (Field.simpleValue, .fixed32(let bits)): number = Float(bitPattern: bits)
        default: break
        }
      }
      return number.map { ScalarEvent.Scalar(tag, $0) }
    }
  }

  private static func text(_ bytes: [UInt8]) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw WireMessage.Damage() }
    return text
  }
}
