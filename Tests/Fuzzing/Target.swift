import Foundation

/// A reader, and what must hold of it for any bytes.
struct Target: Sendable {
  /// The name on the command line.
  let name: String
  /// The longest input, in bytes: room for a little of everything that the format has.
  let maximumLength: Int
  /// Words of the format, for libFuzzer to put in.
  var words: [String] = []
  /// Inputs to begin with.
  let seeds: @Sendable () throws -> [Seed]
  /// Reads the input, uses what was read, and throws the reader's error.
  let read: @Sendable (Input) throws -> Void

  static let all: [Target] = [
    .npy, .npz, .npzMembers, .zip, .pickle, .safetensors,
    .torch, .torchMembers, .torchLegacy,
    .png, .pngChunks, .jpeg,
    .cifar, .cifarPython, .cifarC, .tinyImageNet, .pictures,
    .configuration, .template, .suite, .csv, .form,
    .events, .runRecord, .results, .predictions, .numberTable,
  ]
}

/// An input to begin with.
struct Seed {
  let name: String
  let bytes: [UInt8]
}

extension Seed {
  private static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The files of a folder below `Tests`, of which the names end so.
  static func fixtures(_ folder: String, endingIn suffix: String = "") throws -> [Seed] {
    try files("Tests/\(folder)", endingIn: suffix)
  }

  /// The files of a folder of the repository, of which the names end so.
  static func files(_ folder: String, endingIn suffix: String = "") throws -> [Seed] {
    let root = repository.appendingPathComponent(folder)
    return try FileManager.default.contentsOfDirectory(atPath: root.path).sorted()
      .filter { $0.hasSuffix(suffix) }
      .map { Seed(name: $0, bytes: Array(try Data(contentsOf: root.appendingPathComponent($0)))) }
  }
}
