import Foundation
import TestSupport
import Testing
import TextTables

/// Tables that pandas and NumPy wrote, against the numbers that they read from them.
struct TableFixtureTests {
  /// What a table holds.
  private struct Expected: Decodable {
    let values: [Double]
    let drop: String?
    let first: Bool
  }

  @Test func `tables of data frames and arrays hold their numbers`() throws {
    let all: [String: Expected] = try fixtureValue("tables/tables.json")
    #expect(all.count == 20)
    for (name, expected) in all {
      var options = TableOptions()
      func read() throws -> NumberTable {
        try NumberTable(contentsOf: fixture("tables/\(name)"), of: .classes, options)
      }
      if let drop = expected.drop {
        let error = #expect(throws: TextTableError.self, "\(name)") { _ = try read() }
        #expect(error?.description.contains("--drop-column \(drop)") ?? false, "\(name): \(error)")
        options.droppedColumns = [drop]
      }
      let table = try read()
      #expect(table.values == expected.values, "\(name)")
      #expect((table.firstLine != nil) == expected.first, "\(name)")
    }
  }

  @Test(arguments: [("decimal-commas.csv", "decimal commas"), ("utf-16.csv", "UTF-16")])
  func `what is no table of numbers is named`(name: String, message: String) {
    #expect {
      _ = try NumberTable(contentsOf: fixture("tables/\(name)"), of: .classes, TableOptions())
    } throws: {
      "\($0)".contains(name) && "\($0)".contains(message)
    }
  }
}
