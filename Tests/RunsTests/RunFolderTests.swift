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

  @Test func `best is chosen on the validation images where there are any`() throws {
    let temporary = try TemporaryFolder()
    let folder = RunFolder(save: temporary.url, configurationFile: URL(filePath: "/small.yaml"))
    try FolderCreation.create(folder.url)
    for epoch in 1...3 { try AtomicFile.write("", to: folder.checkpoint(epoch: epoch)) }
    try AtomicFile.write("epoch,test/accuracy\n1,0.9\n2,0.8\n3,0.7\n", to: folder.log)
    #expect(try folder.bestEpoch() == BestEpoch(epoch: 1, criterion: .testAccuracy))
    try AtomicFile.write(
      "epoch,test/accuracy,validation/accuracy\n1,0.9,0.5\n2,0.8,0.6\n3,0.7,0.6\n", to: folder.log)
    #expect(try folder.bestEpoch() == BestEpoch(epoch: 3, criterion: .validationAccuracy))
    #expect(try folder.checkpoint(named: "best") == folder.checkpoint(epoch: 3))
  }

  @Test(arguments: [
    ("epoch,test/accuracy\n1,0.5\n2,\n", "row 2, column test/accuracy", "a percentage", ""),
    ("epoch,test/accuracy\n1,%\n", "row 1, column test/accuracy", "a percentage", "%"),
    ("epoch,test/accuracy\n1,nan\n", "row 1, column test/accuracy", "a percentage", "nan"),
    ("epoch,test/accuracy\n1.5,0.5\n", "row 1, column epoch", "a whole number", "1.5"),
    (
      "epoch,test/accuracy,validation/accuracy\n1,1,\n", "row 1, column validation/accuracy",
      "a percentage", ""
    ),
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

  @Test func `the configuration in a run's folder has the folder's name, and another file its own`()
    throws
  {
    let temporary = try TemporaryFolder()
    let file = temporary.file("first/config.yaml")
    try FolderCreation.create(temporary.file("first"))
    func name(_ file: URL) -> String { RunFolder.runName(of: file) }
    for trace in ["logs.csv", "last.ckpt", "run.json", "train.lock"] {
      try AtomicFile.write("", to: file)
      #expect(name(file) == "config" && RunFolder(owning: file) == nil, "not a run yet")
      try AtomicFile.write("", to: temporary.file("first/\(trace)"))
      #expect(name(file) == "first", "\(trace)")
      #expect(name(temporary.file("first/../first/./config.yaml")) == "first")
      #expect(RunFolder(owning: file)?.url.path == temporary.file("first").path)
      #expect(RunFolder(save: temporary.file("runs"), configurationFile: file).name == "first")
      let other = temporary.file("first/other.yaml")
      try AtomicFile.write("", to: other)
      #expect(name(other) == "other" && RunFolder(owning: other) == nil)
      unlink(file.path)
      #expect(name(file) == "config", "no such file")
      unlink(temporary.file("first/\(trace)").path)
    }
  }

  @Test func `where there is no checkpoint, the error says what to do`() throws {
    let temporary = try TemporaryFolder()
    let folder = RunFolder(save: temporary.url, configurationFile: URL(filePath: "/small.yaml"))
    func message(_ name: String) throws -> String {
      let error = #expect(throws: RunsError.self) { try folder.checkpoint(named: name) }
      return "\(try #require(error))"
    }
    for name in ["best", "3"] {
      #expect(try message(name).contains("expected the folder of a run, found none; train it with"))
    }
    try FolderCreation.create(folder.url)
    #expect(
      try message("best").hasSuffix("train with mixmo train, or name a file with --checkpoint"))
    try AtomicFile.write("", to: folder.lastCheckpoint)
    #expect(
      try message("3").hasSuffix(
        "continue with mixmo train, or give --checkpoint \(folder.lastCheckpoint.path)"))
    try AtomicFile.write("", to: folder.checkpoint(epoch: 2))
    #expect(
      try message("3").hasSuffix(
        "no checkpoint of epoch 3; kept are 2: an epoch is kept where its test accuracy is the "
          + "highest so far, and every 30th; --keep leaves the latest of these and the best one"))
    try AtomicFile.write("epoch,test/accuracy\n1,0.5\n", to: folder.log)
    #expect(
      try message("best").hasSuffix(
        "logs.csv: no row for the epochs whose checkpoints are there, 2; name one of them with "
          + "--checkpoint"))
    try AtomicFile.write("epoch,test/accuracy,validation/accuracy\n", to: folder.log)
    #expect(
      try message("3").contains("an epoch is kept where its validation accuracy is the highest"))
  }
}
