import Formats
import Foundation
import Reports
import Runs
import TestSupport
import Testing

@Suite struct BrowserTests {
  @Test(arguments: [1280, 390])
  func `a page logs nothing to the console and requests nothing`(width: Int) async throws {
    let folder = try TemporaryFolder()
    try ReportedRun.write(to: folder.url)
    let run = try Run(folder: RunFolder(folder.url), label: "run")
    let page = try await Report([run], version: "0.1.0").write(
      to: folder.url, gnuplot: try await Gnuplot.program(), threadCount: 2)
    let browser = try Browser(page, width: width)
    #expect(browser.text.contains("What was run") && browser.text.contains("<svg"))
    #expect(browser.console.isEmpty, "\(browser.console)")
    #expect(browser.requests.isEmpty, "\(browser.requests)")
  }

  @Test func `the browser notices a page that does`() throws {
    let folder = try TemporaryFolder()
    let page = try folder.file(
      "p.html",
      holding: Array(
        "<img src='http://127.0.0.1:9/x.png'><script>console.error('wrong')</script>".utf8))
    let browser = try Browser(page, width: 1280)
    #expect(browser.console.contains { $0.contains("wrong") })
    #expect(browser.requests.contains("http://127.0.0.1:9/x.png"))
  }
}

/// Chromium without a window, which `make test` installs.
private struct Browser {
  /// The messages in the page's console.
  let console: [String]
  /// The addresses that the page requested, without the browser's own requests.
  let requests: [String]
  /// The page's DOM after layout.
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
        // Requests of a page in a file have that file in their isolation key.
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
