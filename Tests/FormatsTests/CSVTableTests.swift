import Formats
import Foundation
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
  ])
  func `names the line that is no row`(text: String, message: String) {
    #expect {
      try CSVTable(bytes: Array(text.utf8), file: Self.url)
    } throws: {
      "\($0)" == message
    }
  }
}
