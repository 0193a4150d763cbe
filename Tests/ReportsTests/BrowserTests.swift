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

  /// What a browser measures of a page, in CSS pixels.
  private struct Measures: Decodable {
    /// The lower end of the sentences, the table and the picture of the first screen.
    let end: Double
    /// The width of the page's contents.
    let width: Double
    /// The smallest text of a picture that is shown, and how many texts there are.
    let font: Double
    let texts: Int

    static let script = """
      <script>(() => {
        document.documentElement.style.scrollbarWidth = 'none';
        const box = element => element.getBoundingClientRect();
        const first = [...document.querySelectorAll('.said, .overview, .first > .table')];
        const shown = [...document.querySelectorAll('svg')].filter(svg => box(svg).width > 0);
        const fonts = shown.flatMap(svg => [...svg.querySelectorAll('text')].map(text =>
          parseFloat(getComputedStyle(text).fontSize) * box(svg).width / svg.viewBox.baseVal.width));
        parent.postMessage(JSON.stringify({
          end: Math.max(...first.map(element => box(element).bottom)),
          width: document.documentElement.scrollWidth,
          font: Math.min(...fonts), texts: fonts.length}), '*');
      })()</script></body>
      """
    /// A browser's window is never narrower than 500 pixels, but a frame in it is.
    static let frame = """
      <script>addEventListener('message', message => {
        document.documentElement.dataset.measures = message.data;
      })</script><iframe src="measured.html" style="border: 0; height: 1266px; width:
      """

    /// Measures a copy of `page` that runs a script.
    init(of page: URL, width: Int) throws {
      let policy = /<meta http-equiv="Content-Security-Policy"[^>]*>/
      let text = try String(contentsOf: page, encoding: .utf8)
        .replacing(policy, with: "").replacing("</body>", with: Self.script)
      let copy = page.deletingLastPathComponent().appending(path: "measured.html")
      try Data(text.utf8).write(to: copy)
      let frame = copy.deletingLastPathComponent().appending(path: "frame.html")
      try Data("\(Self.frame) \(width)px\"></iframe>".utf8).write(to: frame)
      let shown = try Browser(frame, width: max(width + 50, 500)).text
      let found = try #require(shown.firstMatch(of: /data-measures="([^"]*)"/))
      self = try JSONDecoder().decode(
        Self.self, from: Data(found.1.replacing("&quot;", with: "\"").utf8))
    }
  }

  /// One and a half screens of a telephone of 844 pixels, and one of 800.
  @Test(arguments: [(390, 1266), (1280, 800)], [1, 2])
  func `what a page says fits the first screen, and texts in pictures can be read`(
    screen: (width: Int, height: Int), memberCount: Int
  ) async throws {
    let folder = try TemporaryFolder()
    try ReportedRun.write(to: folder.url, memberCount: memberCount)
    let run = try Run(folder: RunFolder(folder.url), label: "exp_cifar100_wrn2810-2_cutmixmo-p5")
    let page = try await Report([run], version: "0.1.0").write(
      to: folder.url, gnuplot: try await Gnuplot.program(), threadCount: 2)
    let measures = try Measures(of: page, width: screen.width)
    #expect(measures.end <= Double(screen.height), "\(measures)")
    #expect(measures.width <= Double(screen.width), "\(measures)")
    // Layout rounds to 1/64 pixel.
    #expect(measures.texts > 50 && measures.font >= 11 - 1.0 / 64, "\(measures)")
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
