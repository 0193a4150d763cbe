import Formats
import Foundation
import Reports
import TestSupport
import Testing

@Suite struct BrowserTests {
  @Test(arguments: [1280, 390])
  func `a page says nothing in the console and asks for nothing`(width: Int) async throws {
    let folder = try TemporaryFolder()
    try ReportedRun.write(to: folder.url)
    let run = try Run(folder: folder.url, label: "run")
    let page = try await Report([run], version: "0.1.0").write(
      to: folder.url, gnuplot: try await Gnuplot.program(), threadCount: 2)
    let browser = try Browser(page, width: width)
    #expect(browser.text.contains("What was run") && browser.text.contains("<svg"))
    #expect(browser.console.isEmpty, "\(browser.console)")
    #expect(browser.requests.isEmpty, "\(browser.requests)")
  }

  @Test func `the browser tells a page that asks`() throws {
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
