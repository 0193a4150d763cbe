import Foundation
import Runs
import TestSupport
import Testing

@Suite struct RunRecordReadingTests {
  private static let origin = """
    "origin": {"run": "a", "dataset": "digits", "images": 360, "checkpoint": "c", "data": "d",
      "seed": 18446744073709551615, "version": "0.1.0"}
    """

  private func read(_ text: String) throws -> RunRecord {
    let folder = try TemporaryFolder()
    try text.write(
      to: folder.url.appendingPathComponent("run.json"), atomically: true, encoding: .utf8)
    return try RunRecord.read(from: RunFolder(folder.url))
  }

  @Test func theOriginIsEnough() throws {
    let record = try read("{\(Self.origin)}")
    #expect(record.origin.seed == .max)
    #expect(record.scoring == nil && record.origin.suite == nil)
  }

  @Test(arguments: [
    ("", "expected JSON"), ("{}", "expected the field origin"),
    ("{\"origin\": {\"run\": 3}}", "origin.run: expected String"),
    ("{\"origin\": {\"run\": \"a\"}}", "expected the field origin.dataset"),
  ])
  func anythingElseIsRefusedByField(text: String, problem: String) throws {
    let error = #expect(throws: RunsError.self) { try read(text) }
    #expect("\(try #require(error))".hasSuffix("not the record of an evaluation: \(problem)"))
  }

  @Test func aFolderWithoutARecordIsNamed() throws {
    let folder = try TemporaryFolder()
    #expect(throws: RunsError.missingFile(folder.url, "run.json")) {
      try RunRecord.read(from: RunFolder(folder.url))
    }
  }
}
