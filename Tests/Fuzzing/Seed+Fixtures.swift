import Foundation

extension Seed {
  private static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The files of a folder below `Tests`, of which the names end so.
  static func fixtures(_ folder: String, endingIn suffix: String = "") throws -> [Seed] {
    try files("Tests/\(folder)", endingIn: suffix)
  }

  /// The files of a folder of the repository, of which the names end so.
  static func files(_ folder: String, endingIn suffix: String = "") throws -> [Seed] {
    let place = repository.appendingPathComponent(folder)
    return try FileManager.default.contentsOfDirectory(atPath: place.path).sorted()
      .filter { $0.hasSuffix(suffix) }
      .map { Seed(name: $0, bytes: Array(try Data(contentsOf: place.appendingPathComponent($0)))) }
  }
}
