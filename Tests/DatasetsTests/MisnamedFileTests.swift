import Corruptions
import Datasets
import Formats
import Foundation
import Tensors
import TestSupport
import Testing

/// Files and folders under nearly the names that are read.
struct MisnamedFileTests {
  @Test(
    arguments: [
      ("cifar10-c", "CIFAR-10-C/gaussian-noise.npy", "gaussian-noise.npy (gaussian_noise.npy?)"),
      ("cifar100-c", "cifar100-c/fog.npy", "expected a folder named CIFAR-100-C, found cifar100-c"),
      ("tinyimagenet200-c", "TinyImageNet-C/x", "named Tiny-ImageNet-C, found TinyImageNet-C"),
      ("tinyimagenet200", "tiny_imagenet_200/x", "tiny-imagenet-200, found tiny_imagenet_200"),
      ("cifar10", "cifar_10_batches_py/x", "cifar-10-batches-py, found cifar_10_batches_py"),
    ])
  func `misnamed files and folders are named`(name: String, file: String, expected: String) throws {
    let folder = try TemporaryFolder()
    let url = folder.file(file)
    try FolderCreation.create(url.deletingLastPathComponent())
    try AtomicFile.write("x", to: url)
    let dataset = try #require(VerifiedDataset.named(name))
    #expect {
      try DatasetVerification(dataset, in: folder.url)
    } throws: {
      "\($0)".contains(expected)
    }
  }

  @Test func `a folder's name stays on one line`() throws {
    let tree = try TinyImageNetTree()
    try tree.writeTrain()
    try tree.writeValidation(.published)
    try tree.write(text: "", "train/a\nok       train\u{1B}[2J/x")
    let dataset = try #require(VerifiedDataset.named("tinyimagenet200"))
    let records = try DatasetVerification(dataset, in: tree.folder.url).run(
      workers: Workers(count: 2))
    let line = try #require(records.map(\.line).first { $0.contains("train/a") })
    #expect(
      line.hasPrefix(
        "wrong    tinyimagenet200-data/train/a\u{FFFD}ok       train\u{FFFD}[2J: no class"))
    #expect(records.allSatisfy { !$0.line.contains { $0.isNewline } })
  }

  /// A name in another case, with other marks between its words and something before or after them.
  private func misspelled(_ name: String, using random: inout SeededGenerator) -> String {
    let words = name.split(separator: "_").map { word in
      [String(word), word.uppercased(), word.capitalized].randomElement(using: &random) ?? ""
    }
    let mark = ["-", "", " ", "_", "+"].randomElement(using: &random) ?? ""
    let before = ["", "", "c10_", "1-"].randomElement(using: &random) ?? ""
    let after = ["", "", " (1)", "_all"].randomElement(using: &random) ?? ""
    return before + words.joined(separator: mark) + after
  }

  @Test(arguments: UInt64(0)..<40)
  func `a corruption is recognized in any spelling of its name`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let folder = try TemporaryFolder()
    let all = Corruption.Name.allCases.map(\.rawValue)
    let name = all.randomElement(using: &random) ?? ""
    let spelled = misspelled(name, using: &random)
    let file = spelled == name ? spelled + " copy" : spelled
    try FolderCreation.create(folder.file("CIFAR-10-C"))
    try AtomicFile.write("x", to: folder.file("CIFAR-10-C/\(file).npy"))
    let dataset = try #require(VerifiedDataset.named("cifar10-c"))
    #expect {
      try DatasetVerification(dataset, in: folder.url)
    } throws: {
      "\($0)".contains("found \(file).npy (\(name).npy?); rename")
    }
  }
}
