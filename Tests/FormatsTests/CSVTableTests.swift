import Formats
import Foundation
import TestSupport
import Testing

struct CSVTableTests {
  static let url = URL(fileURLWithPath: "/table.csv")

  @Test func `quotes what RFC 4180 says and reads it back`() throws {
    var table = CSVTable(header: ["name", "a,b"])
    table.append(["plain", "say \"yes\""])
    table.append(["two\nlines", ""])
    #expect(table.text == "name,\"a,b\"\r\nplain,\"say \"\"yes\"\"\"\r\n\"two\nlines\",\r\n")
    let read = try CSVTable(bytes: Array(table.text.utf8), file: Self.url)
    #expect(read == table)
    #expect(read.column("name") == ["plain", "two\nlines"])
    #expect(read.column("other") == nil)
  }

  @Test func `reads bare line feeds and a last line without one`() throws {
    let table = try CSVTable(bytes: Array("a,b\n1,2\n3,4".utf8), file: Self.url)
    #expect(table.rows == [["1", "2"], ["3", "4"]])
  }

  @Test func `numbers read back as the same Float64`() {
    for number in [0.1, 1.0 / 3, 1e-300, 1e300, -0.0] {
      let bits = Double(CSVTable.field(number))?.bitPattern
      #expect(bits == number.bitPattern)
    }
    #expect(CSVTable.field(nil) == "")
  }

