import Foundation
import Reports
import TestSupport
import Testing

@Suite struct RunInformationTests {
  private static let origin = """
    "origin": {"run": "a", "dataset": "digits", "images": 360, "checkpoint": "c", "data": "d",
      "seed": 18446744073709551615, "version": "0.1.0"}
    """

  private func read(_ text: String) throws -> RunInformation {
    let folder = try TemporaryFolder()
    try text.write(
      to: folder.url.appendingPathComponent("run.json"), atomically: true, encoding: .utf8)
    return try RunInformation(of: folder.url)
  }

  @Test func theOriginIsEnough() throws {
    let information = try read("{\(Self.origin)}")
    #expect(information.origin.seed == .max)
    #expect(information.scoring == nil && information.origin.suite == nil)
  }

  @Test(arguments: [
    ("", "expected JSON"), ("{}", "expected the field origin"),
    ("{\"origin\": {\"run\": 3}}", "origin.run: expected String"),
    ("{\"origin\": {\"run\": \"a\"}}", "expected the field origin.dataset"),
  ])
  func anythingElseIsRefusedByField(text: String, problem: String) throws {
    let error = #expect(throws: ReportsError.self) { try read(text) }
    #expect("\(try #require(error))".hasSuffix("not the record of an evaluation: \(problem)"))
  }

  @Test func aFolderWithoutARecordIsNamed() throws {
    let folder = try TemporaryFolder()
    #expect(throws: ReportsError.missingFile(folder.url, "run.json")) {
      try RunInformation(of: folder.url)
    }
  }
}
