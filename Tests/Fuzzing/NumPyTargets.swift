import Formats

extension Target {
  static let npy = Target(
    name: "npy", maximumLength: 1024,
    words: NumPyElementType.allCases.flatMap { ["<\($0.rawValue)", ">\($0.rawValue)"] }
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
