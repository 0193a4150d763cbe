import Foundation
import Runs
import TestSupport
import Testing

@Suite struct ResultTableTests {
  private func read(_ text: String) throws -> ResultTable {
    let folder = try TemporaryFolder()
    let url = try folder.file("t.csv", holding: Array(text.utf8))
    return try ResultTable(
      contentsOf: url, keys: ["corruption", "severity"], constants: ["run"],
      numbers: ["nll", "ece"])
  }

  @Test func `numbers by key, with their rows; an empty field is nothing`() throws {
    let table = try read(
      "run,corruption,severity,nll,ece,later\nr,fog,1,0.5,,x\nr,fog,2,1e-3,2,\n")
    #expect(table[["fog", "1"], "nll"] == Number(value: 0.5, row: 1))
    #expect(table[["fog", "1"], "ece"] == nil)
    #expect(table[["fog", "2"], "ece"] == Number(value: 2, row: 2))
    #expect(table[["snow", "2"], "ece"] == nil)
    #expect(table.values(of: "severity") == ["1", "2"])
    #expect(table.unknownColumns == ["later"])
  }

  @Test(arguments: [
    "run;corruption;severity;nll;ece\r\nr;fog;1;0,5;0,25\r\nr;fog;2;1E-3;\r\n",
    "\u{FEFF}run;corruption;severity;nll;ece\r\n\"r\";fog;1;0,5;0,25\r\nr;fog;2;0,001;\r\n;;;;\r\n",
    "sep=\t\nrun\tcorruption\tseverity\tnll\tece\nr\tfog\t1\t0.5\t0.25\nr\tfog\t2\t0.001\t\n",
    "run,corruption,severity,nll,ece\rr,fog,1,\"0,5\",\"0,25\"\rr,fog,2,\"0,001\",\r",
  ])
  func `a table that a spreadsheet saved again has the same numbers`(text: String) throws {
    let table = try read(text)
    #expect(table[["fog", "1"], "nll"] == Number(value: 0.5, row: 1))
    #expect(table[["fog", "1"], "ece"] == Number(value: 0.25, row: 1))
    #expect(table[["fog", "2"], "nll"] == Number(value: 0.001, row: 2))
    #expect(table[["fog", "2"], "ece"] == nil && table.keys.count == 2)
  }

  @Test(arguments: [
    ("run,corruption,nll\n", "expected the columns severity, ece, found none of these names"),
    (
      "run,corruption,severity,nll,ece\nr,fog,1,0.5,nan\n",
      "row 1, ece: expected a number or nothing, found \"nan\""
    ),
    (
      "run,corruption,severity,nll,ece\nr,fog,1,0.5,1\nr,fog,2,half,1\n",
      "row 2, nll: expected a number or nothing, found \"half\""
    ),
    (
      "run,corruption,severity,nll,ece\nr,fog,1,0,1\nr,fog,2,0,1\nr,fog,1,0,1\n",
      "row 3 is about the same thing as row 1"
    ),
    ("run,corruption,severity,nll,ece\nr,fog,1,0\n", "expected 5 fields, found 4"),
    ("", "expected a header line, found an empty file"),
    (
      "run;corruption;severity;nll;ece\nr;fog;1;1,234;1,5\nr;fog;2;1.5;2\n",
      "found 1,234 and 1.5; save the table with decimal points and without marks between thousands"
    ),
  ])
  func `anything else is refused by place`(text: String, problem: String) throws {
    let error = #expect(throws: (any Error).self) { try read(text) }
    #expect("\(try #require(error))".hasSuffix(problem), "\(String(describing: error))")
  }
}
