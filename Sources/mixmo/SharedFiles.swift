import Foundation

/// The folders `corruptions` and `config` that come with the program.
enum SharedFiles {
  /// A shared file that is nowhere.
  struct NotFound: Error, CustomStringConvertible {
    let path: String
    let places: [URL]

    var description: String {
      "\(path) not found; looked in \(places.map(\.path).joined(separator: ", "));"
        + " set MIXMO_HOME to the folder that holds it"
    }
  }

  /// The file at `path` below the first place that has it: `MIXMO_HOME`, beside the executable
  /// (`../share/mixmo`, or the package when it runs from `.build`), the current folder.
  static func url(_ path: String) throws -> URL {
    let places = Self.places
    for place in places {
      let url = place.appendingPathComponent(path)
      if FileManager.default.fileExists(atPath: url.path) { return url }
    }
    throw NotFound(path: path, places: places)
  }

  /// The file that a user means by `path`: where the path leads, or else below one of those places.
  static func url(named path: String) throws -> URL {
    let url = URL(fileURLWithPath: path)
    guard !path.hasPrefix("/"), !FileManager.default.fileExists(atPath: url.path) else {
      return url
    }
    return try Self.url(path)
  }

  private static var places: [URL] {
    let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let folder = executable.deletingLastPathComponent()
    var places = [folder.deletingLastPathComponent().appendingPathComponent("share/mixmo")]
    if let home = ProcessInfo.processInfo.environment["MIXMO_HOME"], !home.isEmpty {
      places.insert(URL(fileURLWithPath: home), at: 0)
    }
    if let build = folder.pathComponents.firstIndex(of: ".build") {
      places.append(
        URL(fileURLWithPath: "/" + folder.pathComponents[1..<build].joined(separator: "/")))
    }
    return places + [URL(fileURLWithPath: FileManager.default.currentDirectoryPath)]
  }
}
