import Formats
import Foundation

/// The drawings of an earlier page in its folder that do not show the numbers of the new one.
///
/// A page without gnuplot, or of fewer cells, does not replace them.
struct OutdatedFigures {
  /// The folder of the drawings.
  let folder: URL
  /// Whether a figure of this name is one of the page's.
  let isOfPage: (String) -> Bool

  /// The files to remove once the page is written.
  ///
  /// A drawing stays where the data of its figure are the same.
  ///
  /// - Parameters:
  ///   - written: The names of the page's drawings.
  ///   - data: The page's data in CSV, by the names of their figures.
  /// - Returns: Drawings, and the data of figures that the page does not have.
  func files(written: Set<String>, data: [String: [UInt8]]) -> [URL] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let drawings = names.compactMap { name -> (name: String, figure: String)? in
      guard let match = name.wholeMatch(of: /([a-z0-9-]+)-[12]-column\.(pdf|png)/) else {
        return nil
      }
      return written.contains(name) ? nil : (name, String(match.1))
    }
    let outdated = drawings.filter { drawing in
      guard isOfPage(drawing.figure) else { return false }
      let earlier = try? FileContents.read(file("\(drawing.figure).csv"), limit: 1 << 28)
      return earlier == nil || earlier != data[drawing.figure]
    }
    let gone = Set(outdated.map(\.figure)).filter { data[$0] == nil }
    return (outdated.map(\.name) + gone.map { "\($0).csv" }).sorted().map(file)
  }

  private func file(_ name: String) -> URL { folder.appendingPathComponent(name) }
}
