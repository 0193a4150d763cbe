import Foundation

/// The folders `corruptions` and `config` that come with the program.
enum SharedFiles {
  /// A shared file that is nowhere.
  struct NotFound: Error, CustomStringConvertible {
    let path: String
    let folders: [URL]

    var description: String {
      "\(path) not found; looked in \(folders.map(\.path).joined(separator: ", "));"
        + " check the path, or set MIXMO_HOME to the folder that holds it"
    }
  }

  /// The file at `path` below the first of these folders that has it: `MIXMO_HOME`, beside the executable
  /// (`../share/mixmo`, or the package when it runs from `.build`), the current folder.
  static func url(_ path: String) throws -> URL {
    let folders = Self.folders
    for folder in folders {
      let url = folder.appendingPathComponent(path)
      if FileManager.default.fileExists(atPath: url.path) { return url }
    }
    throw NotFound(path: path, folders: folders)
  }

  /// The file that a user means by `path`: where the path leads, or else below one of those folders.
  static func url(named path: String) throws -> URL {
    let url = URL(fileURLWithPath: path)
    guard !path.hasPrefix("/"), !FileManager.default.fileExists(atPath: url.path) else {
      return url
    }
    return try Self.url(path)
  }

  private static var folders: [URL] {
    let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let programFolder = executable.deletingLastPathComponent()
    var folders = [programFolder.deletingLastPathComponent().appendingPathComponent("share/mixmo")]
    if let home = ProcessInfo.processInfo.environment["MIXMO_HOME"], !home.isEmpty {
      folders.insert(URL(fileURLWithPath: home), at: 0)
    }
    if let build = programFolder.pathComponents.firstIndex(of: ".build") {
      folders.append(
        URL(fileURLWithPath: "/" + programFolder.pathComponents[1..<build].joined(separator: "/")))
    }
    return folders + [URL(fileURLWithPath: FileManager.default.currentDirectoryPath)]
  }
}
