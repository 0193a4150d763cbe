import Formats
import Foundation

extension VerifiedForm {
  /// CIFAR's binary files: sizes, labels, and how often each class occurs.
  static func cifarBinary(_ name: DatasetVerification.Name) -> VerifiedForm {
    let batches = (1...5).map { "data_batch_\($0).bin" }
    switch name {
    case .cifar100:
      let labels = RecordLabels(size: 2, classCount: 100)
      return VerifiedForm(
        places: ["cifar100-data/cifar-100-binary", "cifar-100-binary", ""],
        marks: ["train.bin", "test.bin"]
      ) { folder in
        [
          folder.check(
            "train.bin", byteCount: 153_700_000, md5: "6172c7755cfe09b2fe270c85cebc1b15"
          ) { try labels.findings(in: [$0], perClass: 500) },
          folder.check(
            "test.bin", byteCount: 30_740_000, md5: "4499cfba6c016c1be1438163640a0898"
          ) { try labels.findings(in: [$0], perClass: 100) },
          folder.check("fine_label_names.txt") { try lines(of: $0, expected: 100) },
        ]
      }
    case .digits:
      let labels = RecordLabels(size: 1, classCount: 10)
      return VerifiedForm(
        places: ["digits-data/cifar-10-batches-bin", ""], marks: batches + ["test_batch.bin"]
      ) { folder in
        batches.map { folder.check($0) { try labels.findings(in: [$0]) } } + [
          train(batches, folder) { try labels.findings(in: $0, total: Digits.trainCount) },
          folder.check("test_batch.bin") {
            try labels.findings(in: [$0], total: Digits.imageCount - Digits.trainCount)
          },
        ]
      }
    default:
      let labels = RecordLabels(size: 1, classCount: 10)
      return VerifiedForm(
        places: ["cifar10-data/cifar-10-batches-bin", "cifar-10-batches-bin", ""],
        marks: batches + ["test_batch.bin"]
      ) { folder in
        batches.map {
          folder.check($0, byteCount: 30_730_000) { try labels.findings(in: [$0]) }
        } + [
          train(batches, folder) { try labels.findings(in: $0, perClass: 5000) },
          folder.check("test_batch.bin", byteCount: 30_730_000) {
            try labels.findings(in: [$0], perClass: 1000)
          },
          folder.check("batches.meta.txt") { try lines(of: $0, expected: 10) },
        ]
      }
    }
  }

  /// What only all training files together can show.
  private static func train(
    _ names: [String], _ folder: VerifiedFolder,
    _ findings: @escaping @Sendable ([URL]) throws -> Findings
  ) -> VerificationCheck {
    VerificationCheck(path: folder.path("data_batch_*.bin"), url: folder.url) { url in
      try findings(names.map { url.appendingPathComponent($0) })
    }
  }

  private static func lines(of url: URL, expected: Int) throws -> Findings {
    let found = try TextLines.read(url).count
    return Findings(
      problems: found == expected ? [] : ["expected \(expected) names, found \(found)"])
  }

  /// The pickles that torchvision users have, by the MD5s that torchvision has.
  static func cifarPython(_ name: DatasetVerification.Name) -> VerifiedForm {
    let is100 = name == .cifar100
    let digests = is100 ? PublishedDigests.cifar100Python : PublishedDigests.cifar10Python
    let folder = is100 ? "cifar-100-python" : "cifar-10-batches-py"
    return VerifiedForm(
      places: ["\(name.rawValue)-data/\(folder)", folder], marks: digests.keys.sorted()
    ) { folder in
      digests.sorted { $0.key < $1.key }.map { folder.check($0.key, md5: $0.value) }
    }
  }
}

/// The labels of CIFAR's records of `size` label bytes, the last of which is the class, and 3072
/// pixels.
private struct RecordLabels: Sendable {
  let size: Int
  let classCount: Int

  /// Counts the records of `urls` and their classes.
  ///
  /// - Parameters:
  ///   - urls: The files.
  ///   - perClass: How often each class must occur in all of them together.
  ///   - total: How many records they must have.
  /// - Returns: The number of records, and what is not as expected.
  /// - Throws: `FileError`.
  func findings(in urls: [URL], perClass: Int? = nil, total: Int? = nil) throws -> Findings {
    var counts = [Int](repeating: 0, count: 256)
    var findings = Findings()
    let recordSize = size + 3 * CIFARForm.planeSize
    for url in urls {
      let file = try ByteStorage(mapping: url)
      file.withBytes { bytes in
        for offset in stride(from: size - 1, to: bytes.count, by: recordSize) {
          counts[Int(bytes[offset])] += 1
        }
        let rest = bytes.count % recordSize
        if rest != 0 {
          findings.problems.append("ends with \(rest) of the \(recordSize) bytes of a record")
        }
      }
    }
    let count = counts.reduce(0, +)
    findings.imageCount = count
    if let total, count != total {
      findings.problems.append("expected \(total) images, found \(count)")
    }
    findings.problems += ClassCounts.problems(counts, classCount: classCount, perClass: perClass)
    return findings
  }
}

/// How often each class occurs.
enum ClassCounts {
  /// What is wrong with the number of labels of each value.
  static func problems(_ counts: [Int], classCount: Int, perClass: Int?) -> [String] {
    if let label = counts.indices.last(where: { $0 >= classCount && counts[$0] > 0 }) {
      return ["expected labels from 0 to \(classCount - 1), found \(label)"]
    }
    guard let perClass,
      let label = (0..<classCount).first(where: { counts[$0] != perClass })
    else { return [] }
    return ["expected \(perClass) images of class \(label), found \(counts[label])"]
  }
}

/// Small text files of names.
enum TextLines {
  private static let maximumSize = 1 << 24

  /// The lines that are not empty.
  ///
  /// - Throws: `FileError`.
  static func read(_ url: URL) throws -> [String] {
    let bytes = try FileContents.read(url, limit: maximumSize)
    return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }
}
