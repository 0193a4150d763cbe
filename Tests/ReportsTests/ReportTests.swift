import Evaluation
import Formats
import Foundation
import Reports
import Runs
import Scoring
import TestSupport
import Testing

@Suite struct ReportTests {
  private func write(
    _ folders: [URL], to output: URL, hasGnuplot: Bool = true, threadCount: Int = 2
  ) async throws -> URL {
    let runs = try folders.enumerated().map { try Run(folder: RunFolder($1), label: "run \($0)") }
    let gnuplot = hasGnuplot ? try await Gnuplot.program() : nil
    return try await Report(runs, version: "0.1.0").write(
      to: output, gnuplot: gnuplot, threadCount: threadCount)
  }

  @Test func `every number on the page is the table's`() async throws {
    let folder = try TemporaryFolder()
    for seed in 0..<2 {
      try ReportedRun.write(to: folder.file("\(seed)"), name: "r", seed: UInt64(seed))
    }
    let page = try ShownPage(
      contentsOf: await write(
        [folder.file("0"), folder.file("1")], to: folder.file("page"), hasGnuplot: false))
    let numbers = page.numbers
    // Two runs, each with a headline of two and of all three calibrations and a dozen figures.
    #expect(numbers.count > 2000)
    var tables: [String: CSVTable] = [:]
    for number in numbers {
      let table =
        try tables[number.file]
        ?? CSVTable(contentsOf: folder.file("page").appending(path: number.file))
      tables[number.file] = table
      let field = try #require(table.column(number.column))[number.row - 1]
      #expect(field == number.digits, "\(number)")
      try expectShown(number)
    }
    // The page has every number of the tables.
    for (file, table) in tables where file.hasPrefix("figures/") {
      let count = table.rows.joined().count { Double($0) != nil }
      let names = table.rows.reduce(0) { $0 + $1.count { Double($0) != nil && !$0.contains(".") } }
      #expect(numbers.count { $0.file == file } >= count - names, "\(file)")
    }
  }

  /// Expects a shown number to be its digits, rounded as its format says.
  private func expectShown(_ number: ShownPage.Shown) throws {
    let digits = try #require(Double(number.digits))
    let plain = number.text.replacing("\u{2212}", with: "-").replacing(" %", with: "")
    let shown = try #require(Double(plain), "\(number)")
    let decimals = plain.split(separator: ".").dropFirst().first?.count ?? 0
    // Half a unit of the last digit: 0 for `%.0f`, the format of whole numbers; of `%.2f`, the format
    // of percentages; of `%.4f`; and of the three digits of `%.2e`.
    let exact: (value: Double, bound: Double) =
      switch decimals {
      case 0: (digits, 0)
      case 2: (100 * digits, 0.005)
      case 4: (digits, 5e-5)
      default: (digits, 0.005 * abs(digits))
      }
    // A millionth more for the rounding of the difference.
    #expect(abs(shown - exact.value) <= (1 + 1e-6) * exact.bound, "\(number)")
  }