  @Test(arguments: [
    ("", "/table.csv: expected a header line, found an empty file"),
    ("a,a\n", "/table.csv:1: a column is named twice"),
    ("a,b\n1\n", "/table.csv:2: expected 2 fields, found 1"),
    ("a,b\n1,\"2\n", "/table.csv:2: a quote that is not closed"),
    ("a,b\n1,2\"\n", "/table.csv:2: a quote inside a field"),
    (String(repeating: ",", count: 5000), "/table.csv:1: expected at most 4096 fields"),
    ("a,b\n1,\"2\"3\n", "/table.csv:2: a quote inside a field"),
    (
      "a;b,c\n1;2,3\n",
      "/table.csv:1: expected one separator, found several of comma, semicolon and tab; "
        + "save the table with commas, and quote other fields that have them"
    ),
  ])
  func `names the line that is no row`(text: String, message: String) {
    #expect {
      try CSVTable(bytes: Array(text.utf8), file: Self.url)
    } throws: {
      "\($0)" == message
    }
  }

  /// A table of random names and texts, none of whose rows is without characters.
  private func table(using generator: inout SeededGenerator) -> CSVTable {
    let texts = ["", "a", "x;y", "1,5", "say \"yes\"", "two\nlines", "tab\tbed", " b ", "é", "#"]
    let width = Int.random(in: 1...4, using: &generator)
    var table = CSVTable(
      header: (0..<width).map { "\(texts.randomElement(using: &generator) ?? "")\($0)" })
    for row in 0..<Int.random(in: 0...4, using: &generator) {
      let fields = (1..<width).map { _ in texts.randomElement(using: &generator) ?? "" }
      table.append(["\(row)"] + fields)
    }
    return table
  }

  @Test func `what a spreadsheet does to the form of a table changes nothing of it`() throws {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<300 {
      let table = table(using: &generator)
      #expect(try CSVTable(bytes: Array(table.text.utf8), file: Self.url) == table)
      let separator = [",", ";", "\t"].randomElement(using: &generator) ?? ","
      let lineEnd = ["\n", "\r\n", "\r"].randomElement(using: &generator) ?? "\n"
      func line(_ fields: [String]) -> String {
        fields.map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }.joined(separator: separator)
      }
      let empty = ["", String(repeating: separator, count: table.header.count - 1)]
      let lines = [line(table.header)] + table.rows.map(line)
      let padded = lines.flatMap { line in
        Bool.random(using: &generator)
          ? [line] : [line, empty.randomElement(using: &generator) ?? ""]
      }
      // Columns without a name and without any character.
      let columns = (0..<Int.random(in: 0...3, using: &generator)).map { _ in separator }
      let wide = padded.enumerated().map { index, line in
        let shown =
          index == 0 ? columns.count : Int.random(in: 0...columns.count, using: &generator)
        return line + columns.prefix(shown).joined()
      }
      let named = Bool.random(using: &generator) ? ["sep=\(separator)"] : []
      let mark = Bool.random(using: &generator) ? "\u{FEFF}" : ""
      let text = mark + (named + wide).joined(separator: lineEnd)
      #expect(
        try CSVTable(bytes: Array(text.utf8), file: Self.url) == table, "\(text.debugDescription)")
    }
  }

  @Test(
    arguments: [
      ("a,b,,\n1,2,,\n", [["a", "b"], ["1", "2"]]),
      ("a,,b,\n1,,2,\n3,,4\n", [["a", "b"], ["1", "2"], ["3", "4"]]),
      ("a,b\n1,2,,\n", [["a", "b"], ["1", "2"]]),
      (",a,\n0,1,\n", [["", "a"], ["0", "1"]]),
      ("a,,\n", [["a"]]),
    ])
  func `unnamed columns without a character are passed over, others are not`(
    text: String, lines: [[String]]
  ) throws {
    let table = try CSVTable(bytes: Array(text.utf8), file: Self.url)
    #expect([table.header] + table.rows == lines)
  }

  @Test func `a field in an unnamed column is not lost`() throws {
    #expect(throws: CSVError.columnTwice(Self.url)) {
      try CSVTable(bytes: Array("a,,\n1,,\n2,3,4\n".utf8), file: Self.url)
    }
    #expect(throws: CSVError.fieldCount(Self.url, line: 2, expected: 1, found: 3)) {
      try CSVTable(bytes: Array("a\n1,,2\n".utf8), file: Self.url)
    }
  }

  @Test func `a header that looks like another form is read back`() throws {
    let names = ["<html>", "\u{FEFF}a", "version https://git-lfs.github.com/spec/v1", "sep=;"]
    for header in names.map({ [$0] }) + [["sep=", "b"]] {
      let table = CSVTable(header: header)
      #expect(try CSVTable(bytes: Array(table.text.utf8), file: Self.url) == table)
    }
  }

  @Test(
    arguments: [
      (["0,5", "1", "1,25e-3", "nan"], [0.5, 1, 0.00125, nil]),
      (["0.5", "10", ""], [0.5, 10, nil]),
      (["1,234", "0,5"], [1.234, 0.5]), (["fog", "-12,5"], [nil, -12.5]), ([], []),
    ] as [([String], [Double?])])
  func `decimal commas are read where they cannot be anything else`(
    fields: [String], numbers: [Double?]
  ) throws {
    let form = try NumberForm(of: fields, file: Self.url)
    #expect(fields.map { form.number($0).flatMap { $0.isNaN ? nil : $0 } } == numbers)
  }

  @Test(arguments: [
    ["1,234"], ["0,5", "1.5"], ["1,234.5"], ["1.234,5"], ["1,234,567", "0,5"], ["12,345", "0.1"],
  ])
  func `numbers whose commas and points cannot be told apart are refused`(fields: [String]) {
    #expect(throws: CSVError.self) { try NumberForm(of: fields, file: Self.url) }
  }

  @Test func `no number is read as another by a change of the decimal mark`() throws {
    var generator = SeededGenerator(seed: 9)
    for _ in 0..<500 {
      let numbers = (0..<Int.random(in: 1...5, using: &generator)).map { _ in
        (Double.random(in: -2000...2000, using: &generator) * 1000).rounded() / 1000
      }
      let fields = numbers.map { CSVTable.field($0).replacing(".", with: ",") }
      if let form = try? NumberForm(of: fields, file: Self.url) {
        #expect(fields.map(form.number) == numbers)
      } else {
        #expect(fields.allSatisfy { $0.wholeMatch(of: /-?[1-9]\d{0,2},\d{3}/) != nil })
      }
    }
  }
}
