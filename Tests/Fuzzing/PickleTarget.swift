import Formats

extension Target {
  static let pickle = Target(
    name: "pickle", maximumLength: 2048, words: pickleWords,
    seeds: { try Seed.fixtures("FormatsTests/Fixtures/pickle", endingIn: "pkl") },
    read: { input in
      let value = try PickleReader.value(contentsOf: input.url)
      use(value, in: input)
      // Bytes become calls when they are written, so that it is what was written that must agree.
      let written = PickleWriter.bytes(of: value)
      guard written.count < 1 << 16 else { return }
      do {
        let copy = try PickleReader.value(of: written, file: input.url.path)
        precondition(PickleWriter.bytes(of: copy) == written)
      } catch let error as PickleError {
        guard case .tooLarge = error.problem else { fatalError("\(error)") }
      }
    })

  /// The names that a pickle may mention, as the two opcodes have them.
  static let pickleWords =
    PickleGlobal.known.flatMap { ["c\($0.module)\n\($0.name)\n", $0.module, $0.name] }.sorted()
    + ["latin1", "storage", "cpu"]
}

/// Reads a value as all that it might be, and so a few of its parts.
private func use(_ value: PickleValue, in input: Input, depth: Int = 0) {
  guard depth < 4 else { return }
  _ = value.byteString
  _ = value.items
  _ = value["data"]
  if let array = input.attempt({ try NumPyArray(pickled: value, file: input.url.path) }) {
    _ = input.attempt { try use(array) }
  }
  switch value {
  case .list(let parts), .tuple(let parts):
    for part in parts.prefix(8) { use(part, in: input, depth: depth + 1) }
  case .dictionary(let items):
    for item in items.prefix(8) { use(item.value, in: input, depth: depth + 1) }
  case .object(let object):
    for part in object.arguments.prefix(8) { use(part, in: input, depth: depth + 1) }
  default: break
  }
}
