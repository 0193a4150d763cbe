import Formats
import Foundation

/// A page as a reader of its text finds it.
struct ShownPage {
  /// A number on the page.
  struct Shown {
    let file: String
    let row: Int
    let column: String
    let digits: String
    let text: String
  }

  let text: String

  init(contentsOf url: URL) throws {
    text = String(decoding: try FileContents.read(url, limit: 1 << 26), as: UTF8.self)
  }

  /// All numbers in tables.
  var numbers: [Shown] {
    text.split(separator: "<table data-file=\"").dropFirst().flatMap { part in
      let file = String(part.prefix { $0 != "\"" })
      let body = part.prefix(upTo: part.firstRange(of: "</table>")?.lowerBound ?? part.endIndex)
      return body.matches(
        of: /<data value="([^"]*)" data-row="(\d+)" data-column="([^"]*)">([^<]*)<\/data>/
      ).map {
        Shown(
          file: file, row: Int($0.2) ?? 0, column: String($0.3), digits: String($0.1),
          text: String($0.4))
      }
    }
  }
}