  @Test func `figures are of the run's tables`() async throws {
    let folder = try TemporaryFolder()
    try ReportedRun.write(to: folder.url)
    _ = try await write([folder.url], to: folder.url, hasGnuplot: false)
    let cells = try CSVTable(contentsOf: folder.file("cells.csv"))
    func cell(_ keys: [String], _ column: String) throws -> String {
      let index = try #require(cells.header.firstIndex(of: column))
      return try #require(cells.rows.first { Array($0[2..<6]) == keys })[index]
    }
    for metric in ["accuracy", "nll", "ece"] {
      let map = try CSVTable(contentsOf: folder.file("figures/\(metric)-map.csv"))
      // Clean, and three corruptions at five severities, of two predictors or under two calibrations.
      #expect(map.rows.count == 32)
      for row in map.rows { #expect(try cell(Array(row[0..<4]), metric) == row[4]) }
    }
    let curves = try CSVTable(contentsOf: folder.file("figures/family-curves.csv"))
    for row in curves.rows where row[0] == "weather" && row[1] != "0" {
      let values = try ["fog", "frost(substitute)"].map {
        try #require(Double(try cell([$0, row[1], row[2], row[3]], "nll")))
      }
      #expect(Double(row[5]) == (values[0] + values[1]) / 2)
    }
    let temperatures = try CSVTable(contentsOf: folder.file("figures/temperature-dots.csv"))
    for row in temperatures.rows {
      #expect(try cell(Array(row[0..<3]) + ["temperature"], "temperature") == row[3])
      #expect(try cell(Array(row[0..<3]) + ["oracle"], "temperature") == row[4])
    }
    let risks = try CSVTable(contentsOf: folder.file("figures/risk-coverage.csv"))
    for severity in ["clean", "1", "3", "5"] {
      // The risk of all images is the error.
      let risk = try #require(risks.rows.last { $0[0] == severity })
      let names = severity == "clean" ? ["clean"] : ReportedRun.corruptions
      let errors = try names.map {
        1
          - (Double(
            try cell([$0, severity == "clean" ? "0" : severity, "ensemble", "none"], "accuracy"))
            ?? .nan)
      }
      // The mean of three quotients and the quotient of sums differ by rounding.
      expectClose(
        Double(risk[2]) ?? .nan, errors.reduce(0, +) / Double(errors.count), absolute: 1e-12)
    }
  }

  @Test func `the same input gives the same bytes`() async throws {
    let folder = try TemporaryFolder()
    try ReportedRun.write(to: folder.file("run"))
    for (name, threads) in [("a", 2), ("b", 1)] {
      _ = try await write([folder.file("run")], to: folder.file(name), threadCount: threads)
    }
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.file("a").path)
    // Eleven figures as PDF and PNG of two widths with their data, a page and a table.
    #expect(
      names.count { $0.hasSuffix(".pdf") } == 22 && names.count { $0.hasSuffix(".png") } == 22)
    for name in names where name.contains(".") {
      let bytes = try ["a", "b"].map {
        try FileContents.read(folder.file($0).appending(path: name), limit: 1 << 26)
      }
      #expect(bytes[0] == bytes[1], "\(name)")
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.file("a").path).sorted() == [
        ".page.lock", "figures", "findings.json", "report.html", "tables",
      ])
  }

  @Test(arguments: [1, 2])
  func `the first screen has sentences, a sheet and a picture, and its links lead somewhere`(
    runCount: Int
  ) async throws {
    let folder = try TemporaryFolder()
    let folders = (0..<runCount).map { folder.file("\($0)") }
    for (index, url) in folders.enumerated() {
      try ReportedRun.write(
        to: url, name: "r\(index)", skill: index == 0 ? 1 : 4, seed: UInt64(index))
    }
    let page = try ShownPage(contentsOf: await write(folders, to: folder.file("page")))
    let text = page.text
    let start = try #require(text.firstRange(of: "<section id=\"findings\""))
    let end = try #require(text[start.upperBound...].firstRange(of: "</section>"))
    let first = text[start.upperBound..<end.lowerBound]
    let visible = String(first.replacing(/<details.*?<\/details>/.dotMatchesNewlines(), with: ""))
    let sentences = visible.matches(of: /<li[ >]/).count
    #expect(3...Findings.shownCount ~= sentences)
    #expect(visible.matches(of: /<table/).count == 1 && visible.matches(of: /<svg/).count == 1)
    let links = text.matches(of: /href="#([^"]*)"/).map { String($0.1) }
    #expect(links.count > 5)
    for link in links { #expect(text.contains("id=\"\(link)\""), "\(link)") }
    // The second run is far more accurate.
    if runCount == 2 {
      #expect(visible.contains("run 1 is the most accurate under corruption ("))
      let verdicts = visible.matches(of: /class="verdict">([^<]*)</).map { String($0.1) }
      #expect(verdicts == ["all others", "none significantly"])
    }
    let names = try FileManager.default.contentsOfDirectory(
      atPath: folder.file("page/figures").path)
    #expect(names.allSatisfy { $0.wholeMatch(of: /[a-z0-9_-]+\.(csv|pdf|png)/) != nil })
  }

  @Test(arguments: UInt64(1)...3)
  func `pictures average the corruptions that the numbers beside them do`(
    seed: UInt64
  ) async throws {
    let folder = try TemporaryFolder()
    let folders = [folder.file("0"), folder.file("1")]
    for (index, url) in folders.enumerated() {
      try ReportedRun.write(
        to: url, name: "r\(index)", seed: 2 * seed + UInt64(index),
        corruptions: ReportedRun.kinds.map { $0.name == "frost" ? "frost(substitute)" : $0.name })
    }
    for runs in [[folders[0]], folders] {
      let page = folder.file("page-\(runs.count)")
      // Pictures are drawn from these data.
      _ = try await write(runs, to: page, hasGnuplot: false)
      let headline = try CSVTable(contentsOf: page.appending(path: "tables/headline.csv"))
      func corrupted(_ run: Int) throws -> Double {
        let columns = ["run", "predictor", "calibration", "metric", "over", "value"]
        let rows = try columns.map { try #require(headline.column($0)) }
        let found = rows[0].indices.first {
          rows[0][$0].hasSuffix("\(run)") && rows[1][$0] == "ensemble" && rows[2][$0] == "none"
            && rows[3][$0] == "accuracy" && rows[4][$0].hasPrefix("c15")
        }
        let row = try #require(found)
        return try #require(Double(rows[5][row]))
      }
      let overview = try CSVTable(contentsOf: page.appending(path: "figures/overview.csv"))
      for run in runs.indices {
        let name = runs.count == 1 ? "accuracy" : overview.header[1 + run]
        let values = try #require(overview.column(name)).dropFirst().compactMap(Double.init)
        #expect(values.count == 5)
        // Sums of 75 shares in another order.
        expectClose(values.reduce(0, +) / 5, try corrupted(run), absolute: 1e-12)
      }
      guard runs.count > 1 else { continue }
      let curves = try CSVTable(contentsOf: page.appending(path: "figures/severity-curves.csv"))
      let values = try #require(curves.column("accuracy")).compactMap(Double.init)
      for run in runs.indices {
        let mean = values[6 * run + 1..<6 * run + 6].reduce(0, +) / 5
        expectClose(mean, try corrupted(run), absolute: 1e-12)
      }
    }
  }

  @Test func `names stay names`() async throws {
    let hostile = "<script>alert(1)</script>`touch pwned`$(touch pwned)'\"{{{x}}}\\n@{}"
    let folder = try TemporaryFolder()
    try ReportedRun.write(
      to: folder.url, name: hostile, corruptions: ["fog", "`touch pwned`$(touch pwned)<b>'"],
      version: hostile)
    let run = try Run(folder: RunFolder(folder.url), label: hostile)
    let url = try await Report([run], version: "0").write(
      to: folder.file("page"), gnuplot: try await Gnuplot.program(), threadCount: 2)
    let page = try ShownPage(contentsOf: url)
    #expect(!page.text.contains("<script") && !page.text.contains("<b>"))
    #expect(page.text.contains("&lt;script&gt;"))
    let all = try FileManager.default.subpathsOfDirectory(atPath: folder.url.path)
    #expect(!all.contains { $0.hasSuffix("pwned") })
    // Characters that gnuplot would interpret are dots in figures.
    #expect(page.text.contains("·touch pwned··(touch pwned)&lt;b>·"))
  }

  @Test func `runs of other cells are not put side by side`() throws {
    let folder = try TemporaryFolder()
    try ReportedRun.write(to: folder.file("a"))
    try ReportedRun.write(to: folder.file("b"), corruptions: ["fog"])
    let runs = try ["a", "b"].map { try Run(folder: RunFolder(folder.file($0)), label: $0) }
    #expect {
      try Report(runs, version: "0")
    } throws: {
      "\($0)".hasSuffix(
        "cannot be put side by side: corruptions: gaussian_noise, fog, frost(substitute) at "
          + "1, 2, 3, 4, 5 and fog at 1, 2, 3, 4, 5")
    }
  }

  @Test(arguments: [
    Difference<RunRecord>(
      testDescription: "data set", change: { $0.origin.dataset = "cifar" },
      message: "dataset: made-up and cifar"),
    Difference(
      testDescription: "count", change: { $0.origin.images = 61 }, message: "images: 60 and 61"),
    Difference(
      testDescription: "data", change: { $0.origin.data = "e" }, message: "data: d and e"),
    Difference(
      testDescription: "suite", change: { $0.origin.suite = "files" },
      message: "suite: s and files"),
    Difference(
      testDescription: "files", change: { $0.cells = ["fog-1": "h"] },
      message: "images of fog-1: none and h"),
    Difference(
      testDescription: "seed", change: { $0.origin.seed = 4 },
      message: "seed of the corruptions: 0 and 4"),
    Difference(
      testDescription: "numbers",
      change: { record in
        record.scoring?.fitting = "mixmo-halves"
        record.scoring?.figures = .meansOfHalves
      }, message: "numbers of the tables (--fitting): all rows and means of halves"),
  ])
  func `runs of other images or numbers are not put side by side`(difference: Difference<RunRecord>)
    throws
  {
    let folder = try TemporaryFolder()
    let folders = try twice(in: folder)
    try ReportedRun.change(folders[1], difference.change)
    let runs = try folders.map { try Run(folder: RunFolder($0), label: $0.lastPathComponent) }
    #expect {
      try Report(runs, version: "0")
    } throws: {
      "\($0)".hasSuffix("cannot be put side by side: \(difference.message)")
    }
  }

  @Test func `a page says what kind of numbers it shows, of older versions too`() async throws {
    let folder = try TemporaryFolder()
    let folders = try twice(in: folder)
    func page(_ runs: [URL]) async throws -> String {
      let url = try await write(runs, to: folder.file("page"), hasGnuplot: false)
      return try String(contentsOf: url, encoding: .utf8)
    }
    let own = try await page([folders[0]])
    #expect(
      own.contains("calibrated ones cross-fitted")
        && own.contains("take the fitted calibrations as given"))
    #expect(own.contains("fitted on clean-halves; numbers: all rows"))
    try ReportedRun.change(folders[1]) { $0.scoring?.figures = nil }
    let older = try await page([folders[1]])
    #expect(older.contains("An older version made the tables"))
    #expect(older.contains("means of halves where calibrated, all rows without calibration"))
    #expect(!older.contains("do not compare. Scoring the run again"))
    let both = try await page(folders)
    #expect(both.contains("do not compare. Scoring the run again makes its tables anew."))
  }

  @Test func `what runs of score do not record, and unused seeds, may differ`() throws {
    let folder = try TemporaryFolder()
    let folders = try twice(in: folder)
    func check() throws {
      _ = try Report(folders.map { try Run(folder: RunFolder($0), label: "r") }, version: "0")
    }
    for run in folders { try ReportedRun.change(run) { $0.origin.suite = "files" } }
    try ReportedRun.change(folders[1]) { $0.origin.seed = 4 }
    try check()
    try ReportedRun.change(folders[1]) {
      ($0.origin.dataset, $0.origin.data, $0.origin.suite) = ("predictions", "l", nil)
    }
    try check()
    try ReportedRun.change(folders[1]) { $0.origin.images = 61 }
    #expect(throws: ReportsError.self) { try check() }
  }

  /// The folders of two identical runs.
  private func twice(in folder: borrowing TemporaryFolder) throws -> [URL] {
    let folders = [folder.file("a"), folder.file("b")]
    try ReportedRun.write(
      to: folders[0], corruptions: ["fog"], severities: [1], calibrations: [.none])
    try FileManager.default.copyItem(at: folders[0], to: folders[1])
    return folders
  }

  @Test(arguments: [1, 2], Calibration.all.map { [$0] } + [Calibration.all])
  func `clean images have a page under any calibration`(
    memberCount: Int, calibrations: [Calibration]
  ) async throws {
    let folder = try TemporaryFolder()
    func makeRun() throws {
      try ReportedRun.write(
        to: folder.url, corruptions: [], calibrations: calibrations, memberCount: memberCount)
    }
    let ofSeveral = [Calibration.temperatureAfterAveraging, .memberTemperatures]
    if memberCount == 1, calibrations.count == 1, ofSeveral.contains(calibrations[0]) {
      let error = EvaluationError.nothingToCalibrate(
        [calibrations[0].name], classCount: ReportedRun.classCount)
      #expect(throws: error) { try makeRun() }
      return
    }
    try makeRun()
    let page = try ShownPage(contentsOf: await write([folder.url], to: folder.file("page")))
    #expect(page.text.contains("id=\"reliability\""))
    #expect(!page.text.contains("id=\"temperature-dots\""))
  }

  @Test(arguments: [[Calibration.isotonic], [.memberTemperatures, .vector]])
  func `what a calibration leaves undefined is left out`(calibrations: [Calibration]) async throws {
    let folder = try TemporaryFolder()
    try ReportedRun.write(to: folder.url, severities: [1, 2], calibrations: calibrations)
    let page = try ShownPage(contentsOf: await write([folder.url], to: folder.file("page")))
    #expect(page.text.contains("id=\"family-curves\""))
    // Figures show the first calibration; under `temperature-members`, members have no rows.
    #expect(page.text.contains("id=\"diversity-curves\"") == (calibrations == [.isotonic]))
  }

  @Test func `numbers at the ends of what can be written break nothing`() async throws {
    let folder = try TemporaryFolder()
    try ReportedRun.write(to: folder.url, severities: [1, 2], calibrations: [.none])
    let cells = try CSVTable(contentsOf: folder.file("cells.csv"))
    let column = try #require(cells.header.firstIndex(of: "nll"))
    var extreme = CSVTable(header: cells.header)
    for (index, row) in cells.rows.enumerated() {
      var row = row
      row[column] = index % 2 == 0 ? "-1e308" : "1e308"
      extreme.append(row)
    }
    try AtomicFile.write(extreme.text, to: folder.file("cells.csv"))
    try AtomicFile.write(
      "epoch,train/loss,test/nll\r\n-1e308,1e308,1\r\n1e308,-1e308,5e-324\r\n",
      to: folder.file("logs.csv"))
    let page = try ShownPage(contentsOf: await write([folder.url], to: folder.file("page")))
    #expect(page.text.contains("id=\"nll-map\""))
    #expect(!page.text.contains("id=\"training-curves\""))
  }

  @Test func `without the predictions of a cell there is no curve of them`() async throws {
    let folder = try TemporaryFolder()
    try ReportedRun.write(
      to: folder.url, corruptions: ["fog"], severities: [1], calibrations: [.none])
    try FileManager.default.removeItem(at: folder.file("predictions/fog-1.npy"))
    let page = try ShownPage(
      contentsOf: await write([folder.url], to: folder.file("page"), hasGnuplot: false))
    #expect(page.text.contains("id=\"reliability\""))
    #expect(!page.text.contains("id=\"risk-coverage\""))
  }

  @Test func `doubts that were recorded stand on the page, of one run and of several`() async throws
  {
    let folder = try TemporaryFolder()
    for name in ["a", "b"] { try ReportedRun.write(to: folder.file(name), name: name) }
    let sentence =
      "The predictions of clean-0 & fog-1 are byte-identical: were corrupted images used?"
    try ReportedRun.change(folder.file("a")) {
      $0.doubts = [RunRecord.Doubt(.equalCells, sentence)]
    }
    let shown = sentence.replacing("&", with: "&amp;")
    for folders in [["a"], ["a", "b"]] {
      let page = try ShownPage(
        contentsOf: await write(folders.map { folder.file($0) }, to: folder.file("page")))
      let prefix = folders.count > 1 ? "run 0: " : ""
      #expect(page.text.ranges(of: "\(prefix)\(shown)").count == 1)
      let findings = try String(contentsOf: folder.file("page/findings.json"), encoding: .utf8)
      #expect(findings.contains("\"rule\" : \"equal-cells\"") && findings.contains(sentence))
    }
    let other = try ShownPage(contentsOf: await write([folder.file("b")], to: folder.file("other")))
    #expect(!other.text.contains("byte-identical"))
  }

  @Test func `one member, clean images and no log leave out what they lack`() async throws {
    let folder = try TemporaryFolder()
    try ReportedRun.write(to: folder.url, corruptions: [], calibrations: [.none])
    try FileManager.default.removeItem(at: folder.file("logs.csv"))
    let page = try ShownPage(contentsOf: await write([folder.url], to: folder.file("page")))
    #expect(page.text.contains("id=\"reliability\""))
    // Black lines would be invisible in the dark theme.
    #expect(!page.text.contains("stroke=\"black\"") && !page.text.contains("stroke='rgb(  0,"))
    #expect(!page.text.contains("id=\"accuracy-map\"") && !page.text.contains("training-curves"))
  }
}

/// The text of a page.
private struct ShownPage {
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
