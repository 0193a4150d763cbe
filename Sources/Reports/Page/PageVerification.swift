import Formats
import Foundation
import Runs

/// Whether the page in a run's folder, and the files beside it, say what the run's tables say.
///
/// The page is made again from the tables, without drawings, and compared. Drawings are not: other
/// versions of gnuplot draw other lines. The values that they show are, in `figures/*.csv`.
package struct PageVerification: Sendable {
  private let run: Run
  private let version: String

  /// - Parameters:
  ///   - run: The run, whose page stands in its own folder.
  ///   - version: The version of this program.
  package init(_ run: Run, version: String) {
    self.run = run
    self.version = version
  }

  /// Compares the page, its tables and the values of its figures.
  ///
  /// - Parameter threadCount: How many threads score.
  /// - Returns: A check for each file.
  /// - Throws: What `Report.write` throws.
  package func checks(threadCount: Int) async throws -> [RunCheck] {
    let folder = run.folder
    let name = folder.page.lastPathComponent
    guard FileManager.default.fileExists(atPath: folder.page.path) else {
      return [.notAtHand(name, "no page was made in this folder")]
    }
    // Its pages say other things, in other words.
    guard !run.record.history.isEmpty else {
      return [.notAtHand(name, "an older version made this folder")]
    }
    let page = String(decoding: try bytes(folder.page), as: UTF8.self)
    let maker = page.firstMatch(of: /Made by mixmo ([^ <]+)/).map { String($0.1) } ?? "unknown"
    guard maker == version else {
      return [.notAtHand(name, "mixmo \(maker) made the page, and this is mixmo \(version)")]
    }
    let scratch = FileManager.default.temporaryDirectory
      .appendingPathComponent("mixmo-page-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: scratch) }
    let made = try await Report([run], version: version)
      .write(to: scratch, gnuplot: nil, threadCount: threadCount)
    let expected = String(decoding: try bytes(made), as: UTF8.self)
    let shown = RunCheck.bytes(
      name, expected: Array(Self.withoutDrawings(expected).utf8),
      found: Array(Self.withoutDrawings(page).utf8))
    return try [shown]
      + files(below: scratch).filter { $0 != name }.map { file in
        let found = folder.url.appendingPathComponent(file)
        guard FileManager.default.fileExists(atPath: found.path) else {
          return .differs(file, expected: "the file that the page names", found: "none")
        }
        return .bytes(
          file, expected: try bytes(scratch.appendingPathComponent(file)), found: try bytes(found))
      }
  }

  private static let largestFile = 1 << 28

  private func bytes(_ url: URL) throws -> [UInt8] {
    try FileContents.read(url, limit: Self.largestFile)
  }

  /// The paths of the files below `folder` that people read.
  private func files(below folder: URL) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder.path)
      .filter { path in
        var isFolder: ObjCBool = false
        let url = folder.appendingPathComponent(path)
        _ = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
        return !isFolder.boolValue && !url.lastPathComponent.hasPrefix(".")
      }.sorted()
  }

  /// A page without what gnuplot adds: drawings, links to their files, and what is said where it is
  /// missing.
  private static func withoutDrawings(_ page: String) -> String {
    let drawing = #/<div class="drawing [a-z]+">.*?</svg>\s*</div>\n?/#.dotMatchesNewlines()
    return page.replacing(drawing, with: "")
      .replacing(#/<p class="files">.*?</p>/#, with: "")
      .replacing("<details open><summary>Numbers", with: "<details><summary>Numbers")
      .replacing("<p class=\"note\">\(PageModel.withoutGnuplot)</p>\n", with: "")
  }
}
