import Foundation

/// The command, of which libFuzzer has the main function.
///
///     Fuzzing TARGET [libFuzzer's arguments]    runs one target
///     Fuzzing --targets                         lists them
///     Fuzzing --seeds FOLDER                    writes the inputs to begin with, each target's in
///                                               a folder of its name
enum Fuzzing {
  /// What libFuzzer is to do with these arguments; nil where there is nothing left to do.
  static func target(of arguments: [String]) throws -> Target? {
    switch (arguments.count, arguments.dropFirst().first) {
    case (2, "--targets"): print(names(separator: "\n"))
    case (3, "--seeds"): try writeSeeds(to: URL(fileURLWithPath: arguments[2]))
    case (_, let name?):
      guard let target = Target.all.first(where: { $0.name == name }) else { fallthrough }
      return target
    default: print("expected one of the targets \(names(separator: ", "))")
    }
    return nil
  }

  private static func names(separator: String) -> String {
    Target.all.map(\.name).joined(separator: separator)
  }

  private static func writeSeeds(to folder: URL) throws {
    for target in Target.all {
      let subfolder = folder.appendingPathComponent(target.name)
      try FileManager.default.createDirectory(at: subfolder, withIntermediateDirectories: true)
      for seed in try target.seeds() where seed.bytes.count <= target.maximumLength {
        try Data(seed.bytes).write(to: subfolder.appendingPathComponent(seed.name))
      }
    }
  }
}
