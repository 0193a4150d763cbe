import Foundation
import TestSupport

/// Chromium without a window, which `make test` installs.
struct Browser {
  /// What the page's console said.
  let console: [String]
  /// The addresses that the page asked for, not the browser for itself.
  let requests: [String]
  /// The page as text after it was laid out.
  let text: String

  /// Opens `page` in a window of the given width.
  init(_ page: URL, width: Int) throws {
    let folder = try TemporaryFolder()
    let log = folder.file("net.json")
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
      "--user-data-dir=\(folder.file("profile").path)", "--window-size=\(width),1000",
      "--enable-logging=stderr", "--log-net-log=\(log.path)", "--dump-dom", page.absoluteString,
    ]
    let output = folder.file("page.html")
    let errors = folder.file("errors.txt")
    for url in [output, errors] { try Data().write(to: url) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    text = try String(contentsOf: output, encoding: .utf8)
    console = try String(contentsOf: errors, encoding: .utf8).split(separator: "\n")
      .filter { $0.contains("CONSOLE") }.map(String.init)
    requests = try JSONDecoder().decode(NetLog.self, from: Data(contentsOf: log)).events
      .compactMap { event in
        // What a page in a file asks for is kept under that file's key.
        event.params?.key?.contains("file://") == true ? event.params?.url : nil
      }
  }

  private struct NetLog: Decodable {
    struct Event: Decodable {
      let params: Parameters?
    }

    struct Parameters: Decodable {
      let url: String?
      let key: String?

      private enum CodingKeys: String, CodingKey {
        case url
        case key = "network_isolation_key"
      }
    }

    let events: [Event]
  }
}
