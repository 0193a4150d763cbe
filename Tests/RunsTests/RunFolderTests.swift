import Formats
import Foundation
import Runs
import TestSupport
import Testing

struct RunFolderTests {
  @Test func `best reads the percentages of the reference`() throws {
    let temporary = try TemporaryFolder()
    let folder = RunFolder(save: temporary.url, configurationFile: URL(filePath: "/small.yaml"))
    try FolderCreation.create(folder.url)
    for epoch in [10, 20] { try AtomicFile.write("", to: folder.checkpoint(epoch: epoch)) }
    let rows = ["10,95.12%,90.00%,1.0", "15,95.00%,99.00%,1.0", "20,96.00%,10.00%,1.0"]
    let header = "epoch,train/accuracy,test/accuracy,general/checkpoint_saved"
    try AtomicFile.write(([header] + rows).joined(separator: "\n"), to: folder.log)
    #expect(try folder.checkpoint(named: "best") == folder.checkpoint(epoch: 10))
  }

  @Test(arguments: [
    ("epoch,test/accuracy\n1,0.5\n2,\n", "row 2, column test/accuracy", "a percentage", ""),
    ("epoch,test/accuracy\n1,%\n", "row 1, column test/accuracy", "a percentage", "%"),
    ("epoch,test/accuracy\n1,nan\n", "row 1, column test/accuracy", "a percentage", "nan"),
    ("epoch,test/accuracy\n1.5,0.5\n", "row 1, column epoch", "a whole number", "1.5"),
    ("epoch,accuracy\n1,0.5\n", "line 1", "a column test/accuracy", "epoch,accuracy"),
  ])
  func `logs in which a number is missing are an error`(
    text: String, place: String, expected: String, found: String
  ) throws {
    let temporary = try TemporaryFolder()
    let folder = RunFolder(save: temporary.url, configurationFile: URL(filePath: "/small.yaml"))
    try FolderCreation.create(folder.url)
    try AtomicFile.write("", to: folder.checkpoint(epoch: 1))
    try AtomicFile.write(text, to: folder.log)
    let error = #expect(throws: RunsError.self) { try folder.checkpoint(named: "best") }
    let message = "\(try #require(error))"
    #expect(message.hasPrefix("\(folder.log.path): \(place): expected "), "\(message)")
    #expect(message.contains("\(expected), found \"\(found)\"; correct it"), "\(message)")
  }
}
