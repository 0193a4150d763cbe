import Foundation

/// Takes from paths what says who somebody is: the home folder is `~`, and the user's name is left out.
package struct Privacy {
  private let home: String
  private let user: String

  /// That of the user who runs this process.
  init() {
    let entry = getpwuid(getuid())?.pointee
    let recorded = entry.flatMap { entry in entry.pw_dir.map { String(cString: $0) } }
    let name = entry.flatMap { entry in entry.pw_name.map { String(cString: $0) } }
    let variables = ProcessInfo.processInfo.environment
    self.init(
      home: variables["HOME"] ?? recorded ?? "", user: name ?? variables["USER"] ?? "")
  }

  /// - Parameters:
  ///   - home: The home folder; empty where there is none.
  ///   - user: The user's name; empty where it is not known. That of the administrator says nothing.
  package init(home: String, user: String) {
    self.home = home.count > 1 && home.hasSuffix("/") ? String(home.dropLast()) : home
    self.user = user == "root" ? "" : user
  }

  /// A text, such as a path or a list of paths, as others may see it.
  package func shown(_ text: String) -> String {
    let separators = "/:=,; "
    var parts: [String] = [""]
    for character in home.count > 1 ? replacingHome(in: text) : text {
      if separators.contains(character) {
        parts += [String(character), ""]
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    return parts.map { !user.isEmpty && $0 == user ? "USER" : $0 }.joined()
  }

  /// The text with `~` for the home folder, but not for a folder whose name only begins like it.
  private func replacingHome(in text: String) -> String {
    let pieces = text.components(separatedBy: home)
    return pieces.dropFirst().reduce(pieces[0]) { shown, rest in
      let isWhole = rest.first.map { !($0.isLetter || $0.isNumber || "-_.".contains($0)) } ?? true
      return shown + (isWhole ? "~" : home) + rest
    }
  }
}
