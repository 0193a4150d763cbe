import Formats
import Foundation

// MARK: NumPy

extension Target {
  static let npy = Target(
    name: "npy", maximumLength: 1024,
    words: ElementType.allCases.compactMap(\.numPyName).flatMap { ["<\($0)", ">\($0)"] }
      + [
        "'descr': ", "'fortran_order': False", "'shape': (", "(2, 3)", "(0,)", "()", "\u{1}\0v\0",
      ],
    seeds: { try Seed.fixtures("FormatsTests/Fixtures/numpy", endingIn: "npy") },
    read: { input in
      let array = try NumPyArray(contentsOf: input.url)
      try use(array)
      try use(NumPyArray(bytes: input.bytes, file: input.url.path))
      guard input.isChosen, Double.holdsAll(of: array.elementType) else { return }
      let values = try array.values(of: Double.self)
      guard array.shape.count <= 64 else { return }
      try NumPyArray.write(values, shape: array.shape, to: input.output)
      let copy = try NumPyArray(contentsOf: input.output)
      precondition(copy.shape == array.shape)
      let read = try copy.values(of: Double.self)
      precondition(read.map(\.bitPattern) == values.map(\.bitPattern))
    })

  static let npz = Target(
    name: "npz", maximumLength: 2048,
    seeds: { try Seed.fixtures("FormatsTests/Fixtures/numpy", endingIn: "npz") },
    read: read)

  /// The members of an archive, which is made of them.
  static let npzMembers = Target(
    name: "npz-members", maximumLength: 1024, words: npy.words + [".npy"],
    seeds: {
      try npz.seeds().compactMap { seed in
        MemberList(ofArchive: seed.bytes).map { Seed(name: seed.name, bytes: $0.bytes) }
      }
    },
    read: { input in
      input.file.hold(MemberList(input.bytes).archive)
      try read(input)
    })

  private static func read(_ input: Input) throws {
    let archive = try NumPyArchive(contentsOf: input.url)
    for name in archive.names {
      input.attempt { try use(archive.array(name, atMost: 1 << 16)) }
    }
  }
}

/// Reads all the elements of `array` as each type that holds them.
func use(_ array: NumPyArray) throws {
  try use(array, as: Bool.self)
  try use(array, as: UInt8.self)
  try use(array, as: Int.self)
  try use(array, as: UInt64.self)
  try use(array, as: Float.self)
  try use(array, as: Double.self)
}

private func use<Element: NumPyElement>(_ array: NumPyArray, as type: Element.Type) throws {
  guard Element.holdsAll(of: array.elementType) else { return }
  let values = try array.values(of: type)
  precondition(values.count == array.rowCount * array.rowLength)
  guard array.rowCount > 0 else { return }
  let last = try array.values(of: type, rows: array.rowCount - 1..<array.rowCount)
  precondition(last.count == array.rowLength)
}

// MARK: Pickles

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

// MARK: Zip archives

extension Target {
  static let zip = Target(
    name: "zip", maximumLength: 2048,
    words: [
      "PK\u{1}\u{2}", "PK\u{3}\u{4}", "PK\u{5}\u{6}", "PK\u{6}\u{6}", "PK\u{6}\u{7}",
      "PK\u{7}\u{8}", "../", "/", "\0\0\0\0\0\0\0\0",
    ],
    seeds: {
      try Seed.fixtures("FormatsTests/Fixtures/zip")
        + Seed.fixtures("FormatsTests/Fixtures/numpy", endingIn: "npz")
    },
    read: { input in
      let archive = try ZipArchive(contentsOf: input.url)
      let members = archive.members.compactMap { member in
        input.attempt {
          (name: member.name, bytes: try archive.bytes(of: member.name, atMost: 1 << 16))
        }
      }
      guard input.isChosen, !members.isEmpty else { return }
      try ZipArchive.write(members, to: input.output)
      let copy = try ZipArchive(contentsOf: input.output)
      for member in members {
        let bytes = try copy.bytes(of: member.name, atMost: 1 << 16)
        precondition(bytes == member.bytes)
      }
    })
}
