import Formats
import Foundation
import TestSupport
import Testing

/// Two processes with one folder for their results.
struct LockedFolderTests {
  @Test func `a folder that another process writes results to is refused by name`() throws {
    let place = try Place(epochs: 1)
    let evaluate = place.evaluate(save: "runs", "--checkpoint", "best", "--bootstrap", "0")
    for arguments in [
      place.train(save: "runs"), evaluate + ["--output", place.path("shard"), "--shard", "1/1"],
    ] {
      let process = try MixmoProcess(arguments)
      try #require(process.status == 0, "\(process.errors)")
    }
    let score = [
      "score", "--logits", place.path("shard/predictions/clean-0.npy"), "--labels",
      place.path("shard/predictions/labels.npy"), "--bootstrap", "0",
    ]
    for (index, command) in [evaluate, score, ["merge", place.path("shard")]].enumerated() {
      let output = place.folder.file("\(index)")
      let arguments = command + ["--output", output.path]
      try FolderCreation.create(output)
      let lock = try FileLock(output.appending(path: ".mixmo.lock"))
      let refused = try MixmoProcess(arguments)
      #expect(refused.status == 1)
      #expect(
        refused.errors.contains("\(output.path)/.mixmo.lock: another process is at work here"),
        "\(refused.errors)")
      #expect(try place.files("\(index)").keys.sorted() == [".mixmo.lock"])
      lock.release()
      let process = try MixmoProcess(arguments)
      #expect(process.status == 0, "\(process.errors)")
    }
  }
}
